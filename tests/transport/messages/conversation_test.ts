/** Received messages, each shown once, and the progress of own messages. */
import assert from "node:assert/strict";
import { Conversation } from "../../../transport/messages/conversation.ts";
import { DeliveryRecords } from "../../../transport/messages/delivery_records.ts";
import { memoryStore } from "../../../transport/key_value_store.ts";
import type { Outgoing } from "../../../transport/messages/kept_messages.ts";
import type {
  MessageId,
  PeerId,
  RoomName,
  StoredMessage,
} from "../../../transport/protocol/mod.ts";
import type { SessionEvent } from "../../../transport/view.ts";

const me = "me" as PeerId;
const ada = "ada" as PeerId;
const bob = "bob" as PeerId;
const m1 = "m1" as MessageId;

function start({ deliveries = new DeliveryRecords(memoryStore(), "lab" as RoomName) } = {}) {
  const events: SessionEvent[] = [];
  const counts = { evicted: 0 };
  const conversation = new Conversation({
    isOwn: (peerId) => peerId === me,
    emit: (event) => events.push(event),
    onEvicted: () => counts.evicted++,
    deliveries,
  });
  const only = () => {
    const [message, ...rest] = conversation.messages;
    assert.deepEqual(rest, []);
    assert.ok(message);
    return message;
  };
  return { conversation, events, counts, only };
}

function outgoing(id = m1): Outgoing {
  return { id, text: "hello", name: "Me", sent_at: 1_795_000_000.5 };
}

function stored(id: string, timestamp: number, peerId = ada): StoredMessage {
  return { id: id as MessageId, peer_id: peerId, name: "Ada", text: id, sent_at: null, timestamp };
}

Deno.test("an own message is shown at once as on its way, with its audience", () => {
  const { conversation, events, only } = start();
  conversation.addOwn(me, outgoing(), [ada, bob]);
  const message = only();
  assert.equal(message.state, "sending");
  assert.equal(message.own, true);
  assert.equal(message.audience, 2);
  assert.equal(message.sentAtMs, 1_795_000_000_500);
  assert.equal(message.timestamp, null);
  assert.deepEqual(events, [{ type: "message", message, isNew: true }]);
});

Deno.test("the node's acknowledgement makes it stored", () => {
  const { conversation, events, only } = start();
  conversation.addOwn(me, outgoing(), []);
  conversation.stored(m1, 10);
  assert.equal(only().state, "stored");
  assert.equal(only().timestamp, 10);
  assert.deepEqual(events.at(-1), { type: "message", message: only(), isNew: false });
});

Deno.test("the same acknowledgement again is no change", () => {
  const { conversation, events } = start();
  conversation.addOwn(me, outgoing(), []);
  conversation.stored(m1, 10);
  const count = events.length;
  conversation.stored(m1, 10);
  assert.equal(events.length, count);
});

Deno.test("a receipt before the acknowledgement makes it sent, and is kept after it", () => {
  const { conversation, only } = start();
  conversation.addOwn(me, outgoing(), [ada, bob]);
  conversation.delivered(ada, [m1]);
  assert.equal(only().state, "sent");
  conversation.stored(m1, 10);
  conversation.delivered(bob, [m1]);
  assert.equal(only().state, "stored");
  assert.equal(only().delivered, 2);
});

Deno.test("a receipt counts once", () => {
  const { conversation, only } = start();
  conversation.addOwn(me, outgoing(), [ada]);
  conversation.delivered(ada, [m1, m1]);
  conversation.delivered(ada, [m1]);
  assert.equal(only().delivered, 1);
});

Deno.test("a receipt from somebody who was not there when it was sent does not count", () => {
  const { conversation, only } = start();
  conversation.addOwn(me, outgoing(), [ada]);
  conversation.delivered(bob, [m1]);
  assert.equal(only().delivered, 0);
});

Deno.test("a receipt for somebody else's message, or an unknown one, is ignored", () => {
  const { conversation, events } = start();
  conversation.accept(ada, { id: m1, text: "hi" });
  const count = events.length;
  conversation.delivered(bob, [m1, "m9" as MessageId]);
  assert.equal(events.length, count);
});

Deno.test("a failed message says why, and a retry puts it on its way again", () => {
  const { conversation, only } = start();
  conversation.addOwn(me, outgoing(), []);
  conversation.failed(m1, { code: "id-conflict", message: "no" });
  assert.equal(only().state, "failed");
  assert.deepEqual(only().error, { code: "id-conflict", message: "no" });
  conversation.sending(m1);
  assert.equal(only().state, "sending");
  assert.equal(only().error, null);
});

