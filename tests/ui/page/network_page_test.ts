/** The real network events of Chromium's own objects reach the session. */
import assert from "node:assert/strict";
import type { FakeSession } from "../../fakes/session.ts";
import { CHAT, openRoom } from "./browser.ts";
import { type PageCase, runPageCases } from "./page_cases.ts";

declare const demo: { sessions: FakeSession[] };

const cases: Record<string, PageCase> = {};

/** The event that is fired in the page, and the call that the session gets then. */
const EVENTS: Readonly<Record<string, readonly [dispatch: () => void, call: string]>> = {
  "online": [() => dispatchEvent(new Event("online")), "reconnect"],
  "a return from the back/forward cache": [
    () => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })),
    "reconnect",
  ],
  "becoming visible": [() => document.dispatchEvent(new Event("visibilitychange")), "wake"],
  "a page that goes on after it was frozen": [
    () => document.dispatchEvent(new Event("resume")),
    "wake",
  ],
  "a connection with other estimates": [
    () => {
      const { connection } = navigator as unknown as { connection: EventTarget };
      connection.dispatchEvent(new Event("change"));
    },
    "wake",
  ],
};

for (const [what, [dispatch, call]] of Object.entries(EVENTS)) {
  cases[`${what} makes the session ${call}`] = async ({ browser, server }) => {
    await using opened = await openRoom(browser, server.url + CHAT);
    const { page } = opened;
    const calls = () =>
      page.evaluate(() => demo.sessions[0]!.calls.filter((call) => /reconnect|wake/.test(call)));
    assert.deepEqual(await calls(), []);
    await page.evaluate(dispatch);
    assert.deepEqual(await calls(), [call]);
  };
}

Deno.test("a network that changes", (t) => runPageCases(t, cases));
