/** Ids that others take while their peers or the node are away: who is it that came back? */
import assert from "node:assert/strict";
import { ROOM, type Tab, told, World } from "../fakes/session_world.ts";
import type { PeerId } from "../../transport/protocol.ts";
import type { Path } from "../../transport/transport.ts";

const MINUTE_MS = 60_000;

const isAtNode = (world: World, tab: Tab) =>
  world.node.room(ROOM)?.member(tab.session.peerId) !== undefined;

const isBob = ({ name }: { name: string }) => name === "Bob";

/** Ann and Bob, who have a direct path, and what Bob is known by to everyone in the room. */
async function connected() {
  const world = new World();
  const [ann, bob] = [world.open("Ann"), world.open("Bob")];
  await world.clock.advance(2_000);
  for (const tab of [ann, bob]) tab.events.length = 0;
  return { world, ann, bob, peerId: bob.session.peerId, instance: instanceOf(world, bob) };
}

/** What Bob's page is known by to everyone in the room. */
function instanceOf(world: World, tab: Tab): string {
  return world.node.room(ROOM)!.member(tab.session.peerId)!.instance;
}

Deno.test("nobody becomes a peer that has lost the node by taking its id and instance", async () => {
  const { world, ann, bob, peerId, instance } = await connected();
  bob.loseNode();
  await world.clock.advance(MINUTE_MS);
  ann.events.length = 0;
  const frames: string[] = [];
  const mallory = await joinAs(world, { peerId, instance, onFrame: (text) => frames.push(text) });
  // An offer for a new connection, and a receipt, under Bob's id.
  const offer = { type: "offer", sdp: "link-99", from: `${instance}.999`, to: "any" };
  mallory.send(
    JSON.stringify({ type: "offer", target_peer_id: ann.session.peerId, payload: offer }),
  );
  await world.clock.advance(1_000);
  bob.session.send("from Bob");
  await world.clock.advance(1_000);
  assert.deepEqual(ann.texts, ["from Bob"], "the direct path is still Bob's");
  assert.deepEqual(told(ann), []);
  await world.clock.advance(6_000);
  assert.deepEqual(told(ann), ["peer_left Bob", "peer_joined Mallory"]);
  assert.ok(
    !frames.some((text) => text.includes(`"answer"`)),
    "before that nothing was negotiated",
  );
  world.close();
});

Deno.test("who leaves under the id of a peer that has lost the node ends nothing of that peer", async () => {
  const { world, ann, bob, peerId, instance } = await connected();
  bob.loseNode();
  await world.clock.advance(MINUTE_MS);
  const mallory = await joinAs(world, { peerId, instance, onFrame() {} });
  mallory.send(JSON.stringify({ type: "leave" }));
  await world.clock.advance(MINUTE_MS);
  assert.equal(ann.session.peers.filter(isBob).length, 1);
  bob.session.send("still here");
  await world.clock.advance(1_000);
  assert.deepEqual(ann.texts, ["still here"]);
  bob.findNode();
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual(world.stored, ["still here"]);
  assert.equal(ann.tierTo(bob), "webrtc-stun");
  world.close();
});

for (const delayMs of [0, 12, 100, 900]) {
  Deno.test(`a peer that hears its node ${delayMs} ms later than others is the same one after a restart`, async () => {
    const world = new World();
    const [ann, bob, cy] = [world.open("Ann"), world.open("Bob"), world.open("Cy")];
    await world.clock.advance(2_000);
    for (const tab of world.tabs) tab.events.length = 0;
    bob.downlinkDelayMs = delayMs;
    for (let n = 0; n < 3; n++) {
      world.node.kill();
      await world.clock.advance(700);
      world.node.start();
      await world.clock.advance(15_000);
    }
    for (const tab of [ann, bob, cy]) assert.deepEqual(told(tab), [], tab.name);
    assert.equal(ann.tierTo(bob), "webrtc-stun");
    world.close();
  });
}

Deno.test("a direct path that is silent while its peer comes back decides nothing, and loses nothing", async () => {
  const world = new World();
  const ann = world.open("Ann", { strategy: "p2p-only" });
  const [bob, cy] = [world.open("Bob"), world.open("Cy")];
  await world.clock.advance(2_000);
  bob.loseNode();
  await world.clock.advance(MINUTE_MS);
  ann.events.length = 0;
  world.network.faults = { loss: 1, duplicate: 0, reorder: 0 };
  for (let n = 0; n < 5; n++) ann.session.send(`m${n}`);
  bob.findNode();
  await world.clock.advance(3_500);
  world.network.faults = { loss: 0, duplicate: 0, reorder: 0 };
  await world.clock.advance(MINUTE_MS);
  for (const tab of [bob, cy]) assert.equal(tab.texts.length, 5, tab.name);
  assert.deepEqual(told(ann).filter((line) => line.startsWith("peer_left")), []);
  world.close();
});

