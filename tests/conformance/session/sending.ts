/** Sending messages, and those that are refused at once. */
import assert from "node:assert/strict";
import type { UserError } from "../../../transport/errors.ts";
import { LIMITS } from "../../../transport/protocol/mod.ts";
import { isRefusal, last, type TestOpened, texts } from "./scene.ts";

export function testSending(test: TestOpened): void {
  test("a message is shown when `send` returns", async ({ driver, session, watch }) => {
    await driver.settle();
    await driver.enter("Ann");
    watch.clear();
    const id = session.send("hello");
    const { own, state, peerId, name, text, audience, delivered } = last(session);
    assert.deepEqual([own, state, peerId], [true, "sending", session.peerId]);
    assert.deepEqual([name, text, audience, delivered], ["Mara", "hello", 1, 0]);
    assert.deepEqual(watch.of("message").map(({ message, isNew }) => [message.id, isNew]), [
      [id, true],
    ]);
  });

  test("what is written before the node was reached goes out then", async ({ driver, session }) => {
    const id = session.send("early");
    assert.deepEqual(texts(session), ["early"]);
    await driver.settle();
    const { state, audience, delivered } = session.messages.find((one) => one.id === id)!;
    assert.deepEqual([state, audience, delivered], ["stored", 1, 1]);
  }, { before: async (driver) => void await driver.enter("Ann") });

  const bad: readonly (readonly [string, string, UserError["code"]])[] = [
    ["nothing", "", "bad-request"],
    ["too large a text", "x".repeat(LIMITS.textBytes + 1), "text-too-large"],
    ["half a surrogate pair", "\ud800", "bad-request"],
    ["too many control characters", "\u0000".repeat(LIMITS.textJsonChars / 5), "bad-request"],
  ];
  for (const [what, text, code] of bad) {
    test(`${what} is refused with a reason, and not shown`, async ({ driver, session, watch }) => {
      await driver.settle();
      watch.clear();
      assert.throws(() => session.send(text), isRefusal(code));
      assert.throws(() => session.send(text), /^UserError: The message /);
      assert.deepEqual(session.messages, []);
      assert.deepEqual(watch.events, []);
    });
  }

  test("more messages than can wait for the node are refused", async (scene) => {
    const { driver, session, watch } = scene;
    await driver.settle();
    await driver.loseNode();
    // The watch compares all messages with each other at every event.
    watch.stop();
    assert.throws(() => {
      for (let n = 0; n < 2_000; n++) session.send(`${n}`);
    }, isRefusal("outbox-full"));
    const waiting = session.messages.length;
    assert.throws(() => session.send("more"), isRefusal("outbox-full"));
    assert.equal(session.messages.length, waiting);
  });

  test("a new name is that of later messages alone", async ({ driver, session }) => {
    await driver.settle();
    session.send("before");
    session.rename("Mara");
    assert.equal(session.name, "Mara");
    session.rename("Mara B.");
    assert.equal(session.name, "Mara B.");
    session.send("after");
    await driver.settle();
    assert.deepEqual(session.messages.map(({ name }) => name), ["Mara", "Mara B."]);
  });

  test("typing shows nothing here", async ({ driver, session, watch }) => {
    await driver.settle();
    await driver.enter("Ann");
    watch.clear();
    session.typing(true);
    session.typing(false);
    assert.deepEqual(watch.events, []);
  });
}