Deno.test("an acknowledgement after a refusal wins: it is on the node's disk", () => {
  const { conversation, only } = start();
  conversation.addOwn(me, outgoing(), []);
  conversation.failed(m1, { code: "store-failed", message: "no" });
  conversation.stored(m1, 10);
  assert.equal(only().state, "stored");
  assert.equal(only().error, null);
});

Deno.test("a message straight from its author is sent, and stored once the node passes it on", () => {
  const { conversation, events, only } = start();
  assert.equal(conversation.accept(ada, { id: m1, text: "hi", name: "Ada" }), true);
  assert.equal(only().state, "sent");
  assert.equal(conversation.accept(ada, { id: m1, text: "hi", timestamp: 10 }), false);
  assert.equal(only().state, "stored");
  assert.deepEqual(events.map((event) => event.type === "message" && event.isNew), [true, false]);
});

Deno.test("a message that comes twice is shown once", () => {
  const { conversation, events, only } = start();
  assert.equal(conversation.accept(ada, { id: m1, text: "hi" }), true);
  assert.equal(conversation.accept(ada, { id: m1, text: "other" }), false);
  assert.equal(only().text, "hi");
  assert.equal(events.length, 1);
});

Deno.test("a message without a name is shown under its author's id, as older clients do", () => {
  const { conversation, only } = start();
  conversation.accept(ada, { id: m1, text: "hi" });
  assert.equal(only().name, "ada");
  assert.equal(only().sentAtMs, null);
});

Deno.test("a page of history is shown in order with one event, and only what is new is returned", () => {
  const { conversation, events } = start();
  conversation.accept(ada, { id: "m2" as MessageId, text: "m2" });
  events.length = 0;
  const page = [stored("m1", 1), stored("m2", 2), stored("m3", 3, me)];
  const fresh = conversation.acceptPage(page);
  assert.deepEqual(fresh.map(({ id }) => id as string), ["m1", "m3"]);
  assert.deepEqual(conversation.messages.map(({ id }) => id as string), ["m1", "m2", "m3"]);
  assert.deepEqual(conversation.messages.map(({ own }) => own), [false, false, true]);
  assert.equal(events.filter(({ type }) => type === "messages").length, 1);
  assert.equal(conversation.oldestTimestamp, 1);
});

Deno.test("after a thousand own messages the oldest receipts are not waited for any more", () => {
  const { conversation } = start();
  for (let n = 0; n <= 1_000; n++) {
    conversation.addOwn(me, outgoing(`m${n}` as MessageId), [ada]);
  }
  conversation.delivered(ada, ["m0", "m1"] as MessageId[]);
  const [first, second] = conversation.messages;
  assert.deepEqual([first?.delivered, second?.delivered], [0, 1]);
});

Deno.test("what was said before anybody knew who is here is for those found here", () => {
  const { conversation, events, only } = start();
  conversation.addOwn(me, outgoing(), []);
  conversation.address([m1], [ada, bob]);
  assert.equal(only().audience, 2);
  assert.deepEqual(events.at(-1), { type: "messages" });
  conversation.delivered(ada, [m1]);
  assert.equal(only().delivered, 1);
});

Deno.test("who came later has it too: sent, whether those that it was for left or not", () => {
  const { conversation, only } = start();
  conversation.addOwn(me, outgoing(), [ada]);
  conversation.gone(ada);
  conversation.delivered(bob, [m1]);
  assert.equal(only().state, "sent");
  assert.equal(only().delivered, 0);
});

Deno.test("of one author no more unstored messages are kept than an outbox takes", () => {
  const { conversation } = start();
  conversation.acceptPage([stored("said", 1), stored("by bob", 2, bob)]);
  conversation.accept(bob, { id: "bob's" as MessageId, text: "hi" });
  for (let n = 0; n < 1_200; n++) {
    conversation.accept(ada, { id: `u${n}` as MessageId, text: "flood" });
  }
  const ids = conversation.messages.map(({ id }) => id as string);
  assert.equal(ids.length, 3 + 1_000);
  for (const id of ["said", "by bob", "bob's", "u200", "u1199"]) assert.ok(ids.includes(id), id);
  assert.equal(ids.includes("u199"), false);
});

