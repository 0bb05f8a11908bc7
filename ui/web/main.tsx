/** The page's composition root: binds this browser to the session and renders the page. */
import "./no_eval.ts";
import "./styles/main.css";
import { createSession, diagnose } from "../../transport/mod.ts";
import { mountApp } from "./app.tsx";
import { browserPlatform } from "./platform.ts";

const platform = browserPlatform();
mountApp(document.getElementById("app")!, {
  openSession: (options) => createSession({ ...options, nodeUrl: platform.nodeUrl, platform }),
  fetch: platform.fetch,
  nodeUrl: platform.nodeUrl,
  storage: platform.device,
  tabStorage: platform.tab,
  network: platform.network,
  checkNetwork: (onCheck, signal) =>
    diagnose(platform.doctor, onCheck, { nodeUrl: platform.nodeUrl, signal }),
});
