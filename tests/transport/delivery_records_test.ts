/** Ticks never go back: what was delivered stays so over reloads, renames and returns. */
import assert from "node:assert/strict";
import { type Tab, World } from "../fakes/session_world.ts";
import { DeliveryRecords } from "../../transport/delivery_records.ts";
import { memoryStore } from "../../transport/identity.ts";
import type { MessageId, PeerId } from "../../transport/protocol.ts";

/** What is shown under each own message of Ann's. */
function ticks({ session }: Tab): string[] {
  return session.messages.filter(({ own }) => own).map(({ state, deliveredTo, audience }) =>
    `${state} ${deliveredTo.length}/${audience}`
  );
}

async function three(run: (world: World, tabs: { ann: Tab; bob: Tab; cy: Tab }) => Promise<void>) {
  const world = new World();
  const [ann, bob, cy] = [world.open("Ann"), world.open("Bob"), world.open("Cy")];
  await world.clock.advance(2_000);
  await run(world, { ann, bob, cy });
  world.close();
}

for (
  const [what, act] of [
    ["a reload", (ann: Tab) => ann.reload()],
    ["a rename", (ann: Tab) => ann.rename("Anna")],
  ] as const
) {
  Deno.test(`a message that was delivered to all stays so over ${what}`, () =>
    three(async (world, { ann }) => {
      ann.session.send("hello");
      await world.clock.advance(1_000);
      assert.deepEqual(ticks(ann), ["stored 2/2"]);
      for (let n = 0; n < 3; n++) {
        act(ann);
        await world.clock.advance(2_000);
        assert.deepEqual(ticks(ann), ["stored 2/2"]);
      }
    }));

  Deno.test(`who was awaited is noted after ${what}, too`, () =>
    three(async (world, { ann, cy }) => {
      cy.loseNode();
      for (const link of cy.links) link.close();
      world.network.allowsDirect = false;
      ann.session.send("hello");
      await world.clock.advance(1_000);
      assert.deepEqual(ticks(ann), ["stored 1/2"]);
      act(ann);
      await world.clock.advance(2_000);
      assert.deepEqual(ticks(ann), ["stored 1/2"]);
      cy.findNode();
      cy.session.reconnect();
      await world.clock.advance(5_000);
      assert.deepEqual(cy.texts, ["hello"]);
      assert.deepEqual(ticks(ann), ["stored 2/2"]);
    }));

  Deno.test(`a message that the others have and no node is still sent after ${what}`, () =>
    three(async (world, { ann }) => {
      world.node.kill();
      ann.session.send("hello");
      await world.clock.advance(1_000);
      assert.deepEqual(ticks(ann), ["sent 2/2"]);
      act(ann);
      assert.deepEqual(ticks(ann), ["sent 2/2"]);
      world.node.start();
      await world.clock.advance(20_000);
      assert.deepEqual(ticks(ann), ["stored 2/2"]);
    }));
}

Deno.test("ticks of one's own never go back, whatever happens to the page", () =>
  three(async (world, { ann, bob }) => {
    const best = new Map<string, number>();
    for (let n = 0; n < 30; n++) {
      ann.session.send(`m${n}`);
      await world.clock.advance(n % 3 === 0 ? 20 : 700);
      if (n % 5 === 0) ann.reload();
      if (n % 7 === 0) ann.rename(`Ann ${n}`);
      if (n % 11 === 0) bob.reload();
      for (const { id, deliveredTo } of ann.session.messages) {
        assert.ok(deliveredTo.length >= (best.get(id) ?? 0), `m${n}`);
        best.set(id, deliveredTo.length);
      }
    }
    await world.clock.advance(5_000);
    assert.ok([...best.values()].filter((count) => count === 2).length > 10);
  }));

const delivery = (count: number) => ({
  audience: count,
  deliveredTo: Array.from({ length: count }, (_, n) => `peer-${n}` as PeerId),
  awaited: [],
});

Deno.test("delivery records are bounded, and the oldest go first", () => {
  const store = memoryStore();
  const id = (n: number) => `019a9b6e-${String(n).padStart(8, "0")}` as MessageId;
  for (let n = 0; n < 2_500; n++) new DeliveryRecords(store).set(id(n), delivery(1));
  const records = new DeliveryRecords(store);
  assert.equal(store.keys().length, 2_000);
  assert.equal(records.get(id(499)), null);
  assert.deepEqual(records.get(id(500)), delivery(1));
  for (let n = 2_500; n < 2_700; n++) records.set(id(n), delivery(255));
  const chars = store.keys().reduce((sum, key) => sum + store.get(key)!.length, 0);
  assert.ok(chars <= 512 * 1024, `${chars}`);
  assert.deepEqual(records.get(id(2_699)), delivery(255));
});

Deno.test("a damaged delivery record is none", () => {
  const store = memoryStore();
  for (const text of ["", "{", "[]", '{"audience":"two"}', '{"audience":1,"deliveredTo":[7]}']) {
    store.set("delivered:m1", text);
    assert.equal(new DeliveryRecords(store).get("m1" as MessageId), null);
  }
});