Deno.test("a message that was stored counts no more among the unstored", () => {
  const { conversation } = start();
  for (let n = 0; n < 1_500; n++) {
    const id = `u${n}` as MessageId;
    conversation.accept(ada, { id, text: "hi" });
    conversation.accept(ada, { id, text: "hi", timestamp: n + 1 });
  }
  assert.equal(conversation.messages.length, 1_500);
});

Deno.test("of authors that come and go no more unstored messages are kept than of a few", () => {
  const { conversation } = start();
  conversation.acceptPage([stored("said", 1)]);
  conversation.accept(bob, { id: "bob's" as MessageId, text: "hi" });
  for (let n = 0; n < 8_000; n++) {
    const author = `flood-${Math.floor(n / 900)}` as PeerId;
    conversation.accept(author, { id: `u${n}` as MessageId, text: "flood" });
    if (n % 900 === 899) conversation.gone(author);
  }
  assert.equal(conversation.messages.length, 1 + 5_000);
  for (const id of ["said", "bob's", "u7999"]) {
    assert.ok(conversation.messages.some((message) => message.id === id), id);
  }
});

const history = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => stored(`m${from + n}`, from + n));

Deno.test("what is let go of beyond 20,000 messages is told, so that it can be loaded again", () => {
  const { conversation, counts } = start();
  conversation.acceptPage(history(1, 20_000));
  assert.equal(counts.evicted, 0);
  conversation.accept(ada, { id: "new" as MessageId, text: "new", timestamp: 30_000 });
  assert.equal(counts.evicted, 1);
  assert.equal(conversation.oldestTimestamp, 2);
});

Deno.test("a page of older messages is not taken when what it leads up to has gone meanwhile", () => {
  const { conversation, counts } = start();
  conversation.acceptPage(history(1_000, 10));
  conversation.acceptOlder(history(500, 100), { before: 990 });
  assert.equal(conversation.messages.length, 10);
  assert.equal(counts.evicted, 1);
  conversation.acceptOlder(history(900, 100), { before: 1_000 });
  assert.equal(conversation.messages.length, 110);
});

Deno.test("a page of older messages that does not fit leaves the log full, and is told as still there", () => {
  const { conversation, counts } = start();
  const text = "x".repeat(64 * 1024);
  const long = (from: number, count: number) =>
    history(from, count).map((message) => ({ ...message, text }));
  conversation.keepMore();
  conversation.acceptPage(long(1_000, 1_024));
  assert.equal(conversation.hasRoom, true);
  conversation.acceptOlder(long(900, 4), { before: 1_000 });
  assert.deepEqual([conversation.hasRoom, counts.evicted], [false, 1]);
  assert.equal(conversation.oldestTimestamp, 1_000);
  conversation.trim();
  assert.equal(conversation.hasRoom, true);
});

Deno.test("of two texts that one author has under one id the stored one is shown, and confirmed", () => {
  const { conversation, only } = start();
  conversation.accept(ada, { id: m1, text: "I agree" });
  assert.equal(conversation.accept(ada, { id: m1, text: "I refuse", timestamp: 10 }), true);
  assert.deepEqual([only().text, only().state], ["I refuse", "stored"]);
});

Deno.test("a stored message that takes the place of a direct one is new in its page", () => {
  const { conversation } = start();
  conversation.accept(bob, { id: m1, text: "forged" });
  const page = [stored("m1", 10)];
  assert.deepEqual(conversation.acceptPage(page), page);
  assert.deepEqual(conversation.acceptPage(page), []);
});

Deno.test("an own message that was let go of keeps its ticks when one who was awaited leaves", () => {
  const deliveries = new DeliveryRecords(memoryStore(), "lab" as RoomName);
  const { conversation } = start({ deliveries });
  conversation.addOwn(me, outgoing(), [ada, bob]);
  conversation.stored(m1, 10);
  conversation.delivered(ada, [m1]);
  const pages = Array.from({ length: 101 }, (_, page) =>
    Array.from({ length: 200 }, (_, n) => {
      const timestamp = 100 + page * 200 + n;
      return stored(`later-${timestamp}`, timestamp);
    }));
  for (const page of pages) conversation.acceptPage(page);
  assert.ok(!conversation.messages.some(({ id }) => id === m1));
  conversation.gone(bob);
  assert.deepEqual(deliveries.get(m1), { audience: 2, delivered: 1, awaited: [] });
  const later = start({ deliveries });
  later.conversation.acceptPage([{ ...stored("m1", 10, me), text: "hello" }]);
  assert.equal(later.only().delivered, 1);
});
