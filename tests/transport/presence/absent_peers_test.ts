/** Peers that lost only their node: whether and how long they stay, and messages sent meanwhile. */
import assert from "node:assert/strict";
import { ROOM, type Tab, told, World } from "../../fakes/session_world.ts";
import type { PeerId } from "../../../transport/protocol/mod.ts";

const MINUTE_MS = 60_000;

async function lostNode(run: (world: World, tabs: { ann: Tab; bob: Tab; cy: Tab }) => unknown) {
  const world = new World();
  const [ann, bob, cy] = [world.open("Ann"), world.open("Bob"), world.open("Cy")];
  await world.clock.advance(2_000);
  for (const tab of world.tabs) tab.events.length = 0;
  bob.loseNode();
  await run(world, { ann, bob, cy });
  world.close();
}

const isAtNode = (world: World, tab: Tab) =>
  world.node.room(ROOM)?.member(tab.session.peerId) !== undefined;

Deno.test("who has lost the node alone is talked with for five minutes, and nobody is announced as gone", () =>
  lostNode(async (world, { ann, bob, cy }) => {
    const said: string[] = [];
    for (let n = 0; n < 60; n++) {
      for (const tab of [ann, bob, cy]) {
        said.push(`${tab.name} ${n}`);
        tab.session.send(`${tab.name} ${n}`);
      }
      await world.clock.advance(5_000);
      for (const tab of [ann, bob, cy]) assert.deepEqual(tab.texts.toSorted(), said.toSorted());
    }
    assert.equal(isAtNode(world, bob), false, "the node has let go of Bob");
    assert.equal(ann.tierTo(bob), "webrtc-stun");
    assert.equal(world.stored.length, 120, "what Bob said waits for his node");
    bob.findNode();
    await world.clock.advance(MINUTE_MS);
    assert.deepEqual(world.stored.toSorted(), said.toSorted());
    for (const tab of [ann, bob, cy]) {
      assert.deepEqual(tab.texts, world.stored);
      assert.deepEqual(tab.shownTwice, []);
      assert.deepEqual(told(tab), []);
      assert.equal(tab.session.peers.length, 2);
    }
  }));

Deno.test("what others say stands below what was heard from who has lost the node, as it was said", () =>
  lostNode(async (world, { ann, bob, cy }) => {
    for (let n = 0; n < 5; n++) {
      for (const tab of [ann, bob, cy]) {
        tab.session.send(`${tab.name} ${n}`);
        await world.clock.advance(3_000);
        for (const other of [ann, cy]) {
          assert.equal(other.texts.at(-1), `${tab.name} ${n}`, `at ${other.name}`);
        }
      }
    }
    const said = Array.from({ length: 5 }, (_, n) => [`Ann ${n}`, `Bob ${n}`, `Cy ${n}`]).flat();
    for (const tab of [ann, cy]) assert.deepEqual(tab.texts, said, tab.name);
  }));

Deno.test("who says goodbye to the node is gone at once, whatever direct path is open", () =>
  lostNode(async (world, { ann, bob }) => {
    const room = world.node.room(ROOM)!;
    room.remove(room.member(bob.session.peerId)!, "left");
    await world.clock.advance(20);
    assert.equal(ann.session.peers.some(({ name }) => name === "Bob"), false);
  }));

Deno.test("who has lost the node is gone as soon as the direct path closes", () =>
  lostNode(async (world, { ann, bob, cy }) => {
    await world.clock.advance(MINUTE_MS);
    assert.equal(ann.session.peers.length, 2);
    bob.session.leave();
    await world.clock.advance(100);
    for (const tab of [ann, cy]) assert.deepEqual(told(tab), ["peer_left Bob"]);
  }));

Deno.test("who has lost the node is gone soon after the direct path went dead", () =>
  lostNode(async (world, { ann, bob }) => {
    await world.clock.advance(MINUTE_MS);
    for (const pipe of world.network.pipes) if (pipe.tier === "webrtc-stun") pipe.cut();
    world.network.allowsDirect = false;
    await world.clock.advance(3_000);
    assert.equal(ann.tierTo(bob), null, "the node does not reach Bob either");
    await world.clock.advance(4_000);
    assert.equal(ann.session.peers.some(({ name }) => name === "Bob"), false);
  }));

Deno.test("who closes the page is gone within seconds, whatever channel is still open", async () => {
  const world = new World();
  const [ann, bob] = [world.open("Ann"), world.open("Bob")];
  await world.clock.advance(5_000);
  // The frame that would close the channel is lost with the page.
  for (const pipe of world.network.pipes) if (pipe.tier === "webrtc-stun") pipe.cut();
  bob.closeSockets();
  await world.clock.advance(5_000);
  assert.deepEqual(ann.session.peers, []);
  world.close();
});

Deno.test("a direct path that is silent for a moment keeps who has lost the node", () =>
  lostNode(async (world, { ann, bob }) => {
    await world.clock.advance(MINUTE_MS);
    world.network.faults = { loss: 1, duplicate: 0, reorder: 0 };
    await world.clock.advance(3_000);
    assert.equal(ann.tierTo(bob), null);
    world.network.faults = { loss: 0, duplicate: 0, reorder: 0 };
    await world.clock.advance(MINUTE_MS);
    assert.equal(ann.tierTo(bob), "webrtc-stun");
    assert.deepEqual(told(ann), []);
  }));

