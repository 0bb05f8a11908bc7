import assert from "node:assert/strict";
import { UserError } from "../../../transport/errors.ts";
import { LIMITS } from "../../../transport/protocol/mod.ts";
import { RoomWorld, TOKEN } from "./room_world.ts";

const OTHER_TOKEN = "fedcba9876543210";

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert(error instanceof UserError);
    return error.code;
  }
  return assert.fail("nothing was refused");
}

Deno.test("the first frame is welcome, and the others are told who came", async () => {
  const world = await RoomWorld.create();
  const ann = world.join("ann");
  const bob = world.join("bob", { protocol: "1", token: TOKEN, name: "Bob B.", instance: "i1" });
  const [welcome, ...rest] = bob.connection.take();
  assert.equal(welcome?.type, "welcome");
  assert.deepEqual(rest, []);
  const { token, room, peer_id, peers, latest, version } = welcome.payload;
  assert.deepEqual([token, room, peer_id, latest, version], [TOKEN, "kitchen", "bob", 0, "1.2.3"]);
  assert.deepEqual(peers.map((peer: { peer_id: string }) => peer.peer_id), ["ann"]);
  const [, joined] = ann.connection.take();
  assert.equal(joined?.type, "peer_joined");
  assert.deepEqual(
    [joined.payload.name, joined.payload.instance, joined.payload.tier],
    ["Bob B.", "i1", "websocket"],
  );
});

Deno.test("a peer without a token is given one that holds its place", async () => {
  const world = await RoomWorld.create();
  const ann = world.join("ann", {});
  const { token } = ann.connection.take()[0]!.payload;
  assert.match(token, /^[A-Za-z0-9_-]{32}$/);
  assert.equal(world.join("ann", { token }).member, ann.member);
});

Deno.test("nobody takes a peer id without its token", async () => {
  const world = await RoomWorld.create();
  const { ann } = world.joinAll("ann");
  for (const query of [{ token: OTHER_TOKEN, protocol: "1" }, { protocol: "1" }, {}]) {
    assert.equal(codeOf(() => world.join("ann", query)), "peer-id-taken");
  }
  assert.equal(ann.connection.closed, null);
});

Deno.test("a peer that comes back with its token takes its place without leaving it", async () => {
  const world = await RoomWorld.create();
  const { ann, bob } = world.joinAll("ann", "bob");
  const again = world.join("ann");
  assert.equal(ann.connection.closed?.code, 4409);
  assert.deepEqual(again.connection.types(), ["welcome"]);
  assert.deepEqual(bob.connection.take(), []);
  bob.send({ type: "typing", payload: { typing: true } });
  assert.deepEqual(again.connection.types(), ["typing"]);
  assert.deepEqual(ann.connection.take(), []);
});

Deno.test("a reload is told to the others as an update", async () => {
  const world = await RoomWorld.create();
  const { bob } = world.joinAll("bob");
  world.join("ann", { token: TOKEN, protocol: "1", instance: "one" });
  bob.connection.take();
  world.join("ann", { token: TOKEN, protocol: "1", instance: "two", name: "Ann" });
  const [updated, ...rest] = bob.connection.take();
  assert.deepEqual(rest, []);
  assert.equal(updated?.type, "peer_updated");
  assert.deepEqual([updated.payload.instance, updated.payload.name], ["two", "Ann"]);
});

Deno.test("the same page on another connection does not close the first as replaced", async () => {
  const world = await RoomWorld.create();
  const query = { token: TOKEN, protocol: "1", instance: "one" };
  const first = world.join("ann", query);
  world.join("ann", query);
  assert(first.connection.hasMovedOn);
  assert.equal(first.connection.closed, null);
});

Deno.test("leaving is announced at once, by frame and by close", async () => {
  const world = await RoomWorld.create();
  const { ann, bob, cid } = world.joinAll("ann", "bob", "cid");
  bob.send({ type: "leave" });
  cid.room.onConnectionClosed(cid.member, cid.connection, 1005);
  const left = ann.connection.take().map((
    frame,
  ) => [frame.type, frame.peer_id, frame.payload.reason]);
  assert.deepEqual(left, [["peer_left", "bob", "left"], ["peer_left", "cid", "left"]]);
  assert.equal(bob.connection.closed?.code, 1000);
});

