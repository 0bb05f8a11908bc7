/** Ticks never go back: a delivered message stays so over reloads, renames and returns. */
import assert from "node:assert/strict";
import { type Tab, World } from "../../fakes/session_world.ts";
import { DeliveryRecords } from "../../../transport/messages/delivery_records.ts";
import { memoryStore } from "../../../transport/key_value_store.ts";
import type { KeyValueStore } from "../../../transport/key_value_store.ts";
import type { MessageId, PeerId, RoomName } from "../../../transport/protocol/mod.ts";

/** The state shown under each of a tab's own messages. */
function ticks({ session }: Tab): string[] {
  return session.messages.filter(({ own }) => own).map(({ state, delivered, audience }) =>
    `${state} ${delivered}/${audience}`
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
    ["a return", (ann: Tab) => ann.comeBack()],
    ["a rename", (ann: Tab) => ann.session.rename(`${ann.session.name}!`)],
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
      if (n % 7 === 0) ann.session.rename(`Ann ${n}`);
      if (n % 9 === 0) ann.comeBack();
      if (n % 11 === 0) bob.reload();
      for (const { id, delivered } of ann.session.messages) {
        assert.ok(delivered >= (best.get(id) ?? 0), `m${n}`);
        best.set(id, delivered);
      }
    }
    await world.clock.advance(5_000);
    assert.ok([...best.values()].filter((count) => count === 2).length > 10);
  }));

Deno.test("who has gone, and somebody else under that id, does not complete a delivery after a reload", () =>
  three(async (world, { ann, cy }) => {
    world.network.allowsDirect = false;
    for (const link of cy.links) link.close();
    cy.loseNode();
    ann.session.send("hello");
    await world.clock.advance(30_000);
    assert.deepEqual(ticks(ann), ["stored 1/2"]);
    ann.reload();
    await world.clock.advance(2_000);
    const other = world.open("Other", { peerId: cy.session.peerId });
    await world.clock.advance(1_000);
    const ids = ann.session.messages.map(({ id }) => id);
    other.say({ type: "receipt", target_peer_id: ann.session.peerId, payload: { ids } });
    await world.clock.advance(1_000);
    assert.deepEqual(ticks(ann), ["stored 1/2"]);
  }));

const [den, hall] = ["den", "hall"] as RoomName[];

const delivery = (count: number) => ({
  audience: count,
  delivered: 0,
  awaited: Array.from({ length: count }, (_, n) => `peer-${n}` as PeerId),
});

const id = (n: number) => `019a9b6e-${String(n).padStart(8, "0")}` as MessageId;

function chars(store: KeyValueStore): number {
  return store.keys().reduce((sum, key) => sum + key.length + store.get(key)!.length, 0);
}

Deno.test("delivery records of a room are bounded, and its oldest go first", () => {
  const store = memoryStore();
  const records = new DeliveryRecords(store, den!);
  for (let n = 0; n < 2_000; n++) records.set(id(n), delivery(1));
  assert.ok(chars(store) <= 64 * 1024, `${chars(store)}`);
  const kept = store.keys().length;
  assert.ok(kept > 500, `${kept}`);
  assert.equal(records.get(id(1_999 - kept)), null);
  assert.deepEqual(records.get(id(2_000 - kept)), delivery(1));
});

Deno.test("a full room pushes out no other room's delivery records", () => {
  const store = memoryStore();
  new DeliveryRecords(store, hall!).set(id(0), delivery(2));
  const records = new DeliveryRecords(store, den!);
  for (let n = 1; n < 200; n++) records.set(id(n), delivery(255));
  assert.deepEqual(new DeliveryRecords(store, hall!).get(id(0)), delivery(2));
  assert.equal(records.get(id(199))?.audience, 255);
});

Deno.test("delivery records of all rooms and tabs together are bounded", () => {
  const store = memoryStore();
  for (let room = 0; room < 40; room++) {
    const tabs = [1, 2].map(() => new DeliveryRecords(store, `room ${room}` as RoomName));
    for (let n = 0; n < 400; n++) tabs[n % 2]!.set(id(room * 1_000 + n), delivery(2));
  }
  // Between two counts a tab knows only its own writes.
  assert.ok(chars(store) <= 1024 * 1024 + 2 * 64 * 1024, `${chars(store)}`);
  assert.equal(new DeliveryRecords(store, "room 0" as RoomName).get(id(0)), null);
  assert.deepEqual(
    new DeliveryRecords(store, "room 39" as RoomName).get(id(39_399)),
    delivery(2),
  );
});

Deno.test("a damaged delivery record is none", () => {
  const store = memoryStore();
  for (const text of ["", "{", "[]", '{"audience":"two"}', '{"audience":1,"delivered":[7]}']) {
    store.set("delivered:den:m1", text);
    assert.equal(new DeliveryRecords(store, den!).get("m1" as MessageId), null);
  }
});

Deno.test("what one tab of a device has noted, another one does not take back", () => {
  const store = memoryStore();
  const [first, second] = [new DeliveryRecords(store, den!), new DeliveryRecords(store, den!)];
  const [bob, cy] = ["bob", "cy"] as PeerId[];
  first.set(id(1), { audience: 2, delivered: 0, awaited: [bob!, cy!] });
  first.set(id(1), { audience: 2, delivered: 1, awaited: [cy!] });
  second.set(id(1), { audience: 2, delivered: 0, awaited: [bob!] });
  assert.deepEqual(first.get(id(1)), { audience: 2, delivered: 1, awaited: [] });
});

Deno.test("a crowd with long ids pushes out few delivery records", () => {
  const store = memoryStore();
  const records = new DeliveryRecords(store, den!);
  for (let n = 0; n < 100; n++) records.set(id(n), { audience: 5, delivered: 5, awaited: [] });
  const crowd = Array.from({ length: 255 }, (_, n) => `${"\u{1f410}".repeat(60)}${n}` as PeerId);
  for (let n = 100; n < 110; n++) {
    records.set(id(n), { audience: 255, delivered: 0, awaited: crowd });
  }
  assert.deepEqual(records.get(id(0)), { audience: 5, delivered: 5, awaited: [] });
  assert.ok(chars(store) <= 64 * 1024);
});
