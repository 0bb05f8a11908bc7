/** Unfinished messages: order, window, resending, offers, awaited peers, reloads, refusals. */
import assert from "node:assert/strict";
import { UserError } from "../../../transport/errors.ts";
import { memoryStore, scopedStore } from "../../../transport/key_value_store.ts";
import type { KeyValueStore } from "../../../transport/key_value_store.ts";
import type { Outgoing } from "../../../transport/messages/kept_messages.ts";
import { Outbox } from "../../../transport/messages/outbox.ts";
import type { MessageId, PeerId } from "../../../transport/protocol/mod.ts";
import { FakeClock } from "../../fakes/clock.ts";

const ann = "ann" as PeerId;
const bob = "bob" as PeerId;
const id = (n: number) => `m${String(n).padStart(4, "0")}` as MessageId;

function message(n: number, text = `text ${n}`): Outgoing {
  return { id: id(n), text, name: "Ada", sent_at: 1_795_000_000 + n };
}

function start({ store = memoryStore() }: { store?: KeyValueStore } = {}) {
  const clock = new FakeClock();
  const sent: MessageId[] = [];
  const overdue: MessageId[] = [];
  const node = { isUp: true, takes: Infinity };
  const direct = { isOnly: false, isOpen: true, takers: ["somebody" as PeerId] };
  const outbox = new Outbox({
    clock,
    store,
    send: (message) => {
      if (!node.isUp || node.takes <= 0) return false;
      node.takes--;
      sent.push(message.id);
      return true;
    },
    onLate: () => {},
    offer: (message) => {
      overdue.push(message.id);
      return direct.isOpen ? direct.takers : [];
    },
    isDirectOnly: () => direct.isOnly,
  });
  return { clock, sent, overdue, node, direct, outbox, store };
}

Deno.test("messages go out at once, in order", () => {
  const { outbox, sent } = start();
  for (const n of [1, 2, 3]) outbox.add(message(n));
  assert.deepEqual(sent, [id(1), id(2), id(3)]);
});

Deno.test("what was said with no way to the node goes out in order when there is one", () => {
  const { outbox, sent, node } = start();
  node.isUp = false;
  for (const n of [1, 2, 3]) outbox.add(message(n));
  assert.deepEqual(sent, []);
  node.isUp = true;
  outbox.resend();
  assert.deepEqual(sent, [id(1), id(2), id(3)]);
});

Deno.test("a message never overtakes one that could not be sent", () => {
  const { outbox, sent, node } = start();
  node.takes = 1;
  for (const n of [1, 2]) outbox.add(message(n));
  node.takes = 0;
  outbox.add(message(3));
  assert.deepEqual(sent, [id(1)]);
  node.takes = Infinity;
  outbox.resend();
  assert.deepEqual(sent, [id(1), id(1), id(2), id(3)]);
});

Deno.test("a new connection gets everything that is not acknowledged, in order", () => {
  const { outbox, sent } = start();
  for (const n of [1, 2, 3]) outbox.add(message(n));
  outbox.stored(id(2));
  sent.length = 0;
  outbox.resend();
  assert.deepEqual(sent, [id(1), id(3)]);
});

Deno.test("no more than 64 messages wait for an acknowledgement, each one makes room for the next", () => {
  const { outbox, sent } = start();
  for (let n = 0; n < 70; n++) outbox.add(message(n));
  assert.equal(sent.length, 64);
  outbox.stored(id(0));
  outbox.stored(id(30));
  assert.deepEqual(sent.slice(64), [id(64), id(65)]);
});

Deno.test("an unacknowledged message is sent again after four seconds and offered to the peers", async () => {
  const { outbox, sent, overdue, clock } = start();
  outbox.add(message(1));
  await clock.advance(3_999);
  assert.deepEqual([sent.length, overdue.length], [1, 0]);
  await clock.advance(1);
  assert.deepEqual([sent, overdue], [[id(1), id(1)], [id(1)]]);
  await clock.advance(4_000);
  assert.deepEqual([sent.length, overdue.length], [3, 2]);
});

