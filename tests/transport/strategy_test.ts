import assert from "node:assert/strict";
import { World } from "../fakes/session_world.ts";
import { allowedServers, hasTurn } from "../../transport/ice_servers.ts";

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
  assert.equal(bob.session.peers[0]?.path.reason, "peer-has-no-webrtc");
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
  assert.deepEqual(ann.session.messages[0]?.deliveredTo, [bob.session.peerId]);
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
  world.network.allowsDirect = true;
  ann.session.reconnect();
  await world.clock.advance(6_000);
  assert.deepEqual(bob.texts, ["later"]);
  world.close();
});