Deno.test("a page that went away has two seconds to come back from its reload", async () => {
  const world = await RoomWorld.create();
  const { ann, bob } = world.joinAll("ann", "bob");
  bob.room.onConnectionClosed(bob.member, bob.connection, 1001);
  await world.clock.advance(1900);
  assert.deepEqual(ann.connection.take(), []);
  const again = world.join("bob");
  await world.clock.advance(4000);
  assert.deepEqual(ann.connection.take(), []);
  again.room.onConnectionClosed(again.member, again.connection, 1001);
  await world.clock.advance(2500);
  assert.deepEqual(ann.connection.types(), ["peer_left"]);
});

Deno.test("a connection that broke keeps its place until the peer timeout", async () => {
  const world = await RoomWorld.create();
  const { ann, bob } = world.joinAll("ann", "bob");
  ann.connection.isHeld = true;
  bob.room.onConnectionClosed(bob.member, bob.connection, 1006);
  await world.clock.advance(14_900);
  assert.deepEqual(ann.connection.types(), []);
  assert.equal(codeOf(() => world.join("bob", { token: OTHER_TOKEN })), "peer-id-taken");
  await world.clock.advance(700);
  const [left] = ann.connection.take();
  assert.deepEqual([left?.type, left?.payload.reason], ["peer_left", "lost"]);
});

Deno.test("what came while a member was away is given to it, but chat, which its cursor brings", async () => {
  const world = await RoomWorld.create();
  const { ann, bob } = world.joinAll("ann", "bob");
  bob.room.onConnectionClosed(bob.member, bob.connection, 1006);
  ann.send({ type: "offer", target_peer_id: "bob", payload: { sdp: "v=0" } });
  ann.send({ type: "chat", payload: { id: "m1", text: "hi" } });
  ann.send({ type: "typing", payload: { typing: true } });
  await world.settle();
  const again = world.join("bob");
  const frames = again.connection.take();
  assert.deepEqual(frames.map(({ type }) => type), ["welcome", "offer"]);
  assert(frames[0]!.payload.latest > 0);
});

Deno.test("what waits for a member that is away is bounded", async () => {
  const world = await RoomWorld.create();
  const { ann, bob } = world.joinAll("ann", "bob");
  bob.room.onConnectionClosed(bob.member, bob.connection, 1006);
  for (let i = 0; i < 1500; i++) ann.send({ type: "ice", target_peer_id: "bob", payload: {} });
  assert.equal(world.join("bob").connection.take().length, 500);
  assert.equal(world.parts.metrics.dropped.value('tier="websocket"'), 1001);
});

Deno.test("an older client leaves whenever its socket closes", async () => {
  const world = await RoomWorld.create();
  const { ann } = world.joinAll("ann");
  const old = world.join("old", {});
  ann.connection.take();
  old.room.onConnectionClosed(old.member, old.connection, 1006);
  assert.deepEqual(ann.connection.types(), ["peer_left"]);
});

Deno.test("a silent member is asked, and let go when it says nothing", async () => {
  const world = await RoomWorld.create();
  const { ann, bob } = world.joinAll("ann", "bob");
  ann.connection.isHeld = true;
  await world.clock.advance(10_400);
  assert.deepEqual(bob.connection.types(), ["ping"]);
  bob.send({ type: "pong" });
  await world.clock.advance(9_000);
  assert.deepEqual(bob.connection.types(), []);
  await world.clock.advance(6_500);
  assert.deepEqual(bob.connection.types(), ["ping"]);
  assert.equal(bob.connection.closed?.code, 4408);
  const [left] = ann.connection.take();
  assert.deepEqual([left?.type, left?.payload.reason], ["peer_left", "timed-out"]);
});

Deno.test("a node that stood still asks its members before it lets them go", async () => {
  const world = await RoomWorld.create();
  const { ann, bob, cy } = world.joinAll("ann", "bob", "cy");
  cy.room.onConnectionClosed(cy.member, cy.connection, 1001);
  await world.clock.advance(1_000);
  world.clock.stall(3_600_000);
  await world.clock.advance(100);
  assert.deepEqual(ann.connection.types(), []);
  await world.clock.advance(10_000);
  // The member that was away for a reload has had its two seconds by now.
  assert.deepEqual(ann.connection.types(), ["peer_left", "ping"]);
  ann.send({ type: "pong" });
  await world.clock.advance(5_000);
  assert.deepEqual([ann.connection.closed, bob.connection.closed?.code], [null, 4408]);
});