Deno.test("an overdue message is offered to the peers while there is no node, too", async () => {
  const { outbox, overdue, clock, node } = start();
  node.isUp = false;
  outbox.add(message(1));
  await clock.advance(8_000);
  assert.deepEqual(overdue, [id(1), id(1)]);
});

Deno.test("what waits is offered to the peers in turn, however much waits before it", async () => {
  const { outbox, overdue, clock, node } = start();
  node.isUp = false;
  for (let n = 0; n < 1_000; n++) outbox.add(message(n));
  await clock.advance(4_000);
  assert.equal(overdue.length, 64, "at once, no more than peers take");
  await clock.advance(1_000);
  assert.deepEqual(overdue.slice(64), Array.from({ length: 64 }, (_, n) => id(64 + n)));
  await clock.advance(15_000);
  assert.equal(new Set(overdue.slice(0, 1_000)).size, 1_000, "each once before any comes again");
});

Deno.test("large messages are offered to the peers in turn, no faster than they take them", async () => {
  const { outbox, overdue, clock, node } = start();
  node.isUp = false;
  for (let n = 0; n < 30; n++) outbox.add(message(n, "x".repeat(64 * 1024)));
  await clock.advance(4_000);
  assert.deepEqual(overdue, [id(0), id(1)]);
  await clock.advance(14_000);
  assert.equal(new Set(overdue).size, 30);
});

Deno.test("what nobody can be offered takes no turn from the rest", async () => {
  const { outbox, overdue, clock, node, direct } = start();
  node.isUp = false;
  direct.isOpen = false;
  for (let n = 0; n < 500; n++) outbox.add(message(n));
  await clock.advance(4_000);
  assert.equal(overdue.length, 500);
});

Deno.test("with direct paths alone a message is done with when all that it is for have it", () => {
  const { outbox, direct, store } = start();
  direct.isOnly = true;
  outbox.add(message(1), [ann, bob]);
  outbox.delivered(ann, [id(1)]);
  assert.ok(!outbox.isFor(id(1), ann) && outbox.isFor(id(1), bob));
  assert.ok(outbox.has(id(1)));
  outbox.delivered(bob, [id(1)]);
  assert.ok(!outbox.has(id(1)));
  assert.deepEqual(store.keys(), []);
});

Deno.test("with direct paths alone nobody who is gone is waited for, but somebody has to have it", () => {
  const { outbox, direct } = start();
  direct.isOnly = true;
  outbox.add(message(1), [ann, bob]);
  outbox.add(message(2), [bob]);
  outbox.delivered(ann, [id(1)]);
  outbox.letGo(bob);
  assert.deepEqual(outbox.messages, [message(2)]);
  outbox.add(message(3), [ann, bob]);
  outbox.delivered(ann, [id(3)]);
  outbox.letGo(ann);
  assert.ok(outbox.isFor(id(3), ann), "who is gone is not remembered");
  outbox.letGo(bob);
  outbox.delivered(ann, [id(2)]);
  assert.deepEqual(outbox.messages, []);
});

Deno.test("where messages go through the node, it is what they wait for, whoever has them", () => {
  const { outbox, direct, sent } = start();
  outbox.add(message(1), [ann]);
  outbox.add(message(2), [ann, bob]);
  for (const n of [1, 2]) outbox.delivered(ann, [id(n)]);
  assert.equal(outbox.messages.length, 2);
  direct.isOnly = true;
  outbox.resend();
  assert.deepEqual(outbox.messages, [message(2)], "under the other strategy that one is done with");
  direct.isOnly = false;
  sent.length = 0;
  outbox.resend();
  assert.deepEqual(sent, [id(2)]);
});

