/** The page's composition root: binds this browser to the session and renders the page. */
import "./no_eval.ts";
import "./styles/main.css";
import { createSession } from "../../transport/mod.ts";
import { mountApp } from "./app.tsx";
import { loadQrEncoder } from "./components/dialogs/qr_code.tsx";
import { loadTextLinks } from "./components/messages/message_text.tsx";
import { browserPlatform } from "./platform.ts";

/** By then the first message is usually on screen. */
const LATE_DELAY_MS = 2_000;

const platform = browserPlatform();

const loadDoctor = () => import("../../transport/doctor/doctor.ts");

// Not needed to show a message, but loaded soon after all the same: the user wants these modules when
// the network fails.
addEventListener("load", () => {
  setTimeout(() => {
    for (const load of [loadDoctor, loadQrEncoder]) load().catch(() => {});
  }, LATE_DELAY_MS);
}, { once: true });

// Needed by the first message, and loaded while the page connects.
loadTextLinks().catch(() => {});

mountApp(document.getElementById("app")!, {
  openSession: (options) => createSession({ ...options, nodeUrl: platform.nodeUrl, platform }),
  fetch: platform.fetch,
  nodeUrl: platform.nodeUrl,
  storage: platform.device,
  tabStorage: platform.tab,
  clock: platform.clock,
  address: platform.address,
  visibility: platform.visibility,
  network: platform.network,
  checkNetwork: async (onCheck, signal) => {
    const { diagnose } = await loadDoctor();
    return await diagnose(platform.doctor, onCheck, { nodeUrl: platform.nodeUrl, signal });
  },
});