Deno.test("who has lost the node stays when the other one reconnects to it", () =>
  lostNode(async (world, { ann, bob }) => {
    await world.clock.advance(MINUTE_MS);
    for (const pipe of world.network.pipes) if (pipe.tier === "websocket") pipe.reset();
    await world.clock.advance(MINUTE_MS);
    assert.equal(ann.session.uplink.state, "online");
    assert.equal(ann.tierTo(bob), "webrtc-stun");
    assert.deepEqual(told(ann), []);
  }));

Deno.test("who is not reached directly is gone when the node has lost it", async () => {
  const world = new World();
  world.network.allowsDirect = false;
  const [ann, bob] = [world.open("Ann"), world.open("Bob")];
  await world.clock.advance(2_000);
  bob.loseNode();
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual(ann.session.peers, []);
  world.close();
});

Deno.test("an id that another page takes meanwhile is another peer, and its first holder goes on under a new one", () =>
  lostNode(async (world, { ann, bob }) => {
    bob.session.send("said by the first");
    await world.clock.advance(MINUTE_MS);
    const mallory = world.open("Mallory", { peerId: bob.session.peerId });
    await world.clock.advance(2_000);
    assert.deepEqual(told(ann), ["peer_joined Mallory"]);
    assert.deepEqual(ann.session.peers.map(({ name }) => name).toSorted(), [
      "Bob",
      "Cy",
      "Mallory",
    ]);
    mallory.session.send("said by the second");
    bob.session.send("said by the first, too");
    await world.clock.advance(1_000);
    bob.findNode();
    await world.clock.advance(MINUTE_MS);
    assert.notEqual(bob.session.peerId, mallory.session.peerId);
    assert.deepEqual(ann.session.peers.map(({ name }) => name).toSorted(), [
      "Bob",
      "Cy",
      "Mallory",
    ]);
    assert.deepEqual(ann.texts, [
      "said by the second",
      "said by the first",
      "said by the first, too",
    ]);
    assert.deepEqual(bob.texts, ann.texts);
  }));

Deno.test("a taken id is another peer for who was away from the node meanwhile, too", () =>
  lostNode(async (world, { ann, bob }) => {
    await world.clock.advance(MINUTE_MS);
    ann.loseNode();
    await world.clock.advance(MINUTE_MS / 2);
    world.open("Mallory", { peerId: bob.session.peerId });
    await world.clock.advance(1_000);
    ann.findNode();
    ann.session.reconnect();
    await world.clock.advance(2_000);
    assert.deepEqual(told(ann), ["peer_joined Mallory"]);
    assert.equal(ann.tierTo(bob), "webrtc-stun", "Bob goes on on the direct path");
  }));

Deno.test("who comes back by a reload, and finds the place taken, goes on under a new id", () =>
  lostNode(async (world, { ann, bob }) => {
    const before = bob.session.peerId;
    await world.clock.advance(MINUTE_MS);
    world.open("Mallory", { peerId: before });
    await world.clock.advance(1_000);
    bob.findNode();
    bob.reload();
    await world.clock.advance(5_000);
    assert.equal(bob.session.uplink.state, "online");
    assert.notEqual(bob.session.peerId, before);
    assert.deepEqual(ann.session.peers.map(({ name }) => name).toSorted(), [
      "Bob",
      "Cy",
      "Mallory",
    ]);
  }));

Deno.test("an id that a link asks for, and that was never held, is asked for again and again", async () => {
  const world = new World();
  const ann = world.open("Ann", { peerId: "ann" as PeerId });
  await world.clock.advance(1_000);
  const other = world.open("Other", { peerId: "ann" as PeerId });
  await world.clock.advance(60_000);
  assert.equal(other.session.peerId, "ann");
  assert.equal(other.session.uplink.error?.code, "peer-id-taken");
  assert.ok(other.dialled.length < 40, `${other.dialled.length} dials in a minute`);
  ann.session.leave();
  await world.clock.advance(20_000);
  assert.equal(other.session.uplink.state, "online");
  world.close();
});

Deno.test("a growing room cuts nobody off who has lost the node", async () => {
  const world = new World();
  const tabs = Array.from({ length: 14 }, (_, n) => world.open(`Peer ${n}`));
  await world.clock.advance(5_000);
  const [ann, bob] = tabs as [Tab, Tab];
  bob.loseNode();
  await world.clock.advance(MINUTE_MS);
  for (let n = 0; n < 30; n++) world.open(`Late ${n}`);
  await world.clock.advance(MINUTE_MS);
  assert.equal(ann.tierTo(bob), "webrtc-stun");
  bob.session.send("still here");
  await world.clock.advance(1_000);
  for (const tab of tabs) assert.deepEqual(tab.texts, ["still here"], tab.name);
  assert.deepEqual(told(ann).filter((line) => line.startsWith("peer_left")), []);
  bob.findNode();
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual(world.stored, ["still here"]);
  world.close();
});