Deno.test("who goes while the node stands still is gone soon after it has woken", async () => {
  const world = await RoomWorld.create();
  const { ann, bob, cy } = world.joinAll("ann", "bob", "cy");
  ann.connection.isHeld = true;
  await world.clock.advance(1_000);
  world.clock.stall(3_600_000);
  // Frames that arrived meanwhile are read before the overdue timer runs.
  bob.send({ type: "ping" });
  bob.room.onConnectionClosed(bob.member, bob.connection, 1006);
  cy.room.onConnectionClosed(cy.member, cy.connection, 1001);
  await world.clock.advance(3_000);
  const gone = () => ann.connection.take().map(({ type, peer_id }) => `${type} ${peer_id}`);
  assert.deepEqual(gone(), ["peer_left cy"]);
  await world.clock.advance(15_000);
  assert.deepEqual(gone(), ["peer_left bob"]);
});

Deno.test("an older client's socket is not pinged with frames that it would not answer", async () => {
  const world = await RoomWorld.create();
  const old = world.join("old", {});
  old.connection.take();
  await world.clock.advance(60_000);
  assert.deepEqual(old.connection.types(), []);
  assert.equal(old.connection.closed, null);
});

Deno.test("a full room says so, and has place again when somebody left", async () => {
  const world = await RoomWorld.create();
  const seats = Array.from({ length: LIMITS.peersPerRoom }, (_, i) => world.join(`p${i}`));
  assert.equal(codeOf(() => world.join("late")), "room-full");
  assert.equal(world.join("p7").member, seats[7]!.member, "who is in it comes back");
  seats[3]!.send({ type: "leave" });
  world.join("late");
});

Deno.test("in a full room the address with the most members gives up a place for another one", async () => {
  const world = await RoomWorld.create();
  const from = (peerId: string, address: string) =>
    world.join(peerId, { protocol: "1", token: TOKEN }, { address });
  const ann = from("ann", "192.0.2.2");
  const seats = Array.from({ length: LIMITS.peersPerRoom - 1 }, (_, i) => world.join(`p${i}`));
  ann.connection.take();
  from("bob", "192.0.2.2");
  assert.deepEqual(seats.at(-1)!.connection.closed?.code, 4413, "who came last");
  assert.deepEqual(ann.connection.types(), ["peer_left", "peer_joined"]);
  for (let n = 0; n < 127; n++) from(`b${n}`, "2001:db8::1");
  assert.equal(codeOf(() => from("late", "2001:db8::2")), "room-full", "all have as many");
  from("cid", "192.0.2.2");
  assert.equal(ann.connection.closed, null);
});

Deno.test("an empty room is forgotten, and nothing ticks any more", async () => {
  const world = await RoomWorld.create();
  const { ann } = world.joinAll("ann");
  ann.send({ type: "leave" });
  await world.clock.advance(1000);
  assert.equal(world.parts.rooms.size, 0);
  assert.equal(world.clock.pending, 0);
});

Deno.test("a node that stops tells every member to come back", async () => {
  const world = await RoomWorld.create();
  const { ann, bob } = world.joinAll("ann", "bob");
  world.parts.rooms.close();
  assert.deepEqual([ann.connection.closed?.code, bob.connection.closed?.code], [4503, 4503]);
  assert.deepEqual(bob.connection.take(), []);
  assert.equal(world.clock.pending, 0);
});

Deno.test("TURN credentials from a secret are short-lived and follow coturn's convention", async () => {
  const world = await RoomWorld.create({ turnUrls: ["turn:t:3478"], turnSecret: "north" });
  const [welcome] = world.join("ann").connection.take();
  const turn = welcome!.payload.ice_servers[1];
  const expires = Math.floor(world.clock.epochMs() / 1000) + 12 * 3600;
  assert.equal(turn.username, `${expires}:ann`);
  const key = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode("north"),
    { name: "HMAC", hash: "SHA-1" },
    false,
    ["sign"],
  );
  const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(turn.username));
  assert.equal(turn.credential, new Uint8Array(mac).toBase64());
});