Deno.test("what an earlier page left is for those whom this one finds", () => {
  const { outbox, direct, store } = start();
  outbox.add(message(1), [ann, bob]);
  outbox.close();
  const after = start({ store });
  after.direct.isOnly = direct.isOnly = true;
  after.outbox.address([ann, bob]);
  after.outbox.delivered(ann, [id(1)]);
  assert.ok(after.outbox.has(id(1)));
  after.outbox.delivered(bob, [id(1)]);
  assert.ok(!after.outbox.has(id(1)));
});

Deno.test("a refused message is kept for its user, whoever has it, and a retry begins anew", () => {
  const { outbox, direct } = start();
  outbox.add(message(1), [ann]);
  outbox.failed(id(1));
  direct.isOnly = true;
  outbox.delivered(ann, [id(1)]);
  assert.ok(outbox.has(id(1)));
  outbox.retry(id(1));
  assert.ok(outbox.isFor(id(1), ann));
  outbox.delivered(ann, [id(1)]);
  assert.ok(!outbox.has(id(1)));
});

Deno.test("an acknowledged message is forgotten, and sent no more", async () => {
  const { outbox, sent, clock, store } = start();
  outbox.add(message(1));
  assert.equal(outbox.stored(id(1)), true);
  assert.equal(outbox.has(id(1)), false);
  assert.deepEqual(store.keys(), []);
  await clock.advance(60_000);
  assert.deepEqual(sent, [id(1)]);
  assert.equal(clock.pending, 0);
});

Deno.test("an acknowledgement for what does not wait is told so", () => {
  const { outbox } = start();
  outbox.add(message(1));
  assert.equal(outbox.stored(id(1)), true);
  assert.equal(outbox.stored(id(1)), false);
  assert.equal(outbox.stored(id(9)), false);
});

Deno.test("a reload takes up what waited, in the order it was said, whatever the clock did", () => {
  const { outbox, store, node } = start();
  node.isUp = false;
  const said = [message(3), message(1), message(2)];
  for (const one of said) outbox.add(one);
  outbox.close();
  const after = start({ store });
  assert.deepEqual(after.outbox.messages, said);
  after.outbox.add(message(0));
  after.outbox.close();
  const again = start({ store });
  again.outbox.resend();
  assert.deepEqual(again.sent, [id(3), id(1), id(2), id(0)]);
});

Deno.test("what an earlier version kept goes by its times, before all else", () => {
  const { outbox, store } = start();
  for (const n of [3, 1]) store.set(`outbox:${id(n)}`, JSON.stringify(message(n)));
  outbox.close();
  const { outbox: after } = start({ store });
  assert.deepEqual(after.messages, [message(1), message(3)]);
});

Deno.test("an acknowledgement after a reload clears what an earlier page kept", () => {
  const { outbox, store } = start();
  outbox.add(message(1));
  outbox.close();
  const after = start({ store });
  assert.equal(after.outbox.stored(id(1)), true);
  assert.deepEqual(store.keys(), []);
});

for (
  const broken of [
    "",
    "{",
    "null",
    "{}",
    '{"id":"a b","text":"x","name":"n","sent_at":1}',
    '{"id":"x","text":"","name":"n","sent_at":1}',
  ]
) {
  Deno.test(`a saved message of ${JSON.stringify(broken)} is thrown away, the others are kept`, () => {
    const store = memoryStore();
    store.set("outbox:broken", broken);
    store.set("outbox:m0001", JSON.stringify(message(1)));
    const { outbox } = start({ store });
    assert.deepEqual(outbox.messages, [message(1)]);
    assert.deepEqual(store.keys(), ["outbox:m0001"]);
  });
}

Deno.test("what waits in a room whose name goes on behind another one's stays there", () => {
  const tab = memoryStore();
  const longer = start({ store: scopedStore(tab, "room:party:outbox:") });
  longer.outbox.add(message(1));
  tab.set("room:party:outbox:identity", "whose");
  const shorter = start({ store: scopedStore(tab, "room:party:") });
  assert.deepEqual(shorter.outbox.messages, []);
  assert.equal(tab.get("room:party:outbox:identity"), "whose");
  assert.deepEqual(start({ store: scopedStore(tab, "room:party:outbox:") }).outbox.messages, [
    message(1),
  ]);
});

