/** Golden frames, properties of every frame, and parsers that survive anything. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ProtocolError } from "../../../transport/errors.ts";
import { plainName } from "../../../transport/protocol/names.ts";
import {
  encodeFrame,
  isName,
  LIMITS,
  type MemberFrame,
  messageText,
  parseMemberFrame,
  parsePeerFrame,
  PASSED_ON_TYPES,
  type PeerFrame,
  textProblem,
  timestampFromUs,
  usFromTimestamp,
} from "../../../transport/protocol/mod.ts";
import { memberTypes, peerTypes } from "./frame_types.ts";
import memberGolden from "./golden/member_frames.json" with { type: "json" };
import peerGolden from "./golden/peer_frames.json" with { type: "json" };

for (const frame of memberGolden) {
  Deno.test(`the node reads ${JSON.stringify(frame).slice(0, 70)} as it was written`, () => {
    const parsed = parseMemberFrame(JSON.stringify(frame));
    assert.deepEqual(parsed, frame);
    assert.equal(encodeFrame(parsed), JSON.stringify(frame));
  });
}

for (const frame of peerGolden) {
  Deno.test(`a session reads ${JSON.stringify(frame).slice(0, 70)} as it was written`, () => {
    const parsed = parsePeerFrame(JSON.stringify(frame));
    assert.ok(parsed);
    assert.deepEqual(parsed, frame);
    assert.equal(encodeFrame(parsed), JSON.stringify(frame));
  });
}

Deno.test("every type of frame has a golden example", () => {
  assert.deepEqual(new Set(memberGolden.map(({ type }) => type)), new Set(memberTypes));
  assert.deepEqual(new Set(peerGolden.map(({ type }) => type)), new Set(peerTypes));
});

// parse(encode(x)) = x

const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 64 }),
  fc.string({ unit: "binary", minLength: 1, maxLength: 64 }),
).map(plainName).filter(isName);
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const text = fc.string({ unit: "binary", minLength: 1, maxLength: 200 })
  .filter((drawn) => textProblem(drawn) === null);
const time = fc.integer({ min: 0, max: 4_294_967_295_999_999 }).map(timestampFromUs);
const tier = fc.constantFrom("webrtc-stun", "webrtc-turn", "websocket", "http-polling", "lan");

function optional<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined });
}

/** A record without its undefined fields, as in JSON. */
function record(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  return fc.record(fields).map((drawn) =>
    Object.fromEntries(Object.entries(drawn).filter(([, value]) => value !== undefined))
  );
}

const chat = { id, text, name: optional(name), sent_at: optional(fc.option(time)) };
const ping = optional(record({ t: optional(fc.integer()), latest: optional(time) }));
const info = record({ peer_id: name, name, tier, instance: id, joined_at: time });
const stored = record({ id, peer_id: name, name, text, sent_at: fc.option(time), timestamp: time });

function frame(type: string, fields: Record<string, fc.Arbitrary<unknown>>) {
  return record({ type: fc.constant(type), ...fields });
}

const anyJson = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)));

/** Signals hold what a negotiation needs, and fields that a later version may add. */
function passedOnPayload(type: typeof PASSED_ON_TYPES[number]): fc.Arbitrary<unknown> {
  if (type === "offer" || type === "answer") return record({ sdp: text, later: anyJson });
  if (type !== "ice") return anyJson;
  return fc.option(record({ candidate: optional(fc.option(text)), later: anyJson }));
}

const memberFrames = fc.oneof(
  frame("chat", { payload: record(chat) }),
  frame("history", {
    payload: record({
      request: fc.integer(),
      since: optional(time),
      before: optional(time),
      limit: optional(fc.integer({ min: 1, max: LIMITS.historyFrameRows })),
    }),
  }),
  frame("ping", { payload: ping }),
  frame("pong", { payload: ping }),
  frame("leave", {}),
  fc.constantFrom(...PASSED_ON_TYPES).chain((type) =>
    frame(type, { payload: passedOnPayload(type), target_peer_id: optional(name) })
  ),
) as fc.Arbitrary<MemberFrame>;

const leaveReason = fc.constantFrom("left", "lost", "timed-out");
const passedOn = { peer_id: name, target_peer_id: optional(name) };
const ends = { from: optional(id), to: optional(id) };
const description = (type: string) => record({ type: fc.constant(type), sdp: text, ...ends });

