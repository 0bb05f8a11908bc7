/** The peers of a room, and the path that a user is shown. */
import assert from "node:assert/strict";
import type { PeerId, PeerInfo, Tier } from "../../../transport/protocol/mod.ts";
import { Roster } from "../../../transport/presence/roster.ts";
import type { PathState } from "../../../transport/transport.ts";
import type { PathReason, PeerView, SessionEvent } from "../../../transport/view.ts";
import { FakeClock } from "../../fakes/clock.ts";

const ada = "ada" as PeerId;
const bob = "bob" as PeerId;

function info(peerId: PeerId, change: Partial<PeerInfo> = {}): PeerInfo {
  return {
    peer_id: peerId,
    name: peerId,
    tier: "websocket",
    instance: "i",
    joined_at: 100,
    ...change,
  };
}

function start() {
  const clock = new FakeClock();
  const events: SessionEvent[] = [];
  const net = {
    uplink: "websocket" as Tier | null,
    direct: new Map<PeerId, PathState>(),
    reason: "connecting" as PathReason | null,
  };
  const roster = new Roster({
    clock,
    emit: (event) => events.push(event),
    directPath: (peerId) => net.direct.get(peerId) ?? null,
    reason: () => net.reason,
    uplinkTier: () => net.uplink,
  });
  const peer = (peerId: PeerId): PeerView => {
    const found = roster.peers.find((one) => one.peerId === peerId);
    assert.ok(found, `${peerId} is not in the roster`);
    return found;
  };
  return { clock, events, net, roster, peer, types: () => events.map(({ type }) => type) };
}

function direct(rttMs: number | null, isAlive = true): PathState {
  return { tier: "webrtc-stun", rttMs, isAlive };
}

Deno.test("those who were here before us are shown without having joined now", () => {
  const { roster, types } = start();
  roster.sync([info(ada), info(bob)]);
  assert.deepEqual(roster.ids, [ada, bob]);
  assert.ok(!types().includes("peer_joined"));
});

Deno.test("those who came and went while we were away are told", () => {
  const { roster, events } = start();
  roster.sync([info(ada)]);
  roster.sync([info(bob)]);
  const told = events.flatMap((event) =>
    event.type === "peer_joined" || event.type === "peer_left"
      ? [[event.type, event.peer.peerId]]
      : []
  );
  assert.deepEqual(told, [["peer_left", ada], ["peer_joined", bob]]);
});

Deno.test("a newcomer is told once", () => {
  const { roster, types } = start();
  roster.sync([]);
  roster.put(info(ada));
  roster.put(info(ada));
  assert.equal(types().filter((type) => type === "peer_joined").length, 1);
});

Deno.test("peers stand by when they joined, then by id", () => {
  const { roster } = start();
  roster.sync([
    info(bob, { joined_at: 5 }),
    info(ada, { joined_at: 5 }),
    info("eve" as PeerId, { joined_at: 1 }),
  ]);
  assert.deepEqual(roster.peers.map(({ peerId }) => peerId as string), ["eve", "ada", "bob"]);
  assert.equal(roster.peers[0]?.joinedAtMs, 1_000);
});

Deno.test("a changed name is shown", () => {
  const { roster, peer } = start();
  roster.sync([info(ada)]);
  roster.put(info(ada, { name: "Ada L." }));
  assert.equal(peer(ada).name, "Ada L.");
  assert.equal(roster.peers.length, 1);
});

Deno.test("a peer that leaves is gone, and leaving twice is told once", () => {
  const { roster, types } = start();
  roster.sync([info(ada)]);
  roster.remove(ada);
  roster.remove(ada);
  assert.equal(roster.has(ada), false);
  assert.equal(types().filter((type) => type === "peer_left").length, 1);
});

Deno.test("a peer without a direct path is reached through the node, and it says why", () => {
  const { roster, peer } = start();
  roster.sync([info(ada)]);
  const { tier, rttMs, reason } = peer(ada).path;
  assert.deepEqual({ tier, rttMs, reason }, {
    tier: "websocket",
    rttMs: null,
    reason: "connecting",
  });
});

Deno.test("the way through the node is as good as the worse of its two halves", () => {
  const { roster, peer, net } = start();
  roster.sync([info(ada, { tier: "http-polling" }), info(bob)]);
  assert.equal(peer(ada).path.tier, "http-polling");
  assert.equal(peer(bob).path.tier, "websocket");
  net.uplink = "http-polling";
  roster.refresh();
  assert.equal(peer(bob).path.tier, "http-polling");
});