Deno.test("keys of others in the store are left alone", () => {
  const store = memoryStore();
  store.set("identity", "something");
  const { outbox } = start({ store });
  assert.deepEqual(outbox.messages, []);
  assert.equal(store.get("identity"), "something");
});

Deno.test("a thousand messages are kept, the next one is refused with what to do", () => {
  const { outbox, node, direct, store } = start();
  node.isUp = false;
  for (let n = 0; n < 1_000; n++) outbox.add(message(n));
  direct.isOnly = true;
  assert.throws(
    () => outbox.add(message(1_000)),
    { message: /^1000 messages wait for a direct connection: write on when there is one/ },
  );
  direct.isOnly = false;
  assert.throws(() => outbox.add(message(1_000)), (error: unknown) => {
    assert.ok(error instanceof UserError);
    assert.equal(error.code, "outbox-full");
    assert.match(error.message, /^1000 messages wait for the node: write on when it is back/);
    return true;
  });
  assert.equal(outbox.has(id(1_000)), false);
  assert.equal(store.keys().length, 1_000);
  outbox.stored(id(0));
  outbox.add(message(1_000));
});

Deno.test("two million characters are kept, and an acknowledgement makes room again", () => {
  const { outbox, node } = start();
  node.isUp = false;
  const large = "x".repeat(64 * 1024);
  for (let n = 0; n < 32; n++) outbox.add(message(n, large));
  assert.throws(() => outbox.add(message(32, "x")), { code: "outbox-full" });
  outbox.stored(id(5));
  outbox.add(message(32, large));
});

Deno.test("a refused message waits, holds nobody up, and is kept over a reload", async () => {
  const { outbox, sent, clock, store } = start();
  outbox.add(message(1));
  outbox.add(message(2));
  outbox.failed(id(1));
  outbox.stored(id(2));
  sent.length = 0;
  await clock.advance(20_000);
  outbox.resend();
  assert.deepEqual(sent, []);
  assert.ok(outbox.has(id(1)));
  assert.deepEqual(store.keys(), ["outbox:m0001"]);
});

Deno.test("a refused message makes room in the window", () => {
  const { outbox, sent } = start();
  for (let n = 0; n < 65; n++) outbox.add(message(n));
  assert.equal(sent.length, 64);
  outbox.failed(id(0));
  assert.equal(sent.at(-1), id(64));
});

Deno.test("a retried message goes out under the same id", () => {
  const { outbox, sent } = start();
  outbox.add(message(1));
  outbox.failed(id(1));
  sent.length = 0;
  outbox.retry(id(1));
  assert.deepEqual(sent, [id(1)]);
});

Deno.test("refusing or retrying what does not wait is no error", () => {
  const { outbox, sent } = start();
  outbox.failed(id(1));
  outbox.retry(id(1));
  assert.deepEqual(sent, []);
});

Deno.test("closing stops the resending and keeps what waits", async () => {
  const { outbox, sent, clock, store } = start();
  outbox.add(message(1));
  outbox.close();
  assert.equal(clock.pending, 0);
  await clock.advance(60_000);
  assert.deepEqual(sent, [id(1)]);
  assert.deepEqual(store.keys(), ["outbox:m0001"]);
});

Deno.test("who takes a message again and again and never confirms it is waited for no more", async () => {
  const { clock, outbox, direct, overdue, store } = start();
  direct.isOnly = true;
  direct.takers = [bob];
  outbox.add(message(1), [ann, bob]);
  outbox.delivered(ann, [id(1)]);
  await clock.advance(30_000);
  assert.ok(outbox.has(id(1)) && outbox.isFor(id(1), bob));
  await clock.advance(60_000);
  assert.equal(outbox.has(id(1)), false, "those it was for have it, or don't want it");
  assert.deepEqual(store.keys(), []);
  assert.equal(overdue.length, 15);
});
