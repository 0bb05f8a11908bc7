/** Leaving: the session closes, and tells nothing more. */
import assert from "node:assert/strict";
import { isRefusal, type TestOpened } from "./scene.ts";

export function testLeaving(test: TestOpened): void {
  test("leaving closes it, and it tells nothing more", async ({ driver, session, watch }) => {
    await driver.settle();
    const ann = await driver.enter("Ann");
    await ann.say("before");
    watch.clear();
    session.leave();
    assert.equal(session.uplink.state, "closed");
    assert.deepEqual(watch.of("uplink").map(({ uplink }) => uplink.state), ["closed"]);
    watch.clear();
    const { messages } = session;
    await ann.say("after");
    await ann.leave();
    await driver.settle();
    assert.deepEqual(watch.events, []);
    assert.equal(session.messages, messages);
  });

  test("leaving again changes nothing, nor does a network that changes", async (scene) => {
    const { driver, session, watch } = scene;
    await driver.settle();
    session.leave();
    watch.clear();
    session.leave();
    session.reconnect();
    session.wake();
    await driver.settle();
    assert.equal(session.uplink.state, "closed");
    assert.deepEqual(watch.events, []);
  });

  test("a session that is left before it was connected stays closed", async (scene) => {
    const { driver, session } = scene;
    session.leave();
    await driver.settle();
    assert.equal(session.uplink.state, "closed");
  });

  test("older messages are not loaded after leaving", async ({ driver, session }) => {
    await driver.settle();
    session.leave();
    await assert.rejects(session.loadOlder(), isRefusal("peer-gone"));
  }, { before: (driver) => driver.fill(Array.from({ length: 450 }, (_, n) => `old ${n}`)) });
}
