import assert from "node:assert/strict";
import { UserError } from "../../../transport/errors.ts";
import { LIMITS, parsePeerFrame } from "../../../transport/protocol/mod.ts";
import { RoomWorld } from "./room_world.ts";

const chat = (id: string, text = "hi") => ({ type: "chat", payload: { id, text } });

Deno.test("a frame goes to its target alone, or to everyone else, with its true sender", async () => {
  const world = await RoomWorld.create();
  const { ann, bob, cid } = world.joinAll("ann", "bob", "cid");
  const payload = { sdp: "v=0", more: [1] };
  ann.send({ type: "offer", peer_id: "cid", target_peer_id: "bob", payload });
  assert.deepEqual(bob.connection.take(), [
    { peer_id: "ann", type: "offer", payload, target_peer_id: "bob" },
  ]);
  assert.deepEqual(cid.connection.take(), []);
  ann.send({ type: "relay", peer_id: "cid", payload: "x" });
  for (const seat of [bob, cid]) {
    assert.deepEqual(seat.connection.take(), [{ peer_id: "ann", type: "relay", payload: "x" }]);
  }
  assert.deepEqual(ann.connection.take(), []);
});

Deno.test("an offer to somebody who is not here waits for them, once and not for long", async () => {
  const world = await RoomWorld.create();
  const { ann } = world.joinAll("ann");
  ann.send({ type: "offer", target_peer_id: "bob", payload: { sdp: "v=0" } });
  ann.send({ type: "typing", target_peer_id: "bob", payload: { typing: true } });
  assert.deepEqual(world.join("bob").connection.types(), ["welcome", "offer"]);
  assert.deepEqual(world.join("bob").connection.types(), ["welcome"], "the same stay gets it once");
  ann.send({ type: "offer", target_peer_id: "cid", payload: { sdp: "v=0" } });
  ann.connection.isHeld = true;
  await world.clock.advance(61_000);
  assert.deepEqual(world.join("cid").connection.types(), ["welcome"]);
});

Deno.test("an offer to everyone reaches who comes later, while its sender is here", async () => {
  const world = await RoomWorld.create();
  const { ann, bob } = world.joinAll("ann", "bob");
  ann.send({ type: "offer", payload: { sdp: "from ann" } });
  bob.send({ type: "offer", payload: { sdp: "from bob" } });
  bob.send({ type: "leave" });
  const [, ...frames] = world.join("cid").connection.take();
  assert.deepEqual(frames.map((frame) => frame.payload.sdp), ["from ann"]);
});

Deno.test("an offer waits for who comes into a room that everyone has left meanwhile", async () => {
  const world = await RoomWorld.create();
  const { ann } = world.joinAll("ann");
  ann.send({ type: "offer", target_peer_id: "bob", payload: { sdp: "v=0" } });
  ann.send({ type: "leave" });
  await world.clock.advance(30_000);
  assert.equal(world.parts.rooms.size, 0);
  assert.deepEqual(world.join("bob").connection.types(), ["welcome", "offer"]);
  await world.clock.advance(60_000);
  assert.equal(world.parts.signals.count, 0, "nothing is left");
});

Deno.test("a signal that is none, or larger than one can be, is refused", async () => {
  const world = await RoomWorld.create();
  const { ann, bob } = world.joinAll("ann", "bob");
  const sdp = "x".repeat(LIMITS.sdpChars);
  const bad: [string, unknown][] = [
    ["offer", undefined],
    ["offer", {}],
    ["answer", { sdp: 5 }],
    ["answer", { sdp: `${sdp}x` }],
    ["offer", { sdp, more: "x".repeat(9_000) }],
    ["ice", "candidate:1"],
    ["ice", { candidate: 5 }],
    ["ice", { candidate: "x".repeat(LIMITS.candidateChars + 1) }],
    ["ice", { candidate: "c", more: "x".repeat(250_000) }],
  ];
  for (const [type, payload] of bad) {
    ann.send({ type, payload });
    const [error] = ann.connection.take();
    assert.deepEqual([error?.type, error?.payload.code], ["error", "bad-frame"]);
    assert.match(error?.payload.message, new RegExp(`^Frame "${type}": `));
  }
  assert.deepEqual(bob.connection.take(), []);
  assert.equal(world.parts.signals.count, 0);
});

