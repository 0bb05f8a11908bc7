/** Messages from before, and those that were missed. */
import assert from "node:assert/strict";
import type { SessionDriver } from "./driver.ts";
import { isRefusal, type TestOpened, texts } from "./scene.ts";

export function testHistory(test: TestOpened): void {
  const long = Array.from({ length: 450 }, (_, n) => `old ${n}`);
  const fill = { before: (driver: SessionDriver) => driver.fill(long) };

  test("the newest messages are here at first, and the others page by page", async (scene) => {
    const { driver, session, watch } = scene;
    await driver.settle();
    const first = texts(session);
    assert.deepEqual(first, long.slice(-first.length));
    assert.ok(first.length > 0 && first.length < long.length);
    while (session.hasOlder) {
      const before = session.messages.length;
      const loading = session.loadOlder();
      await driver.settle();
      assert.equal(await loading, session.hasOlder);
      assert.ok(session.messages.length > before);
    }
    assert.deepEqual(texts(session), long);
    assert.ok(session.messages.every(({ state, own }) => state === "stored" && !own));
    assert.deepEqual(watch.of("message"), [], "history is told at once");
  }, fill);

  test("where nothing is older, nothing is loaded", async ({ driver, session, watch }) => {
    await driver.settle();
    assert.equal(session.hasOlder, false);
    watch.clear();
    assert.equal(await session.loadOlder(), false);
    assert.deepEqual(watch.events, []);
  });

  test("older messages are not loaded without the node", async ({ driver, session }) => {
    await driver.settle();
    const before = session.messages;
    await driver.loseNode();
    const loading = assert.rejects(session.loadOlder(), isRefusal("peer-gone"));
    await driver.settle();
    await loading;
    assert.deepEqual(session.messages, before);
    assert.equal(session.hasOlder, true);
  }, fill);

  test("loading that is given up rejects with the reason", async ({ driver, session }) => {
    await driver.settle();
    const before = session.messages;
    const signal = AbortSignal.abort();
    await assert.rejects(session.loadOlder({ signal }), { name: "AbortError" });
    assert.equal(session.messages, before);
  }, fill);

  test("what was said while the node was away is found afterwards", async (scene) => {
    const { driver, session } = scene;
    await driver.settle();
    const ann = await driver.enter("Ann");
    await ann.say("before");
    await driver.loseNode();
    await ann.say("one");
    await ann.say("two");
    driver.findNode();
    await driver.untilFound();
    assert.deepEqual(texts(session), ["before", "one", "two"]);
  });

  test("a short log is not trimmed", async ({ driver, session, watch }) => {
    await driver.settle();
    session.send("hello");
    await driver.settle();
    watch.clear();
    session.trim();
    assert.deepEqual(watch.events, []);
    assert.deepEqual(texts(session), ["hello"]);
  });
}
