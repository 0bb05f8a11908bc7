/**
 * The contract of every `SessionView` (`transport/view.ts`): the promises that a UI may rely on. `Session`
 * and the fake session of the page's tests run it, each with a driver of its own.
 */
import assert from "node:assert/strict";
import { testUplink } from "./connection.ts";
import type { SessionSuite } from "./driver.ts";
import { testHistory } from "./history.ts";
import { testLeaving } from "./leaving.ts";
import { testPeers } from "./peers.ts";
import type { TestOpened } from "./scene.ts";
import { testSending } from "./sending.ts";
import { testStates } from "./states.ts";
import { SessionWatch } from "./watch.ts";

/** Registers the suite's tests. */
export function testSessionView(suite: SessionSuite): void {
  const test: TestOpened = (name, run, setting = {}) => {
    const { isDirect = false, choice, before } = setting;
    Deno.test(`${suite.name}: ${name}`, async () => {
      const driver = suite.create({ isDirect });
      try {
        await before?.(driver);
        const session = driver.open(choice === undefined ? {} : { strategy: choice });
        const watch = new SessionWatch(session);
        await run({ driver, session, watch });
        assert.deepEqual(watch.problems, []);
      } finally {
        driver.close();
      }
    });
  };
  testUplink(test);
  testPeers(test);
  testSending(test);
  testStates(test);
  testHistory(test);
  testLeaving(test);
}
