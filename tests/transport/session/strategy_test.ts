import assert from "node:assert/strict";
import { type Tab, World } from "../../fakes/session_world.ts";
import { allowedServers, hasTurn, relayReason } from "../../../transport/mesh/ice_servers.ts";
import { DIRECT_ONLY_LIMIT, MESH_LIMIT } from "../../../transport/paths/neighbours.ts";
import { peerInfo } from "../../../transport/protocol/mod.ts";

const TURN = { urls: ["stun:s:3478", "turn:t:3478"], username: "u", credential: "c" };

Deno.test("a policy of direct paths drops TURN servers and keeps STUN", () => {
  assert.deepEqual(allowedServers([TURN, { urls: "turns:t:443" }], "direct"), [
    { ...TURN, urls: ["stun:s:3478"] },
  ]);
  assert.equal(hasTurn(allowedServers([TURN], "direct")), false);
  assert.equal(hasTurn(allowedServers([TURN], "relay")), true);
});

for (
  const [strategy, tier, opened] of [
    ["auto", "websocket", ["websocket"]],
    ["websocket-only", "websocket", ["websocket"]],
    ["http-only", "http-polling", ["http-polling"]],
  ] as const
) {
  Deno.test(`session with ${strategy} opens no uplink but ${opened}`, async () => {
    const world = new World();
    const ann = world.open("Ann", { strategy });
    await world.clock.advance(30_000);
    assert.equal(ann.session.uplink.tier, tier);
    assert.deepEqual([...new Set(ann.dialled)], opened);
    world.close();
  });
}

Deno.test("session with websocket-only never polls, and says that it is offline", async () => {
  const world = new World();
  world.network.blockedTiers.add("websocket");
  const ann = world.open("Ann", { strategy: "websocket-only" });
  await world.clock.advance(30_000);
  assert.equal(ann.session.uplink.state, "offline");
  assert.deepEqual([...new Set(ann.dialled)], ["websocket"]);
  world.close();
});

Deno.test("session with http-only makes no direct connection, and both sides say why", async () => {
  const world = new World();
  const ann = world.open("Ann", { strategy: "http-only" });
  const bob = world.open("Bob");
  await world.clock.advance(5_000);
  assert.equal(ann.session.peers[0]?.path.tier, "http-polling");
  assert.equal(ann.session.peers[0]?.path.reason, "strategy");
  assert.equal(bob.session.peers[0]?.path.reason, "peer-strategy");
  world.close();
});

Deno.test("session with p2p-only says nothing through the node", async () => {
  const world = new World();
  const ann = world.open("Ann", { strategy: "p2p-only" });
  const bob = world.open("Bob");
  await world.clock.advance(1_000);
  ann.session.send("between us");
  await world.clock.advance(1_000);
  assert.deepEqual(bob.texts, ["between us"]);
  assert.deepEqual(world.stored, []);
  assert.equal(ann.session.messages[0]?.delivered, 1);
  world.close();
});

Deno.test("session with p2p-only keeps a message until there is a direct path", async () => {
  const world = new World();
  world.network.allowsDirect = false;
  const ann = world.open("Ann", { strategy: "p2p-only" });
  const bob = world.open("Bob");
  await world.clock.advance(1_000);
  ann.session.send("later");
  await world.clock.advance(5_000);
  assert.deepEqual(bob.texts, []);
  assert.equal(ann.session.messages[0]?.state, "sending");
  world.network.allowsDirect = true;
  ann.session.reconnect();
  await world.clock.advance(6_000);
  assert.deepEqual(bob.texts, ["later"]);
  world.close();
});

Deno.test("session without a choice opens no direct path but by the node's relay-safe", async () => {
  const world = new World();
  world.node.ask("relay-safe");
  const ann = world.open("Ann");
  const bob = world.open("Bob");
  await world.clock.advance(5_000);
  assert.equal(ann.session.strategy, "relay-safe");
  assert.ok(ann.linked.length > 0 && bob.linked.length > 0);
  for (const { isRelayOnly } of [...ann.linked, ...bob.linked]) assert.equal(isRelayOnly, true);
  world.close();
});