const peerFrames = fc.oneof(
  frame("chat", {
    peer_id: name,
    payload: record({ ...chat, timestamp: optional(time), prev: optional(time) }),
  }),
  frame("ack", { payload: record({ id, timestamp: time, prev: optional(time) }) }),
  frame("peer_joined", { peer_id: name, payload: info }),
  frame("peer_updated", { peer_id: name, payload: info }),
  frame("peer_left", { peer_id: name, payload: record({ reason: leaveReason }) }),
  frame("history", {
    payload: record({
      request: fc.integer(),
      messages: fc.array(stored, { maxLength: 5 }),
      more: fc.boolean(),
    }),
  }),
  frame("offer", { ...passedOn, payload: description("offer") }),
  frame("answer", { ...passedOn, payload: description("answer") }),
  frame("ice", {
    ...passedOn,
    payload: record({
      candidate: optional(text),
      sdpMid: optional(fc.option(text)),
      sdpMLineIndex: optional(fc.option(fc.nat())),
      usernameFragment: optional(fc.option(text)),
      ...ends,
    }),
  }),
  frame("typing", { ...passedOn, payload: record({ typing: fc.boolean() }) }),
  frame("receipt", { ...passedOn, payload: record({ ids: fc.array(id, { maxLength: 20 }) }) }),
  frame("ping", { payload: ping }),
) as fc.Arbitrary<PeerFrame>;

Deno.test("what a member sends is what the node reads", () => {
  fc.assert(fc.property(memberFrames, (sent) => {
    assert.deepEqual(parseMemberFrame(encodeFrame(sent)), sent);
  }));
});

Deno.test("what a node sends is what a session reads", () => {
  fc.assert(fc.property(peerFrames, (sent) => {
    assert.deepEqual(parsePeerFrame(encodeFrame(sent)), sent);
  }));
});

// Time

Deno.test("every microsecond until the year 2106 survives the wire", () => {
  const untilUs = 4_294_967_296_000_000;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: untilUs - 1 }), (us) => {
      const wire = JSON.stringify(timestampFromUs(us));
      assert.equal(usFromTimestamp(JSON.parse(wire)), us);
      assert.ok(timestampFromUs(us) < timestampFromUs(us + 1), "two microseconds are one number");
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("a timestamp has no more digits on the wire than its microseconds", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 4_294_967_295_999_999 }), (us) => {
    assert.match(JSON.stringify(timestampFromUs(us)), /^\d+(\.\d{1,6})?$|^\d(\.\d+)?e-\d$/);
  }));
});

// Any input

/** Asserts that only a ProtocolError comes out, with a message that a frame can carry. */
function survives(input: string): void {
  for (const parse of [parseMemberFrame, parsePeerFrame]) {
    try {
      parse(input);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, `${error}`);
      assert.ok(error.message.length < 1_000, error.message);
    }
  }
}

Deno.test("the parsers survive random characters", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), survives), { numRuns: 1_000 });
});

Deno.test("the parsers survive random bytes", () => {
  const decoder = new TextDecoder();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => survives(decoder.decode(bytes))),
    { numRuns: 1_000 },
  );
});

Deno.test("the parsers survive random JSON", () => {
  fc.assert(fc.property(fc.json(), survives), { numRuns: 1_000 });
});

const knownType = fc.constantFrom(...new Set([...memberTypes, ...peerTypes, "__proto__"]));

Deno.test("the parsers survive random payloads of every type", () => {
  const frames = fc.record({ type: knownType, peer_id: fc.jsonValue(), payload: fc.jsonValue() });
  fc.assert(fc.property(frames, (drawn) => survives(JSON.stringify(drawn))), { numRuns: 2_000 });
});

Deno.test("the parsers survive a sound frame with one field replaced", () => {
  const sound = fc.oneof(memberFrames, peerFrames);
  fc.assert(
    fc.property(sound, fc.nat(), fc.jsonValue(), (drawn, at, value) => {
      const paths = pathsOf(drawn);
      survives(JSON.stringify(replaced(drawn, paths[at % paths.length] ?? [], value)));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("the parsers survive a sound frame that was cut off", () => {
  fc.assert(fc.property(fc.oneof(memberFrames, peerFrames), fc.nat(), (drawn, at) => {
    const text = encodeFrame(drawn);
    survives(text.slice(0, at % text.length));
  }));
});

Deno.test("the parsers survive JSON that is nested as deeply as a frame can be", () => {
  const depth = Math.floor(LIMITS.frameChars / 2) - 40;
  const nested = "[".repeat(depth) + "]".repeat(depth);
  for (const type of ["relay", "chat", "welcome", "tomorrow"]) {
    survives(`{"type":"${type}","payload":${nested}}`);
  }
});

Deno.test("whatever is taken as a text fits its frame", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 500 }), (drawn) => {
    assert.equal(messageText.safeParse(drawn).success, textProblem(drawn) === null);
  }));
});

/** The paths of `value` and of everything in it. */
function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))];
}

function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== "object" || value === null) return by;
  const copy: Record<string, unknown> = { ...value };
  copy[key] = replaced(copy[key], rest, by);
  return Array.isArray(value) ? Object.values(copy) : copy;
}