for (const reason of ["a restart of the node", "a network that all had lost"]) {
  Deno.test(`nobody becomes a peer by being there before it after ${reason}`, async () => {
    const { world, ann, bob, peerId, instance } = await connected();
    for (const tab of [ann, bob]) tab.loseNode();
    if (reason.includes("restart")) {
      world.node.kill();
      await world.clock.advance(1_000);
      world.node.start();
    } else await world.clock.advance(MINUTE_MS);
    const mallory = await joinAs(world, { peerId, instance, onFrame() {} });
    ann.findNode();
    ann.session.reconnect();
    await world.clock.advance(100);
    const offer = {
      type: "offer",
      sdp: "link-99",
      from: `${instance}.999`,
      to: instanceOf(world, ann),
    };
    mallory.send(
      JSON.stringify({ type: "offer", target_peer_id: ann.session.peerId, payload: offer }),
    );
    await world.clock.advance(500);
    bob.session.send("from Bob");
    await world.clock.advance(500);
    assert.equal(ann.tierTo(bob), "webrtc-stun", "the direct path is still Bob's");
    mallory.send(JSON.stringify({ type: "leave" }));
    await world.clock.advance(MINUTE_MS);
    assert.equal(ann.tierTo(bob), "webrtc-stun", "it is nobody else's to end");
    assert.deepEqual(ann.texts, ["from Bob"]);
    assert.deepEqual(told(ann), []);
    bob.findNode();
    await world.clock.advance(MINUTE_MS);
    assert.deepEqual(world.stored, ["from Bob"]);
    assert.deepEqual(told(ann), []);
    world.close();
  });
}

Deno.test("who never shows to be the connected peer is another one", async () => {
  const { world, ann, bob, peerId, instance } = await connected();
  for (const tab of [ann, bob]) tab.loseNode();
  await world.clock.advance(MINUTE_MS);
  const mallory = await joinAs(world, { peerId, instance, onFrame() {} });
  ann.findNode();
  ann.session.reconnect();
  for (let n = 0; n < 12; n++) {
    mallory.send(JSON.stringify({ type: "ping", payload: { ts: n } }));
    await world.clock.advance(5_000);
  }
  assert.deepEqual(told(ann), ["peer_left Mallory", "peer_joined Mallory"]);
  assert.equal(ann.session.peers[0]?.path.tier, "websocket");
  world.close();
});

Deno.test("who has lost the node, unnoticed by it, stays when the other one is welcomed again", async () => {
  const { world, ann, bob } = await connected();
  bob.loseNode();
  await world.clock.advance(1_000);
  ann.session.reconnect();
  await world.clock.advance(1_000);
  assert.equal(isAtNode(world, bob), true, "the node still waits for Bob");
  await world.clock.advance(MINUTE_MS);
  assert.equal(isAtNode(world, bob), false);
  assert.equal(ann.tierTo(bob), "webrtc-stun");
  assert.deepEqual(told(ann), []);
  world.close();
});

Deno.test("what was said without the node is stored, whoever takes its author's id and its own meanwhile", async () => {
  const { world, ann, bob } = await connected();
  ann.loseNode();
  const id = ann.session.send("pay 10 to Bob");
  await world.clock.advance(MINUTE_MS);
  const mallory = await joinAs(world, {
    peerId: ann.session.peerId,
    instance: "mallory",
    onFrame() {},
  });
  const text = "pay 1000 to Mallory";
  mallory.send(JSON.stringify({ type: "chat", payload: { id, text, name: "Ann", sent_at: 1 } }));
  await world.clock.advance(1_000);
  ann.findNode();
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual(world.stored, [text, "pay 10 to Bob"]);
  assert.deepEqual(ann.session.messages.filter(({ own }) => own).map(({ text }) => text), [
    "pay 10 to Bob",
  ]);
  assert.ok(bob.texts.includes("pay 10 to Bob"));
  ann.reload();
  await world.clock.advance(2_000);
  const own = ann.session.messages.map(({ text, own }) => [text, own]);
  assert.deepEqual(own, [[text, false], ["pay 10 to Bob", true]]);
  world.close();
});

/** Joins as somebody whom no session plays. */
async function joinAs(
  world: World,
  { peerId, instance, onFrame }: {
    peerId: PeerId;
    instance: string;
    onFrame: (text: string) => void;
  },
): Promise<Path> {
  const target = { nodeUrl: "http://node", room: ROOM, peerId, instance, name: "Mallory" };
  const token = "0123456789abcdef-mallory";
  const handlers = { onFrame, onClose() {} };
  const signal = new AbortController().signal;
  const dialling = world.network.transport("websocket").dial({ ...target, token }, handlers, {
    signal,
  });
  await world.clock.advance(100);
  return await dialling;
}