Deno.test("session without a choice tells that the node's strategy is in force", async () => {
  const world = new World();
  world.node.ask("p2p-only");
  const ann = world.open("Ann");
  assert.equal(ann.session.strategy, "auto");
  await world.clock.advance(1_000);
  assert.deepEqual(ann.events.filter(({ type }) => type === "strategy"), [
    { type: "strategy", strategy: "p2p-only" },
  ]);
  world.close();
});

Deno.test("session without a choice gives its WebSocket up for the node's http-only", async () => {
  const world = new World();
  world.node.ask("http-only");
  const ann = world.open("Ann");
  const bob = world.open("Bob");
  ann.session.send("before any welcome");
  ann.session.subscribe(({ type }) => {
    if (type === "uplink" && ann.session.messages.length < 20) ann.session.send("in between");
  });
  await world.clock.advance(200);
  assert.equal(ann.session.uplink.tier, "http-polling");
  assert.ok(!ann.events.some((event) => event.type === "uplink" && event.uplink.error !== null));
  assert.deepEqual(world.network.pipes.map(({ tier }) => tier), ["http-polling", "http-polling"]);
  await world.clock.advance(60_000);
  assert.deepEqual(ann.dialled, ["websocket", "http-polling"]);
  assert.deepEqual(ann.linked, []);
  assert.equal(ann.session.peers[0]?.path.reason, "strategy");
  assert.deepEqual(bob.texts, ann.texts);
  assert.deepEqual(world.stored, ann.texts);
  assert.deepEqual(bob.shownTwice, []);
  world.close();
});

Deno.test("session without a choice gives polling up for the node's websocket-only", async () => {
  const world = new World();
  world.node.ask("websocket-only");
  world.network.blockedTiers.add("websocket");
  const ann = world.open("Ann");
  await world.clock.advance(2_000);
  assert.equal(ann.session.uplink.state, "offline");
  world.network.blockedTiers.delete("websocket");
  await world.clock.advance(20_000);
  assert.equal(ann.session.uplink.tier, "websocket");
  assert.deepEqual(ann.dialled.filter((tier) => tier === "http-polling"), ["http-polling"]);
  world.close();
});

Deno.test("session stays without a node rather than on a connection that it does not allow", async () => {
  const world = new World();
  world.node.ask("http-only");
  world.network.blockedTiers.add("http-polling");
  const ann = world.open("Ann");
  await world.clock.advance(2_000);
  assert.equal(ann.session.uplink.state, "offline");
  const told = ann.events.map((event) => event.type === "uplink" && event.uplink.error?.message);
  assert.ok(told.some((message) => message && message.includes("allows other connections")));
  assert.deepEqual(ann.dialled.filter((tier) => tier === "websocket"), ["websocket"]);
  assert.deepEqual(world.network.pipes, []);
  world.close();
});

Deno.test("session keeps to what its user chose, whatever the node asks for", async () => {
  const world = new World();
  world.node.ask("http-only");
  const ann = world.open("Ann", { strategy: "auto" });
  const bob = world.open("Bob", { strategy: "auto" });
  await world.clock.advance(5_000);
  assert.equal(ann.session.strategy, "auto");
  assert.equal(ann.session.uplink.tier, "websocket");
  assert.equal(ann.tierTo(bob), "webrtc-stun");
  world.close();
});

