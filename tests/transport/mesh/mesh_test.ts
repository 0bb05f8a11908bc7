import assert from "node:assert/strict";
import { chatFrame, memoryWorld, meshPair, peerInfo } from "../../fakes/connections.ts";
import { PROBE_INTERVAL_MS } from "../../../transport/mesh/connection.ts";
import type { CreateDirectConnection } from "../../../transport/mesh/direct_connection.ts";
import {
  type MemberFrame,
  parsePeerFrame,
  type PeerFrameOf,
  type Tier,
} from "../../../transport/protocol/mod.ts";

function pair(passes?: (frame: MemberFrame) => boolean) {
  const { clock, network } = memoryWorld();
  const createConnection = network.createConnection;
  const made = meshPair(passes ? { clock, createConnection, passes } : { clock, createConnection });
  return { clock, network, ...made };
}

Deno.test("mesh connects a newcomer with who was there", async () => {
  const { clock, a, b, close } = pair();
  a.mesh.add(b.info);
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  await clock.advance(100);
  assert.deepEqual(a.opened, ["bob"]);
  assert.deepEqual(b.opened, ["ann"]);
  assert.equal(a.mesh.path(b.info.peer_id)?.tier, "webrtc-stun");
  close();
});

Deno.test("mesh connects two that offer at the same moment, with one connection", async () => {
  const { clock, network, a, b, close } = pair();
  a.mesh.welcome(a.info.peer_id, [b.info], []);
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  await clock.advance(100);
  assert.deepEqual([a.opened, b.opened], [["bob"], ["ann"]]);
  assert.equal(network.pipes.length, 1);
  close();
});

Deno.test("mesh of a resident offers when the newcomer's offer was lost", async () => {
  let isLost = true;
  const { clock, a, b, close } = pair((frame) => !(isLost && frame.type === "offer"));
  a.mesh.add(b.info);
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  await clock.advance(1_000);
  isLost = false;
  await clock.advance(2_500);
  assert.deepEqual(a.opened, ["bob"]);
  close();
});

Deno.test("mesh carries frames both ways, whole and in order", async () => {
  const { clock, a, b, close } = pair();
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  a.mesh.add(b.info);
  await clock.advance(100);
  for (const text of ["1", "2", "3"]) a.mesh.send(b.info.peer_id, chatFrame(a.info, text));
  b.mesh.send(a.info.peer_id, chatFrame(b.info, "back"));
  await clock.advance(100);
  const texts = b.frames.map((frame) => frame.type === "chat" && frame.payload.text);
  assert.deepEqual(texts, ["1", "2", "3"]);
  assert.equal(a.frames.length, 1);
  close();
});

Deno.test("mesh measures the round trip of an open path", async () => {
  const { clock, a, b, close } = pair();
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  a.mesh.add(b.info);
  await clock.advance(200);
  assert.equal(a.mesh.path(b.info.peer_id)?.rttMs, 20);
  close();
});

Deno.test("mesh notices a path that swallows everything, and makes a new one", async () => {
  const { clock, network, a, b, close } = pair();
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  a.mesh.add(b.info);
  await clock.advance(100);
  for (const pipe of network.pipes) pipe.cut();
  await clock.advance(PROBE_INTERVAL_MS * 8);
  assert.equal(a.mesh.path(b.info.peer_id)?.isAlive, false);
  await clock.advance(PROBE_INTERVAL_MS * 40);
  assert.equal(a.mesh.path(b.info.peer_id)?.isAlive, true);
  close();
});

Deno.test("mesh notices within a second that a path in use swallows everything", async () => {
  const { clock, network, a, b, close } = pair();
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  a.mesh.add(b.info);
  await clock.advance(2_000);
  a.mesh.send(b.info.peer_id, chatFrame(a.info, "in use"));
  await clock.advance(500);
  for (const pipe of network.pipes) pipe.cut();
  await clock.advance(1_000);
  assert.equal(a.mesh.path(b.info.peer_id)?.isAlive, false);
  close();
});

