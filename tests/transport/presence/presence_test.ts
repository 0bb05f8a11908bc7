/** A peer that loses the node, or gets a new id, stays one peer. Also the bound on absent peers. */
import assert from "node:assert/strict";
import { FakeClock } from "../../fakes/clock.ts";
import { connected, joinAs } from "../../fakes/impostors.ts";
import { ROOM, told } from "../../fakes/session_world.ts";
import { MESH_LIMIT } from "../../../transport/paths/neighbours.ts";
import type { PeerId } from "../../../transport/protocol/mod.ts";
import { ReturnProof } from "../../../transport/presence/return_proof.ts";

const MINUTE_MS = 60_000;

const isBob = ({ name }: { name: string }) => name === "Bob";

for (const strategy of ["auto", "p2p-only"] as const) {
  for (const isBack of [false, true]) {
    Deno.test(`two who lose the node one after the other are one each to the other (${strategy}, ${isBack ? "one is back" : "neither is back"})`, async () => {
      const { world, ann, bob } = await connected({ strategy });
      bob.loseNode();
      await world.clock.advance(1_000);
      ann.session.reconnect();
      await world.clock.advance(3_000);
      ann.loseNode();
      if (isBack) {
        await world.clock.advance(20_000);
        ann.findNode();
      }
      for (let n = 0; n < 20; n++) {
        await world.clock.advance(10_000);
        for (const { session } of [ann, bob]) session.send(`${session.name} ${n}`);
      }
      await world.clock.advance(1_000);
      assert.deepEqual([told(ann), told(bob)], [[], []]);
      for (const tab of [ann, bob]) {
        tab.findNode();
        assert.equal(tab.texts.length, 40, tab.name);
      }
      await world.clock.advance(2 * MINUTE_MS);
      for (const tab of [ann, bob]) {
        assert.equal(tab.session.peers.length, 1, tab.name);
        assert.ok(tab.session.messages.every(({ own, delivered }) => !own || delivered === 1));
        assert.deepEqual(tab.kept.filter((key) => key.includes("outbox:")), []);
      }
      world.close();
    });
  }
}

Deno.test("who got a new id while somebody was away keeps the path to them, and is one", async () => {
  const { world, ann, bob, peerId } = await connected();
  const { token } = world.node.room(ROOM)!.member(peerId)!;
  ann.loseNode();
  await world.clock.advance(16_000);
  const copy = await joinAs(world, { peerId, instance: "copy", token, onFrame() {} });
  await world.clock.advance(3_000);
  copy.send(JSON.stringify({ type: "leave" }));
  await world.clock.advance(1_000);
  assert.notEqual(bob.session.peerId, peerId);
  ann.findNode();
  ann.session.reconnect();
  await world.clock.advance(MINUTE_MS);
  for (const [tab, other] of [[ann, bob], [bob, ann]] as const) {
    assert.equal(tab.session.peers.length, 1, tab.name);
    assert.equal(tab.tierTo(other), "webrtc-stun", tab.name);
  }
  world.close();
});

Deno.test("whoever goes on under a new id is known once by everybody who kept the old one", async () => {
  const { world, ann, bob, peerId } = await connected();
  const cy = world.open("Cy");
  await world.clock.advance(2_000);
  bob.loseNode();
  await world.clock.advance(MINUTE_MS);
  await joinAs(world, { peerId, instance: "other", onFrame() {} });
  bob.findNode();
  await world.clock.advance(MINUTE_MS);
  for (const tab of [ann, cy]) {
    assert.equal(tab.session.peers.filter(isBob).length, 1, tab.name);
    assert.equal(tab.tierTo(bob), "webrtc-stun", tab.name);
  }
  world.close();
});