Deno.test("a direct path is taken as soon as it is there, and needs no reason", () => {
  const { roster, peer, net, events } = start();
  roster.sync([info(ada)]);
  net.direct.set(ada, direct(12));
  roster.refresh(ada);
  const { tier, rttMs, reason } = peer(ada).path;
  assert.deepEqual({ tier, rttMs, reason }, { tier: "webrtc-stun", rttMs: 12, reason: null });
  const last = events.at(-1);
  assert.ok(last?.type === "path" && last.previous.tier === "websocket");
});

Deno.test("a dead direct path falls back to the node", () => {
  const { roster, peer, net, types } = start();
  net.direct.set(ada, direct(12));
  roster.sync([info(ada)]);
  net.direct.set(ada, direct(12, false));
  roster.refresh(ada);
  assert.equal(peer(ada).path.tier, "websocket");
  assert.equal(types().at(-1), "path");
});

Deno.test("without a node the direct path remains, and who has none is out of reach", () => {
  const { roster, peer, net } = start();
  net.direct.set(ada, direct(12));
  roster.sync([info(ada), info(bob)]);
  net.uplink = null;
  roster.refresh();
  assert.equal(peer(ada).path.tier, "webrtc-stun");
  assert.equal(peer(bob).path.tier, null);
});

Deno.test("the path says since when its tier is in use, whatever its RTT does", async () => {
  const { roster, peer, net, clock } = start();
  net.direct.set(ada, direct(10));
  roster.sync([info(ada)]);
  const { sinceMs } = peer(ada).path;
  await clock.advance(5_000);
  net.direct.set(ada, direct(50));
  roster.refresh(ada);
  assert.equal(peer(ada).path.sinceMs, sinceMs);
  net.direct.delete(ada);
  roster.refresh(ada);
  assert.equal(peer(ada).path.sinceMs, clock.epochMs());
});

Deno.test("an RTT that moves by less than an eye sees is no event", () => {
  const { roster, net, events } = start();
  net.direct.set(ada, direct(100));
  roster.sync([info(ada)]);
  const count = events.length;
  const shown = roster.peers;
  net.direct.set(ada, direct(104));
  roster.refresh(ada);
  assert.equal(events.length, count);
  assert.equal(roster.peers, shown);
});

Deno.test("an RTT that creeps is shown once it has moved far enough", () => {
  const { roster, net, peer } = start();
  net.direct.set(ada, direct(100));
  roster.sync([info(ada)]);
  for (let rttMs = 100; rttMs <= 200; rttMs += 5) {
    net.direct.set(ada, direct(rttMs));
    roster.refresh(ada);
  }
  assert.ok((peer(ada).path.rttMs ?? 0) > 180, `${peer(ada).path.rttMs} ms is shown`);
});

Deno.test("typing is shown until it is over", () => {
  const { roster, peer, types } = start();
  roster.sync([info(ada)]);
  roster.setTyping(ada, true);
  assert.equal(peer(ada).isTyping, true);
  const count = types().length;
  roster.setTyping(ada, true);
  assert.equal(types().length, count);
  roster.setTyping(ada, false);
  assert.equal(peer(ada).isTyping, false);
});

Deno.test("typing that is not renewed expires", async () => {
  const { roster, peer, clock } = start();
  roster.sync([info(ada)]);
  roster.setTyping(ada, true);
  await clock.advance(4_000);
  roster.setTyping(ada, true);
  await clock.advance(5_999);
  assert.equal(peer(ada).isTyping, true);
  await clock.advance(1);
  assert.equal(peer(ada).isTyping, false);
});

Deno.test("a peer that goes on under another id is the same one, and types no more", async () => {
  const { roster, peer, clock, events } = start();
  roster.sync([info(ada)]);
  roster.setTyping(ada, true);
  events.length = 0;
  roster.move(ada, bob);
  assert.deepEqual(roster.ids, [bob]);
  assert.equal(peer(bob).isTyping, false);
  assert.ok(events.every(({ type }) => type === "peer"), "nobody left, nobody joined");
  await clock.advance(10_000);
  assert.equal(peer(bob).isTyping, false);
});

Deno.test("typing of somebody who is not here is ignored", () => {
  const { roster, events, clock } = start();
  roster.setTyping(ada, true);
  assert.deepEqual(events, []);
  assert.equal(clock.pending, 0);
});

Deno.test("whoever leaves while typing leaves no timer", () => {
  const { roster, clock } = start();
  roster.sync([info(ada), info(bob)]);
  roster.setTyping(ada, true);
  roster.remove(ada);
  assert.equal(clock.pending, 0);
  roster.setTyping(bob, true);
  roster.close();
  assert.equal(clock.pending, 0);
});

Deno.test("a refresh that changes nothing keeps the array", () => {
  const { roster, events } = start();
  roster.sync([info(ada)]);
  const { peers } = roster;
  const count = events.length;
  roster.refresh();
  roster.refresh(bob);
  assert.equal(roster.peers, peers);
  assert.equal(events.length, count);
});
