/** Peers that lost their node alone: who stays, for how long, and what is said meanwhile. */
import assert from "node:assert/strict";
import { ROOM, type Tab, World } from "../fakes/session_world.ts";

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

/** The names in peer_joined and peer_left events. */
function told({ events }: Tab): string[] {
  return events.flatMap((event) =>
    event.type === "peer_joined" || event.type === "peer_left"
      ? [`${event.type} ${event.peer.name}`]
      : []
  );
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
    await world.clock.advance(10_000);
    assert.equal(ann.session.peers.some(({ name }) => name === "Bob"), false);
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
    assert.deepEqual(told(ann), ["peer_left Bob", "peer_joined Mallory"]);
    mallory.session.send("said by the second");
    await world.clock.advance(1_000);
    bob.findNode();
    await world.clock.advance(MINUTE_MS);
    assert.notEqual(bob.session.peerId, mallory.session.peerId);
    assert.deepEqual(ann.session.peers.map(({ name }) => name).toSorted(), [
      "Bob",
      "Cy",
      "Mallory",
    ]);
    assert.deepEqual(ann.texts, ["said by the second", "said by the first"]);
    assert.deepEqual(bob.texts, ann.texts);
  }));