Deno.test("session leaves its direct paths when its node comes back with another strategy", async () => {
  const world = new World();
  const ann = world.open("Ann");
  const bob = world.open("Bob");
  await world.clock.advance(5_000);
  assert.equal(ann.tierTo(bob), "webrtc-stun");
  world.node.kill();
  world.node.ask("relay-safe");
  world.node.start();
  ann.linked.length = 0;
  await world.clock.advance(10_000);
  assert.equal(ann.session.strategy, "relay-safe");
  assert.ok(ann.linked.length > 0);
  for (const { isRelayOnly } of ann.linked) assert.equal(isRelayOnly, true);
  world.node.kill();
  world.node.ask("websocket-only");
  world.node.start();
  await world.clock.advance(10_000);
  assert.equal(ann.tierTo(bob), "websocket");
  assert.ok(world.network.pipes.every(({ tier }) => tier === "websocket"));
  world.close();
});

Deno.test("the others know that whoever chose nothing follows the node", async () => {
  const world = new World();
  world.node.ask("websocket-only");
  world.open("Ann");
  const bob = world.open("Bob", { strategy: "auto" });
  await world.clock.advance(5_000);
  assert.equal(bob.session.peers[0]?.path.reason, "peer-strategy");
  assert.deepEqual(bob.linked, []);
  world.close();
});

for (const strategy of ["p2p-only", "webrtc-stun"] as const) {
  Deno.test(`session with ${strategy} shows no way to a peer that no direct path reaches`, async () => {
    const world = new World();
    world.network.allowsDirect = false;
    const ann = world.open("Ann", { strategy });
    const bob = world.open("Bob");
    await world.clock.advance(5_000);
    assert.equal(ann.session.uplink.state, "online");
    assert.deepEqual(path(ann), { tier: null, reason: "connecting" });
    await world.clock.advance(30_000);
    const reason = strategy === "p2p-only" ? "no-turn" : "relay-refused";
    assert.deepEqual(path(ann), { tier: null, reason });
    // Bob's messages do get through.
    assert.deepEqual(path(bob), { tier: "websocket", reason: "peer-direct-only" });
    bob.session.send("hello");
    ann.session.send("nobody hears me");
    await world.clock.advance(1_000);
    assert.deepEqual(ann.texts, ["hello", "nobody hears me"]);
    assert.deepEqual(bob.texts, ["hello"]);
    world.close();
  });
}

Deno.test("session with p2p-only does not tell that words come which can't", async () => {
  const world = new World();
  world.network.allowsDirect = false;
  const ann = world.open("Ann", { strategy: "p2p-only" });
  const bob = world.open("Bob");
  await world.clock.advance(5_000);
  ann.session.typing(true);
  await world.clock.advance(1_000);
  assert.equal(bob.session.peers[0]?.isTyping, false);
  world.network.allowsDirect = true;
  ann.session.reconnect();
  await world.clock.advance(6_000);
  ann.session.typing(false);
  ann.session.typing(true);
  await world.clock.advance(1_000);
  assert.equal(bob.session.peers[0]?.isTyping, true);
  world.close();
});

Deno.test("nobody brings a relay to a peer that takes none", async () => {
  const world = new World();
  world.node.setTurnUrls(["turn:turn.example:3478"]);
  const ann = world.open("Ann", { strategy: "auto" });
  world.open("Bob", { strategy: "webrtc-stun" });
  await world.clock.advance(1_000);
  const urls = () => ann.linked.flatMap((link) => link.iceServers.flatMap(({ urls }) => urls));
  assert.equal(ann.linked.length, 1);
  assert.ok(!urls().some((url) => url.startsWith("turn:")), `${urls()}`);
  world.open("Cy", { strategy: "p2p-only" });
  await world.clock.advance(1_000);
  assert.ok(urls().some((url) => url.startsWith("turn:")), "to Cy it may");
  world.close();
});

Deno.test("a path through a TURN server has its reason", () => {
  const peer = { peer_id: "bob", name: "Bob", tier: "websocket", instance: "i", joined_at: 0 };
  const info = peerInfo.parse(peer);
  assert.equal(relayReason("all", info), "no-direct-route");
  assert.equal(relayReason("all", { ...info, strategy: "relay-safe" }), "peer-relay-only");
  assert.equal(relayReason("relay", info), "strategy");
});