Deno.test("mesh makes a new connection where the old one can't be restarted", async () => {
  const { clock, network } = memoryWorld();
  const createConnection: CreateDirectConnection = (options, handlers) =>
    Object.assign(network.createConnection(options, handlers), { canRestart: false });
  const { a, b, close } = meshPair({ clock, createConnection });
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  a.mesh.add(b.info);
  await clock.advance(100);
  for (const pipe of network.pipes) pipe.cut();
  await clock.advance(6_000);
  assert.equal(a.mesh.path(b.info.peer_id)?.isAlive, true);
  close();
});

/** Two meshes that have met. Their links open on the tier `route.tier`; `route.made` counts the links. */
async function metPair(
  { tier = "webrtc-stun", passes = () => true }: {
    tier?: Tier;
    passes?: (frame: MemberFrame) => boolean;
  } = {},
) {
  const { clock, network } = memoryWorld();
  const route = { tier, made: 0 };
  const createConnection: CreateDirectConnection = (options, handlers) => {
    route.made++;
    const onOpen = () => handlers.onOpen(route.tier);
    return Object.assign(network.createConnection(options, { ...handlers, onOpen }), {
      canRestart: false,
    });
  };
  const made = meshPair({ clock, createConnection, passes });
  const { a, b } = made;
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  a.mesh.add(b.info);
  await clock.advance(1_000);
  return { clock, network, route, ...made, tierOfA: () => a.mesh.path(b.info.peer_id)?.tier };
}

/** The same pair after UDP broke: a relay carries it. */
async function relayedPair() {
  const made = await metPair();
  made.route.tier = "webrtc-turn";
  for (const pipe of made.network.pipes) pipe.cut();
  await made.clock.advance(4_000);
  assert.equal(made.tierOfA(), "webrtc-turn");
  return made;
}

Deno.test("mesh looks for a direct route now and then where there was only ever a relay", async () => {
  const { clock, route, tierOfA, close } = await metPair({ tier: "webrtc-turn" });
  assert.equal(tierOfA(), "webrtc-turn");
  route.tier = "webrtc-stun";
  await clock.advance(30_000);
  assert.equal(tierOfA(), "webrtc-stun");
  close();
});

Deno.test("mesh is direct again within 5 s after UDP was blocked for eight", async () => {
  const { clock, route, tierOfA, close } = await relayedPair();
  await clock.advance(4_000);
  assert.equal(tierOfA(), "webrtc-turn");
  route.tier = "webrtc-stun";
  await clock.advance(5_000);
  assert.equal(tierOfA(), "webrtc-stun");
  close();
});

Deno.test("mesh moves from a relay to a direct route without a moment between them", async () => {
  const { clock, route, a, b, tierOfA, close } = await relayedPair();
  route.tier = "webrtc-stun";
  a.closed.length = b.closed.length = 0;
  for (let count = 1; count <= 1_000; count++) {
    assert.ok(a.mesh.send(b.info.peer_id, chatFrame(a.info, "from a")));
    assert.ok(b.mesh.send(a.info.peer_id, chatFrame(b.info, "from b")));
    await clock.advance(10);
  }
  await clock.advance(100);
  assert.equal(tierOfA(), "webrtc-stun");
  assert.deepEqual([a.frames.length, b.frames.length], [1_000, 1_000]);
  assert.deepEqual([a.closed, b.closed], [[], []]);
  close();
});

Deno.test("mesh keeps its relay when a look for a direct route finds another relay", async () => {
  const { clock, network, route, a, b, close } = await relayedPair();
  a.closed.length = a.opened.length = b.opened.length = 0;
  const madeBefore = route.made;
  await clock.advance(60_000);
  assert.ok(route.made > madeBefore);
  assert.deepEqual([a.opened, b.opened, a.closed], [[], [], []]);
  assert.equal(network.pipes.length, 1);
  close();
});

