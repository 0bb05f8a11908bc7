/**
 * The page with a fake session behind it, for tests and for looking at. `globalThis.demo` holds the
 * app, the sessions that the page opened, newest last, and the strategies of these sessions.
 */
import "../../../ui/web/no_eval.ts";
import "../../../ui/web/styles/main.css";
import { diagnose } from "../../../transport/doctor/doctor.ts";
import type { Strategy } from "../../../transport/protocol/mod.ts";
import { mountApp } from "../../../ui/web/app.tsx";
import { loadTextLinks } from "../../../ui/web/components/messages/message_text.tsx";
import { browserPlatform } from "../../../ui/web/platform.ts";
import { createKeyValue } from "../../../ui/web/key_value.ts";
import { FakeSession } from "../../fakes/session.ts";
import { playScene } from "./scenes.ts";

const platform = browserPlatform();
const sessions: FakeSession[] = [];
/** The strategies with which the sessions were opened. */
const opened: { strategy: Strategy | null; expected: Strategy }[] = [];

void loadTextLinks();
const app = mountApp(document.getElementById("app")!, {
  openSession(options) {
    const session = new FakeSession(options);
    sessions.push(session);
    opened.push({ strategy: options.strategy, expected: options.expectedStrategy });
    queueMicrotask(() => playScene(session, options.room));
    return session;
  },
  fetch: fetch.bind(globalThis),
  nodeUrl: location.origin,
  storage: createKeyValue(() => localStorage),
  tabStorage: createKeyValue(() => sessionStorage),
  clock: platform.clock,
  address: platform.address,
  visibility: platform.visibility,
  network: platform.network,
  checkNetwork: (onCheck, signal) =>
    diagnose(platform.doctor, onCheck, { nodeUrl: location.origin, signal }),
});

Object.assign(globalThis, { demo: { app, sessions, opened } });