function path({ session }: Tab) {
  const { tier, reason } = session.peers[0]!.path;
  return { tier, reason };
}

Deno.test("with p2p-only everyone of a large room is near, and the others keep their neighbours", async () => {
  const world = new World();
  const others = Array.from({ length: 24 }, (_, n) => world.open(`Peer ${n}`));
  const ann = world.open("Ann", { strategy: "p2p-only" });
  await world.clock.advance(10_000);
  ann.session.send("to all of you");
  await world.clock.advance(1_000);
  for (const other of others) {
    assert.deepEqual(other.texts, ["to all of you"], other.name);
    const { tier } = other.session.peers.find(({ name }) => name === "Ann")!.path;
    assert.equal(tier, "webrtc-stun");
    const direct = other.session.peers.filter(({ path }) => path.tier === "webrtc-stun").length;
    assert.ok(direct <= MESH_LIMIT + 1, `${other.name} has ${direct}`);
  }
  world.close();
});

Deno.test("with p2p-only nobody connects to more of a crowd than a page bears, and says so", async () => {
  const world = new World();
  const others = Array.from({ length: DIRECT_ONLY_LIMIT + 6 }, (_, n) => world.open(`Peer ${n}`));
  const ann = world.open("Ann", { strategy: "p2p-only" });
  await world.clock.advance(10_000);
  const isDirect = (tab: Tab) => ann.tierTo(tab) === "webrtc-stun";
  assert.equal(others.filter(isDirect).length, DIRECT_ONLY_LIMIT);
  const far = others.filter((tab) => !isDirect(tab));
  for (const { name, session } of far) {
    const seen = ann.session.peers.find((peer) => peer.name === name)!;
    assert.deepEqual([seen.path.tier, seen.path.reason], [null, "mesh-full"]);
    const path = session.peers.find((peer) => peer.name === "Ann")!.path;
    assert.equal(path.reason, "peer-direct-only");
  }
  ann.session.send("to whom it reaches");
  await world.clock.advance(1_000);
  const heard = others.filter(({ texts }) => texts.length > 0);
  assert.deepEqual(heard, others.filter(isDirect));
  assert.ok(!ann.kept.some((key) => key.includes("outbox:")));
  world.close();
});

Deno.test("with p2p-only nobody waits for a peer that a growing crowd has put out of reach", async () => {
  const world = new World();
  const ann = world.open("Ann", { strategy: "p2p-only" });
  const early = Array.from({ length: DIRECT_ONLY_LIMIT }, (_, n) => world.open(`Early ${n}`));
  await world.clock.advance(10_000);
  for (const tab of early) assert.equal(ann.tierTo(tab), "webrtc-stun");
  world.network.allowsDirect = false;
  for (const tab of early) for (const link of tab.links) link.close();
  await world.clock.advance(1_000);
  assert.ok(early.every((tab) => ann.tierTo(tab) === null));
  ann.session.send("who has this?");
  const late = Array.from({ length: 8 }, (_, n) => world.open(`Late ${n}`));
  await world.clock.advance(1_000);
  world.network.allowsDirect = true;
  await world.clock.advance(20_000);
  const reached = early.filter((tab) => ann.tierTo(tab) === "webrtc-stun");
  assert.ok(reached.length < early.length);
  for (const tab of reached) assert.deepEqual(tab.texts, ["who has this?"], tab.name);
  assert.ok(!ann.kept.some((key) => key.includes("outbox:")));
  // A peer that comes near again gets the messages sent from then on.
  for (const tab of late) tab.session.leave();
  await world.clock.advance(25);
  assert.ok(ann.session.peers.some(({ path }) => path.reason === "connecting"));
  assert.ok(!ann.session.peers.some(({ path }) => path.reason === "mesh-full"));
  await world.clock.advance(20_000);
  ann.session.send("And this?");
  await world.clock.advance(1_000);
  for (const tab of early) assert.ok(tab.texts.includes("And this?"), tab.name);
  world.close();
});