Deno.test("signals as older clients send them are passed on as they are", async () => {
  const world = await RoomWorld.create();
  const { bob } = world.joinAll("bob");
  const old = world.join("old", {});
  bob.connection.take();
  const payloads: [string, unknown][] = [
    ["offer", { sdp: "x".repeat(LIMITS.sdpChars) }],
    ["answer", { type: "answer", sdp: "v=0", extra: { a: [1] } }],
    ["ice", { candidate: "c", sdpMid: "0", sdpMLineIndex: 0 }],
    ["ice", { candidate: null }],
    ["ice", null],
    ["ice", undefined],
  ];
  for (const [type, payload] of payloads) {
    old.send({ type, payload });
    assert.deepEqual(bob.connection.take().map((frame) => frame.payload), [payload], type);
  }
});

Deno.test("chat is stored, then acknowledged and passed on with the same timestamp", async () => {
  const world = await RoomWorld.create();
  const { ann, bob } = world.joinAll("ann", "bob");
  const release = world.store.hold();
  ann.send({ type: "chat", payload: { id: "m1", text: "hi", name: "Ann", sent_at: 5.5 } });
  await world.settle();
  assert.deepEqual(
    [...ann.connection.take(), ...bob.connection.take()],
    [],
    "not before it is stored",
  );
  release();
  await world.settle();
  const [ack] = ann.connection.take();
  const [shown] = bob.connection.take();
  assert.equal(ack?.type, "ack");
  assert.equal(ack.payload.id, "m1");
  assert.equal(shown?.type, "chat");
  assert.equal(shown.peer_id, "ann");
  const { id, text, name, sent_at, timestamp } = shown.payload;
  assert.deepEqual([id, text, name, sent_at], ["m1", "hi", "Ann", 5.5]);
  assert.equal(timestamp, ack.payload.timestamp);
});

Deno.test("acknowledgements and messages come in the order of their timestamps", async () => {
  const world = await RoomWorld.create();
  const { ann, bob, cid } = world.joinAll("ann", "bob", "cid");
  const release = world.store.hold();
  for (let i = 0; i < 50; i++) {
    ann.send(chat(`a${i}`));
    bob.send(chat(`b${i}`));
  }
  release();
  await world.settle();
  for (const seat of [ann, bob, cid]) {
    const stamps = seat.connection.take().map((frame) => frame.payload.timestamp);
    assert.equal(stamps.length, 100);
    assert.deepEqual(stamps, stamps.toSorted((a, b) => a - b));
  }
});

Deno.test("a message that comes again is acknowledged again and shown once", async () => {
  const world = await RoomWorld.create();
  const { ann, bob } = world.joinAll("ann", "bob");
  ann.send(chat("m1"));
  ann.send(chat("m1"));
  await world.settle();
  const [first, second] = ann.connection.take();
  assert.equal(first?.payload.timestamp, second?.payload.timestamp);
  assert.deepEqual(bob.connection.types(), ["chat"]);
});

Deno.test("a message that is refused names its id and the reason", async () => {
  const world = await RoomWorld.create();
  const { ann, bob } = world.joinAll("ann", "bob");
  ann.send(chat("m1"));
  await world.settle();
  ann.connection.take();
  bob.connection.take();
  ann.send(chat("m1", "other"));
  ann.send(chat("m2", "x".repeat(LIMITS.textBytes + 1)));
  world.store.failWith(new UserError("store-failed", "The disk is full"));
  ann.send(chat("m3"));
  await world.settle();
  const errors = ann.connection.take().map(({ type, payload }) => [type, payload.id, payload.code]);
  assert.deepEqual(errors.toSorted(), [
    ["error", "m1", "id-conflict"],
    ["error", "m2", "bad-frame"],
    ["error", "m3", "store-failed"],
  ]);
  assert.deepEqual(bob.connection.take(), []);
});

