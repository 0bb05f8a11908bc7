/** The order of messages on screen, and each message once. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { compareMessages, MessageLog } from "../../../transport/messages/message_log.ts";
import type { MessageId, PeerId } from "../../../transport/protocol/mod.ts";
import type { ChatMessage } from "../../../transport/view.ts";

function message(id: string, timestamp: number | null, text = id): ChatMessage {
  return {
    id: id as MessageId,
    peerId: "ada" as PeerId,
    name: "Ada",
    text,
    own: false,
    sentAtMs: null,
    timestamp,
    state: timestamp === null ? "sent" : "stored",
    delivered: 0,
    audience: 0,
    error: null,
  };
}

const idsOf = (log: MessageLog) => log.messages.map(({ id }) => id as string);

Deno.test("messages stand by timestamp, whatever order they came in", () => {
  const log = new MessageLog();
  log.put([message("c", 3), message("a", 1)]);
  log.put([message("b", 2)]);
  assert.deepEqual(idsOf(log), ["a", "b", "c"]);
});

Deno.test("messages of one timestamp stand by id", () => {
  const log = new MessageLog();
  log.put([message("b", 1), message("a", 1)]);
  assert.deepEqual(idsOf(log), ["a", "b"]);
});

Deno.test("messages not yet stored stand last, by id", () => {
  const log = new MessageLog();
  log.put([message("z", null), message("y", null), message("a", 9e9)]);
  assert.deepEqual(idsOf(log), ["a", "y", "z"]);
});

Deno.test("a message moves to its place when its timestamp comes", () => {
  const log = new MessageLog();
  log.put([message("a", 1), message("c", 3), message("b", null)]);
  log.update("b" as MessageId, { timestamp: 2, state: "stored" });
  assert.deepEqual(idsOf(log), ["a", "b", "c"]);
});

Deno.test("a message that is put again replaces the first", () => {
  const log = new MessageLog();
  log.put([message("a", null, "old"), message("a", 1, "new")]);
  assert.deepEqual(log.messages.map(({ text }) => text), ["new"]);
});

Deno.test("the array on screen is new after a change and otherwise the same", () => {
  const log = new MessageLog();
  log.put([message("a", 1)]);
  const before = log.messages;
  assert.equal(log.messages, before);
  log.put([message("b", 2)]);
  assert.notEqual(log.messages, before);
  assert.equal(before.length, 1);
});

Deno.test("a removed message is gone, and an unknown one is no error", () => {
  const log = new MessageLog();
  log.put([message("a", 1), message("b", 2)]);
  log.remove("a" as MessageId);
  log.remove("x" as MessageId);
  assert.deepEqual(idsOf(log), ["b"]);
  assert.equal(log.has("a" as MessageId), false);
});

Deno.test("an update of a message that is not here changes nothing", () => {
  const log = new MessageLog();
  assert.equal(log.update("a" as MessageId, { text: "x" }), undefined);
  assert.deepEqual(log.messages, []);
});

Deno.test("the oldest timestamp is the first stored message's, null without one", () => {
  const log = new MessageLog();
  assert.equal(log.oldestTimestamp, null);
  log.put([message("a", null)]);
  assert.equal(log.oldestTimestamp, null);
  log.put([message("b", 7), message("c", 5)]);
  assert.equal(log.oldestTimestamp, 5);
});

Deno.test("what is not stored stands where it was heard, behind what was stored by then", () => {
  const log = new MessageLog();
  const heard = (id: string, heardAfter: number) => ({ ...message(id, null), heardAfter });
  log.put([message("a", 1), message("b", 2), heard("y", 2), heard("x", 2), message("c", 3)]);
  log.put([heard("z", 3), message("mine", null), message("d", 4)]);
  const ids = () => log.messages.map(({ id }) => id).join(" ");
  assert.equal(ids(), "a b x y c z d mine");
  assert.deepEqual([log.oldestTimestamp, log.newestTimestamp], [1, 4]);
  log.update("x" as MessageId, { timestamp: 5 });
  assert.equal(ids(), "a b y c z d x mine");
  log.remove("a" as MessageId);
  log.remove("b" as MessageId);
  assert.equal(log.oldestTimestamp, 3);
});

Deno.test("beyond 20,000 messages the oldest go, and those not yet stored stay", () => {
  const log = new MessageLog();
  log.put([message("mine", null)]);
  log.put(Array.from({ length: 20_000 }, (_, n) => message(`m${n}`, n)));
  assert.equal(log.messages.length, 20_000);
  assert.equal(log.has("m0" as MessageId), false);
  assert.equal(log.has("m1" as MessageId), true);
  assert.equal(log.messages.at(-1)?.id, "mine");
});

Deno.test("beyond 32 million characters the oldest go", () => {
  const log = new MessageLog();
  const text = "x".repeat(64 * 1024);
  const long = (n: number) => ({ ...message(`m${n}`, n), text });
  for (let n = 0; n < 600; n++) log.put([long(n)]);
  assert.equal(log.messages.length, 512);
  assert.equal(log.has("m87" as MessageId), false);
  assert.equal(log.has("m88" as MessageId), true);
  // A message that is removed, or put again, makes room.
  log.remove("m88" as MessageId);
  log.put([long(599)]);
  log.put([long(600)]);
  assert.equal(log.has("m89" as MessageId), true);
});

Deno.test("older messages that somebody loads stay, until the log is trimmed", () => {
  const log = new MessageLog();
  const page = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => message(`m${from + n}`, from + n));
  log.put(page(1_000, 20_000));
  log.keepMore();
  assert.equal(log.put(page(0, 1_000)), false);
  assert.equal(log.put(page(21_000, 500)), false, "what comes meanwhile pushes none of them out");
  assert.equal(log.messages.length, 21_500);
  assert.equal(log.trim(), true);
  assert.equal(log.messages.length, 20_000);
  assert.equal(log.messages[0]?.id, "m1500");
  assert.equal(log.trim(), false);
});

Deno.test("older messages fit up to 100,000, and what comes then pushes the oldest out", () => {
  const log = new MessageLog();
  log.keepMore();
  log.put(Array.from({ length: 99_900 }, (_, n) => message(`m${n}`, n + 1_000)));
  const page = (count: number) => Array.from({ length: count }, (_, n) => message(`o${n}`, n));
  assert.equal(log.takesOlder(page(101)), false);
  assert.equal(log.isFull, true);
  assert.equal(log.takesOlder(page(100)), true);
  log.put(page(100));
  assert.equal(log.put([message("new", 200_000)]), true);
  assert.equal(log.messages.length, 100_000);
  assert.equal(log.takesOlder(page(1)), false);
  log.trim();
  assert.equal(log.isFull, false);
});

Deno.test("older messages fit up to 64 million characters, and a page that does not is told", () => {
  const log = new MessageLog();
  const text = "x".repeat(64 * 1024);
  log.keepMore();
  for (let n = 0; n < 1_023; n++) log.put([{ ...message(`m${n}`, n + 1_000), text }]);
  assert.equal(log.takesOlder([{ text }]), true);
  assert.equal(log.takesOlder([{ text }, { text }]), false);
  assert.equal(log.isFull, true);
});

const anyMessage = fc.tuple(
  fc.integer({ min: 0, max: 15 }),
  fc.option(fc.integer({ min: 0, max: 8 }), { nil: null }),
).map(([id, timestamp]) => message(`m${id}`, timestamp));

Deno.test("whatever is put, the log is sorted and holds the last of each id", () => {
  fc.assert(fc.property(fc.array(fc.array(anyMessage)), (batches) => {
    const log = new MessageLog();
    for (const batch of batches) log.put(batch);
    const last = new Map(batches.flat().map((put) => [put.id, put]));
    assert.deepEqual([...log.messages], [...last.values()].sort(compareMessages));
    for (const put of last.values()) assert.equal(log.get(put.id), put);
  }));
});