Deno.test("mesh looks for a direct route more and more seldom while there is none", async () => {
  const { clock, network, route, close } = await relayedPair();
  network.allowsDirect = false;
  const looks = async (minutes: number) => {
    const madeBefore = route.made;
    await clock.advance(minutes * 60_000);
    // Each side makes one end of a connection.
    return (route.made - madeBefore) / 2;
  };
  const [first, later] = [await looks(20), await looks(60)];
  assert.ok(first <= 25, `${first} looks in 20 minutes`);
  assert.ok(later <= 24, `${later} looks in the hour after them`);
  close();
});

Deno.test("mesh moves at once when the network changed and nothing answers any more", async () => {
  const { clock, network, a, b, close } = await metPair();
  for (const pipe of network.pipes) pipe.cut();
  a.opened.length = 0;
  a.mesh.networkChanged();
  await clock.advance(100);
  assert.deepEqual([a.opened, a.closed], [["bob"], []]);
  assert.ok(b.mesh.send(a.info.peer_id, chatFrame(b.info, "over the new one")));
  await clock.advance(20);
  assert.equal(a.frames.length, 1);
  close();
});

Deno.test("mesh asks no TURN server for a second relay, unless the first is in doubt", async () => {
  const { clock, network } = memoryWorld();
  const asked: number[] = [];
  const createConnection: CreateDirectConnection = (options, handlers) => {
    asked.push(options.iceServers.length);
    const onOpen = () => handlers.onOpen("webrtc-turn");
    return network.createConnection(options, { ...handlers, onOpen });
  };
  const { a, b, close } = meshPair({ clock, createConnection });
  const servers = [{ urls: "stun:one.example" }, { urls: "turn:two.example" }];
  a.mesh.welcome(a.info.peer_id, [], servers);
  b.mesh.welcome(b.info.peer_id, [a.info], servers);
  a.mesh.add(b.info);
  await clock.advance(1_100);
  assert.deepEqual(asked.splice(0), [2, 2]);
  await clock.advance(16_000);
  assert.deepEqual(new Set(asked.splice(0)), new Set([1]));
  a.mesh.networkChanged();
  assert.deepEqual(asked, [2]);
  close();
});

Deno.test("mesh gives a connection that is told of again no second life", async () => {
  const signals: MemberFrame[] = [];
  const passes = (frame: MemberFrame) => signals.push(frame) > 0;
  const { clock, network, a, b, tierOfA, close } = await metPair({ passes });
  for (const pipe of network.pipes) pipe.reset();
  await clock.advance(1_000);
  assert.equal(tierOfA(), "webrtc-stun");
  a.closed.length = b.closed.length = 0;
  const told = [...signals];
  for (const frame of told) {
    if (frame.type !== "offer") continue;
    const [from, to] = frame.target_peer_id === a.info.peer_id ? [b, a] : [a, b];
    const passed = parsePeerFrame(JSON.stringify({ ...frame, peer_id: from.info.peer_id }));
    to.mesh.onSignal(passed as PeerFrameOf<"offer">);
  }
  await clock.advance(20_000);
  assert.deepEqual([a.closed, b.closed], [[], []]);
  assert.equal(signals.length, told.length);
  close();
});

Deno.test("mesh tries in quick succession after a path that had worked", async () => {
  const { clock, network, a, b, close } = pair();
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  a.mesh.add(b.info);
  await clock.advance(100);
  network.allowsDirect = false;
  for (const pipe of network.pipes) pipe.reset();
  await clock.advance(10_000);
  network.allowsDirect = true;
  await clock.advance(6_000);
  assert.equal(a.mesh.path(b.info.peer_id)?.isAlive, true);
  close();
});