Deno.test("a bad frame is answered and costs nothing but itself", async () => {
  const world = await RoomWorld.create();
  const { ann, bob } = world.joinAll("ann", "bob");
  const bad: [string, string][] = [
    ["{", "bad-frame"],
    ["null", "bad-frame"],
    ["[]", "bad-frame"],
    ["{}", "bad-frame"],
    ['{"type":5}', "bad-frame"],
    ['{"type":"constructor"}', "unknown-type"],
    ['{"type":"chat"}', "bad-frame"],
    ['{"type":"offer","target_peer_id":""}', "bad-frame"],
    [`{"type":"relay","payload":"${"x".repeat(LIMITS.frameChars)}"}`, "frame-too-large"],
    [`{"type":"relay","payload":"${"x".repeat(LIMITS.frameChars - 40)}"}`, "frame-too-large"],
  ];
  for (const [text, code] of bad) {
    ann.send(text);
    const [error] = ann.connection.take();
    assert.deepEqual([error?.type, error?.payload.code], ["error", code], text.slice(0, 60));
  }
  assert.deepEqual(bob.connection.take(), []);
  ann.send({ type: "relay" });
  assert.deepEqual(bob.connection.types(), ["relay"]);
});

Deno.test("a frame nested as deeply as a frame can be goes through", async () => {
  const world = await RoomWorld.create();
  const { ann, bob } = world.joinAll("ann", "bob");
  ann.send(`{"type":"relay","payload":${"[".repeat(130_000)}${"]".repeat(130_000)}}`);
  assert.deepEqual(bob.connection.types(), ["relay"]);
});

Deno.test("a frame as large as a frame may be still fits with what the node adds", async () => {
  const world = await RoomWorld.create();
  const { ann, bob } = world.joinAll("ann", "bob");
  ann.send({ type: "relay", payload: "x".repeat(LIMITS.frameChars - 200) });
  const [frame] = bob.connection.take();
  assert.notEqual(parsePeerFrame(JSON.stringify({ seq: 1795220956512001, ...frame })), null);
});

Deno.test("history pages forwards from a cursor and backwards from the end", async () => {
  const world = await RoomWorld.create();
  const { ann } = world.joinAll("ann");
  for (let i = 0; i < 10; i++) ann.send(chat(`m${i}`));
  await world.settle();
  ann.connection.take();
  const ask = (payload: Record<string, number>) => {
    ann.send({ type: "history", payload: { request: 1, ...payload } });
    const { messages, more, request } = ann.connection.take()[0]!.payload;
    assert.equal(request, 1);
    return { ids: messages.map((m: { id: string }) => m.id).join(" "), messages, more };
  };
  const last = ask({ limit: 3 });
  assert.deepEqual([last.ids, last.more], ["m7 m8 m9", true]);
  const older = ask({ before: last.messages[0].timestamp, limit: 200 });
  assert.deepEqual([older.ids, older.more], ["m0 m1 m2 m3 m4 m5 m6", false]);
  const newer = ask({ since: older.messages[4].timestamp, limit: 4 });
  assert.deepEqual([newer.ids, newer.more], ["m5 m6 m7 m8", true]);
  assert.deepEqual(ask({ since: last.messages[2].timestamp }).messages, []);
});

Deno.test("a history frame holds what fits it, and the pages leave nothing out", async () => {
  const world = await RoomWorld.create();
  const { ann } = world.joinAll("ann");
  const ids = Array.from({ length: 12 }, (_, i) => `m${i}`);
  for (const id of ids) ann.send(chat(id, "x".repeat(LIMITS.textBytes)));
  await world.settle();
  ann.connection.take();
  const seen: string[] = [];
  for (let since = 0, more = true; more;) {
    ann.send({ type: "history", payload: { request: 1, since } });
    const [frame] = ann.connection.take();
    assert(JSON.stringify(frame).length <= LIMITS.frameChars);
    for (const message of frame!.payload.messages) {
      seen.push(message.id);
      since = message.timestamp;
    }
    more = frame!.payload.more;
  }
  assert.deepEqual(seen, ids);
});

