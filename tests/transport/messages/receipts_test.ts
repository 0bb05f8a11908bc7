/** The gathering of receipts. */
import assert from "node:assert/strict";
import type { MessageId, PeerId } from "../../../transport/protocol/mod.ts";
import { Receipts } from "../../../transport/messages/receipts.ts";
import { FakeClock } from "../../fakes/clock.ts";

const ada = "ada" as PeerId;
const bob = "bob" as PeerId;
const id = (n: number) => `m${n}` as MessageId;

function start() {
  const clock = new FakeClock();
  const sent: [PeerId, MessageId[]][] = [];
  const receipts = new Receipts(clock, (author, ids) => sent.push([author, ids]));
  return { clock, sent, receipts };
}

Deno.test("a burst of messages costs one receipt", async () => {
  const { clock, sent, receipts } = start();
  for (const n of [1, 2, 3]) receipts.add(ada, id(n));
  assert.deepEqual(sent, []);
  await clock.advance(50);
  assert.deepEqual(sent, [[ada, [id(1), id(2), id(3)]]]);
});

Deno.test("a steady stream does not put the receipt off", async () => {
  const { clock, sent, receipts } = start();
  for (let n = 0; n < 4; n++) {
    receipts.add(ada, id(n));
    await clock.advance(20);
  }
  assert.equal(sent.length, 1);
});

Deno.test("while messages go on coming, their receipts go out less often, and all of them do", async () => {
  const { clock, sent, receipts } = start();
  for (let n = 0; n < 100; n++) {
    receipts.add(n % 2 === 0 ? ada : bob, id(n));
    await clock.advance(20);
  }
  await clock.advance(400);
  assert.equal(new Set(sent.flatMap(([, ids]) => ids)).size, 100);
  assert.ok(sent.length <= 2 * 6, `${sent.length} receipts for two authors in two seconds`);
});

Deno.test("after a pause the first receipt goes out at once again", async () => {
  const { clock, sent, receipts } = start();
  receipts.add(ada, id(1));
  await clock.advance(1_000);
  receipts.add(ada, id(2));
  await clock.advance(50);
  assert.equal(sent.length, 2);
});

Deno.test("each author gets a receipt of their own", async () => {
  const { clock, sent, receipts } = start();
  receipts.add(ada, id(1));
  receipts.add(bob, id(2));
  await clock.advance(50);
  assert.deepEqual(sent, [[ada, [id(1)]], [bob, [id(2)]]]);
});

Deno.test("a message that came twice is named once", async () => {
  const { clock, sent, receipts } = start();
  receipts.add(ada, id(1));
  receipts.add(ada, id(1));
  await clock.advance(50);
  assert.deepEqual(sent, [[ada, [id(1)]]]);
});

Deno.test("a message that comes again later is confirmed again: the first receipt may be lost", async () => {
  const { clock, sent, receipts } = start();
  receipts.add(ada, id(1));
  await clock.advance(50);
  receipts.add(ada, id(1));
  await clock.advance(400);
  assert.equal(sent.length, 2);
});

Deno.test("more messages than a receipt may name go in several, none left out", async () => {
  const { clock, sent, receipts } = start();
  for (let n = 0; n < 1_201; n++) receipts.add(ada, id(n));
  await clock.advance(50);
  assert.deepEqual(sent.map(([, ids]) => ids.length), [500, 500, 201]);
  assert.equal(new Set(sent.flatMap(([, ids]) => ids)).size, 1_201);
});

Deno.test("closing says what it had to say yet, and leaves no timer", async () => {
  const { clock, sent, receipts } = start();
  receipts.add(ada, id(1));
  receipts.close();
  assert.equal(clock.pending, 0);
  await clock.advance(1_000);
  assert.deepEqual(sent, [[ada, [id(1)]]]);
});

Deno.test("what went out shortly before a path changed goes out again", async () => {
  const { clock, sent, receipts } = start();
  receipts.add(ada, id(1));
  await clock.advance(25_000);
  receipts.add(ada, id(2));
  receipts.add(bob, id(3));
  await clock.advance(10_000);
  sent.length = 0;
  receipts.repeat(ada);
  await clock.advance(1_000);
  assert.deepEqual(sent, [[ada, [id(2)]]], "what is older had another path's time to be missed");
  receipts.repeat();
  await clock.advance(1_000);
  assert.deepEqual(sent.slice(1), [[ada, [id(2)]], [bob, [id(3)]]]);
  await clock.advance(30_000);
  receipts.repeat();
  await clock.advance(1_000);
  assert.equal(sent.length, 3, "repeating makes nothing young again");
});

Deno.test("receipts go to an author's new id, and to nobody who is gone", async () => {
  const { clock, sent, receipts } = start();
  receipts.add(ada, id(1));
  receipts.add(bob, id(2));
  receipts.movePeer(ada, "eve" as PeerId);
  receipts.forget(bob);
  await clock.advance(1_000);
  assert.deepEqual(sent, [["eve", [id(1)]]]);
});
