/**
 * The page with a fake session behind it, for tests and for looking at. `globalThis.demo` holds the
 * sessions that the page opened, newest last, and what a test needs to direct them.
 */
import "../../ui/web/no_eval.ts";
import "../../ui/web/styles/main.css";
import { diagnose } from "../../transport/doctor.ts";
import { mountApp } from "../../ui/web/app.tsx";
import { browserPlatform } from "../../ui/web/platform.ts";
import { createKeyValue } from "../../ui/web/state/key_value.ts";
import { FakeSession } from "../fakes/session.ts";
import { playScene } from "./scenes.ts";

const sessions: FakeSession[] = [];

const app = mountApp(document.getElementById("app")!, {
  openSession(options) {
    const { strategy } = options;
    const session = Object.assign(new FakeSession(options), { strategy });
    sessions.push(session);
    queueMicrotask(() => playScene(session, options.room));
    return session;
  },
  fetch: fetch.bind(globalThis),
  nodeUrl: location.origin,
  storage: createKeyValue(() => localStorage),
  tabStorage: createKeyValue(() => sessionStorage),
  checkNetwork: (onCheck, signal) =>
    diagnose(browserPlatform().doctor, onCheck, { nodeUrl: location.origin, signal }),
});

Object.assign(globalThis, { demo: { app, sessions } });