Deno.test("a ping is answered with what it carried", async () => {
  const world = await RoomWorld.create();
  const { ann } = world.joinAll("ann");
  ann.send({ type: "ping", payload: { t: 81.5 } });
  const [pong] = ann.connection.take();
  assert.deepEqual([pong?.type, pong?.payload.t], ["pong", 81.5]);
});

Deno.test("whoever sends too much is told once a second, with the message that was dropped", async () => {
  const world = await RoomWorld.create({ rateLimit: 10 });
  const { ann, bob } = world.joinAll("ann", "bob");
  for (let i = 0; i < 100; i++) ann.send(chat(`m${i}`));
  await world.settle();
  const frames = ann.connection.take();
  assert.equal(frames.filter(({ type }) => type === "ack").length, 40);
  const errors = frames.filter(({ type }) => type === "error");
  assert.deepEqual(errors.map(({ payload }) => [payload.code, payload.id]), [
    ["rate-limited", "m40"],
  ]);
  assert.equal(bob.connection.take().length, 40);
  await world.clock.advance(1000);
  ann.send(chat("m41"));
  await world.settle();
  assert.deepEqual(ann.connection.types(), ["ack"]);
});

Deno.test("typing and a storm of candidates never meet the default limit", async () => {
  const world = await RoomWorld.create({ rateLimit: 500 });
  const { ann, bob } = world.joinAll("ann", "bob");
  for (let i = 0; i < 1000; i++) ann.send({ type: "ice", target_peer_id: "bob", payload: {} });
  for (let i = 0; i < 300; i++) ann.send({ type: "typing", payload: { typing: true } });
  assert.equal(bob.connection.take().length, 1300);
});

const receipt = { type: "receipt", target_peer_id: "bob", payload: { ids: ["m"] } };

Deno.test("receipts and pings take no place of what people say", async () => {
  const world = await RoomWorld.create({ rateLimit: 10 });
  const { ann, bob } = world.joinAll("ann", "bob");
  for (let n = 0; n < 300; n++) ann.send(receipt);
  for (let n = 0; n < 50; n++) ann.send({ type: "ping" });
  for (let n = 0; n < 40; n++) ann.send(chat(`m${n}`));
  await world.settle();
  const types = bob.connection.types();
  assert.equal(types.filter((type) => type === "receipt").length, 300);
  assert.equal(types.filter((type) => type === "chat").length, 40);
  for (let n = 0; n < 500; n++) ann.send(receipt);
  assert.equal(bob.connection.take().length, 50, "they have a limit of their own");
  const error = ann.connection.take().find(({ type }) => type === "error");
  assert.match(error?.payload.message, /more than 100 frames a second/);
  const code = () => ann.connection.closed?.code;
  for (let n = 0; n < 550; n++) ann.send(receipt);
  assert.equal(code(), undefined, "a thousand are ten seconds' worth");
  ann.send(receipt);
  assert.equal(code(), 4429);
});

Deno.test("what only looks like a receipt counts as what it is", async () => {
  const world = await RoomWorld.create({ rateLimit: 10 });
  const { ann, bob } = world.joinAll("ann", "bob");
  const text =
    `{"type":"receipt","target_peer_id":"bob","type":"typing","payload":{"typing":true}}`;
  for (let n = 0; n < 100; n++) ann.send(text);
  const toAll = { type: "receipt", payload: { ids: ["m"] } };
  for (let n = 0; n < 100; n++) ann.send(toAll);
  assert.equal(bob.connection.take().length, 40);
});

Deno.test("who goes on sending too much is cut, and keeps its place for a while", async () => {
  const world = await RoomWorld.create({ rateLimit: 10, peerTimeoutMs: 15_000 });
  const { ann, bob } = world.joinAll("ann", "bob");
  for (let n = 0; n < 40 + 100; n++) ann.send({ type: "typing", payload: { typing: true } });
  const code = () => ann.connection.closed?.code;
  assert.equal(code(), undefined, "a burst is forgiven");
  await world.clock.advance(11_000);
  for (let n = 0; n < 40 + 101; n++) ann.send({ type: "typing", payload: { typing: true } });
  assert.equal(code(), 4429);
  assert.ok(!bob.connection.types().includes("peer_left"));
  assert.equal(world.join("ann").connection.types()[0], "welcome");
});