for (const ms of [500, 1_000, 2_000]) {
  Deno.test(`nobody leaves whose path broke ${ms} ms before the node welcomes the other one again`, async () => {
    const { world, ann, bob } = await connected();
    for (const pipe of world.network.pipes) if (pipe.tier === "webrtc-stun") pipe.cut();
    world.network.allowsDirect = false;
    await world.clock.advance(ms);
    ann.session.reconnect();
    await world.clock.advance(MINUTE_MS / 2);
    assert.deepEqual([told(ann), told(bob)], [[], []]);
    ann.session.send("through the node");
    await world.clock.advance(1_000);
    assert.deepEqual(bob.texts, ["through the node"]);
    assert.equal(ann.session.messages[0]?.delivered, 1);
    world.close();
  });
}

Deno.test("whoever has an absent peer's instance is shown soon, and takes no other one's place", async () => {
  const { world, ann, bob, instance } = await connected();
  bob.loseNode();
  await world.clock.advance(MINUTE_MS);
  const mallory = await joinAs(world, { peerId: "mal" as PeerId, instance, onFrame() {} });
  await world.clock.advance(8_000);
  const names = () => ann.session.peers.map(({ name }) => name).toSorted();
  assert.deepEqual(names(), ["Bob", "Mallory"]);
  bob.findNode();
  await world.clock.advance(10_000);
  mallory.send(JSON.stringify({ type: "leave" }));
  await world.clock.advance(1_000);
  assert.deepEqual(names(), ["Bob"]);
  assert.equal(ann.tierTo(bob), "webrtc-stun");
  assert.deepEqual(told(ann), ["peer_joined Mallory", "peer_left Mallory"]);
  world.close();
});

for (const strategy of ["auto", "p2p-only"] as const) {
  Deno.test(`what is said while a path is silent over a welcome reaches everyone (${strategy})`, async () => {
    const { world, ann, bob } = await connected({ strategy });
    const cy = world.open("Cy", { strategy });
    await world.clock.advance(2_000);
    world.network.faults = { loss: 1, duplicate: 0, reorder: 0 };
    for (let n = 0; n < 30; n++) {
      if (n === 3) ann.session.reconnect();
      if (n === 20) world.network.faults = { loss: 0, duplicate: 0, reorder: 0 };
      ann.session.send(`m${n}`);
      await world.clock.advance(500);
    }
    await world.clock.advance(MINUTE_MS);
    for (const tab of [bob, cy]) assert.equal(tab.texts.length, 30, tab.name);
    assert.deepEqual(ann.session.messages.filter(({ delivered }) => delivered !== 2), []);
    assert.deepEqual(told(bob), ["peer_joined Cy"]);
    world.close();
  });
}

Deno.test("a proof is given under the id that was asked for it alone", () => {
  const clock = new FakeClock();
  const answered: string[] = [];
  let [self, isOnline] = ["bob" as PeerId, false];
  const proof = new ReturnProof(clock, {
    self: () => self,
    ask() {},
    isOnline: () => true,
    answer: (_peerId, nonce) => isOnline && answered.push(nonce) > 0,
    path: () => null,
    onProved() {},
    onUnproved() {},
  });
  const ann = "ann" as PeerId;
  proof.asked(ann, { nonce: "n1", as: self });
  self = "bob2" as PeerId;
  isOnline = true;
  proof.welcome();
  proof.asked(ann, { nonce: "n2", as: "bob" as PeerId });
  assert.deepEqual(answered, [], "the node would say that it is bob2's");
  proof.asked(ann, { nonce: "n3", as: self });
  assert.deepEqual(answered, ["n3"]);
});

Deno.test("peers that lose the node one after the other stay within what a mesh bears", async () => {
  const { world, ann, bob } = await connected();
  for (let wave = 0; wave < 4; wave++) {
    const crowd = Array.from({ length: 12 }, () => world.open("x"));
    await world.clock.advance(1_500);
    for (const tab of crowd) tab.loseNode();
    await world.clock.advance(30_000);
  }
  assert.ok(ann.session.peers.length > MESH_LIMIT / 2, "who has lost the node alone stays");
  const open = ann.links.filter((link) => link.isOpen).length;
  assert.ok(open <= 2 * MESH_LIMIT, `${open} connections`);
  assert.equal(ann.tierTo(bob), "webrtc-stun", "nobody at the node is pushed out");
  world.close();
});
