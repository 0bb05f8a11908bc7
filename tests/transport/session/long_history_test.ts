/** Rooms with more messages than a session keeps: nothing is out of reach, and no page has a gap. */
import assert from "node:assert/strict";
import { ROOM, type Tab, World } from "../../fakes/session_world.ts";
import type { MessageId, PeerId } from "../../../transport/protocol/mod.ts";

const KEPT = 20_000;

async function roomOf(count: number): Promise<World> {
  const world = new World();
  const appended = Array.from({ length: count }, (_, n) =>
    world.node.store.append({
      room: ROOM,
      id: `m${n}` as MessageId,
      peerId: "ada" as PeerId,
      name: "Ada",
      text: `m${n}`,
      sentAtUs: null,
    }));
  await world.clock.advance(100);
  await Promise.all(appended);
  return world;
}

async function loadAll(world: World, { session }: Tab): Promise<void> {
  while (session.hasOlder) {
    const loading = session.loadOlder();
    await world.clock.advance(50);
    await loading;
  }
}

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `m${from + n}`);

Deno.test("a room of more than a session keeps can be read to its beginning, and again", async () => {
  const count = KEPT + 450;
  const world = await roomOf(count);
  const ann = world.open("Ann");
  await world.clock.advance(1_000);
  await loadAll(world, ann);
  assert.deepEqual(ann.texts, numbered(0, count));
  ann.session.send("new");
  await world.clock.advance(1_000);
  assert.deepEqual(ann.texts, [...numbered(0, count), "new"], "a new one pushes none of them out");
  ann.session.trim();
  assert.deepEqual(ann.texts, [...numbered(451, count), "new"]);
  assert.equal(ann.session.hasOlder, true);
  await loadAll(world, ann);
  assert.deepEqual(ann.texts, [...numbered(0, count), "new"]);
  world.close();
});

Deno.test("what new messages push out of a session can be loaded again", async () => {
  const world = await roomOf(KEPT);
  const [ann, bob] = [world.open("Ann"), world.open("Bob")];
  await world.clock.advance(1_000);
  await loadAll(world, ann);
  ann.session.trim();
  assert.equal(ann.session.hasOlder, false);
  bob.session.send("one more");
  await world.clock.advance(1_000);
  assert.equal(ann.session.messages.length, KEPT);
  assert.equal(ann.session.hasOlder, true);
  await loadAll(world, ann);
  assert.deepEqual(ann.texts, [...numbered(0, KEPT), "one more"]);
  world.close();
});