Deno.test("mesh reopens a path that was reset within a second", async () => {
  const { clock, network, a, b, close } = pair();
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  a.mesh.add(b.info);
  await clock.advance(100);
  for (const pipe of network.pipes) pipe.reset();
  assert.equal(a.mesh.path(b.info.peer_id), null);
  await clock.advance(1_000);
  assert.equal(a.mesh.path(b.info.peer_id)?.isAlive, true);
  assert.equal(network.pipes.length, 1);
  close();
});

Deno.test("mesh says why there is no direct path, and tries again", async () => {
  const { clock, network, a, b, close } = pair();
  network.allowsDirect = false;
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  a.mesh.add(b.info);
  assert.equal(b.mesh.reason(a.info.peer_id), "connecting");
  await clock.advance(20_000);
  assert.equal(b.mesh.reason(a.info.peer_id), "no-turn");
  network.allowsDirect = true;
  await clock.advance(40_000);
  assert.equal(b.mesh.reason(a.info.peer_id), null);
  close();
});

Deno.test("mesh tries at once when the network changed", async () => {
  const { clock, network, a, b, close } = pair();
  network.allowsDirect = false;
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  a.mesh.add(b.info);
  await clock.advance(200_000);
  network.allowsDirect = true;
  b.mesh.networkChanged();
  await clock.advance(100);
  assert.deepEqual(a.opened, ["bob"]);
  close();
});

Deno.test("mesh drops a peer's old connection when it comes back with a new page", async () => {
  const { clock, a, b, close } = pair();
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  a.mesh.add(b.info);
  await clock.advance(100);
  a.mesh.add(peerInfo("bob", "bob-after-reload"));
  assert.deepEqual(a.closed, ["bob"]);
  close();
});

Deno.test("mesh ignores signaling that was meant for an earlier page", async () => {
  const { clock, a, b, close } = pair();
  a.mesh.add(b.info);
  a.mesh.onSignal({
    type: "offer",
    peer_id: b.info.peer_id,
    payload: { type: "offer", sdp: "link-1", from: "bob-page.1", to: "ann-before-reload" },
  });
  await clock.advance(100);
  assert.equal(a.mesh.path(b.info.peer_id), null);
  assert.deepEqual(a.opened, []);
  close();
});

Deno.test("mesh leaves older clients, which name no instance, to the node", () => {
  const { a, close } = pair();
  const older = peerInfo("old", "");
  a.mesh.add(older);
  assert.equal(a.mesh.reason(older.peer_id), "peer-has-no-webrtc");
  close();
});

Deno.test("mesh closes every connection when it is cleared, and opens none until a welcome", async () => {
  const { clock, network, a, b, close } = await metPair();
  a.mesh.clear();
  assert.deepEqual(a.closed, ["bob"]);
  assert.equal(a.mesh.path(b.info.peer_id), null);
  await clock.advance(20_000);
  assert.equal(network.pipes.length, 0);
  a.mesh.welcome(a.info.peer_id, [b.info], []);
  await clock.advance(100);
  assert.equal(a.mesh.path(b.info.peer_id)?.isAlive, true);
  close();
});

Deno.test("mesh leaves no timer behind when it is closed", async () => {
  const { clock, a, b, close } = pair();
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  a.mesh.add(b.info);
  await clock.advance(100);
  close();
  await clock.advance(100);
  assert.equal(clock.pending, 0);
});

Deno.test("mesh lets go of a page whose strategy allows no direct path any more", async () => {
  const { clock, a, b, close } = pair();
  b.mesh.welcome(b.info.peer_id, [a.info], []);
  a.mesh.add(b.info);
  await clock.advance(100);
  a.mesh.add({ ...b.info, strategy: "http-only" });
  assert.equal(a.mesh.path(b.info.peer_id), null);
  assert.equal(a.mesh.reason(b.info.peer_id), "peer-has-no-webrtc");
  await clock.advance(30_000);
  assert.equal(a.mesh.path(b.info.peer_id), null);
  close();
});
