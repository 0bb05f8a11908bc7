/** Values that the wire takes and refuses: names, texts, times, joins, bodies and whole frames. */
import assert from "node:assert/strict";
import { ProtocolError } from "../../../transport/errors.ts";
import {
  checkMemberFrame,
  describeIssue,
  isName,
  joinQuery,
  LIMITS,
  messageId,
  messageText,
  parseMemberFrame,
  parsePeerFrame,
  sendBody,
  textProblem,
  timestamp,
} from "../../../transport/protocol/mod.ts";

const goat = "🐐";

function chat(payload: unknown): string {
  return JSON.stringify({ type: "chat", payload });
}

function refused(run: () => unknown): ProtocolError {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof ProtocolError, `${thrown}`);
  return thrown;
}

// Names

for (
  const name of [
    "a",
    "x".repeat(64),
    goat.repeat(64),
    " padded ",
    "<script>alert(1)</script>",
    "Zoë & Søn / 4%",
    "e\u0301".repeat(32),
    "👩‍👩‍👧‍👦",
    "\u202eevil",
  ]
) {
  Deno.test(`${JSON.stringify(name).slice(0, 40)} is a name`, () => assert.ok(isName(name)));
}

for (
  const [why, name] of [
    ["it is empty", ""],
    ["it has 65 characters", "x".repeat(65)],
    ["it has 65 code points outside the BMP", goat.repeat(65)],
    ["it is only blanks", " \u00a0\u3000"],
    ["it has a line break", "a\nb"],
    ["it has a NUL", "a\0"],
    ["it has a DEL", "a\u007f"],
    ["it has a C1 control", "a\u0085"],
    ["it has a line separator", "a\u2028b"],
    ["it has half a surrogate pair", "a\ud83d"],
  ] as const
) {
  Deno.test(`${JSON.stringify(name).slice(0, 24)} is no name: ${why}`, () => {
    assert.equal(isName(name), false);
  });
}

// Texts

for (
  const [what, text] of [
    ["64 KiB of ASCII", "x".repeat(65_536)],
    ["64 KiB in characters of two bytes", "é".repeat(32_768)],
    ["64 KiB in characters of three bytes, and one byte", "€".repeat(21_845) + "x"],
    ["64 KiB in characters of four bytes", goat.repeat(16_384)],
    ["64 KiB of quotation marks, which JSON doubles", '"'.repeat(65_536)],
    ["as many control characters as fit once they are escaped", "\u0001".repeat(32_767)],
    ["line breaks and tabs", "a\r\n\tb"],
    ["markup", "<img src=x onerror=alert(1)>"],
  ] as const
) {
  Deno.test(`${what} is a text`, () => {
    assert.equal(textProblem(text), null);
    assert.equal(messageText.parse(text), text);
    const frame = chat({ id: "m", text, name: goat.repeat(64), sent_at: 1_795_000_000.123456 });
    assert.equal(parseMemberFrame(frame).type, "chat");
    assert.ok(new TextEncoder().encode(frame).length <= LIMITS.frameChars);
  });
}

for (
  const [what, text, problem] of [
    ["nothing", "", /empty/],
    ["a byte above 64 KiB of ASCII", "x".repeat(65_537), /64 KiB/],
    ["a byte above 64 KiB in characters of two bytes", "é".repeat(32_768) + "x", /64 KiB/],
    ["a byte above 64 KiB in characters of three bytes", "€".repeat(21_845) + "é", /64 KiB/],
    ["a byte above 64 KiB in characters of four bytes", goat.repeat(16_384) + "x", /64 KiB/],
    ["control characters that JSON makes six times as large", "\u0001".repeat(40_000), /control/],
    ["a NUL", "a\0b", /NUL/],
    ["half a surrogate pair", "a\udc10b", /surrogate/],
  ] as const
) {
  Deno.test(`${what} is no text`, () => {
    const found = textProblem(text);
    assert.match(found?.words ?? "", problem);
    assert.equal(found?.code, problem.test("64 KiB") ? "text-too-large" : "bad-request");
    const { code, message } = refused(() => parseMemberFrame(chat({ id: "m", text })));
    assert.equal(code, "bad-frame");
    assert.match(message, /^Frame "chat": payload\.text: /);
  });
}

// Ids, times, joins, bodies

Deno.test("a message id is 1 to 64 of letters, digits, _ and -", () => {
  for (const id of ["a", "A_-9", "x".repeat(64)]) assert.ok(messageId.safeParse(id).success, id);
  for (const id of ["", "x".repeat(65), "a b", "ä", "a/b", "a\n", 7, null]) {
    assert.ok(!messageId.safeParse(id).success, String(id));
  }
});

Deno.test("a timestamp is a number of seconds that microseconds can hold", () => {
  for (const time of [0, 1_795_000_000.123456]) assert.ok(timestamp.safeParse(time).success);
  for (const time of [-1, NaN, Infinity, 9_007_199_254, "1", null]) {
    assert.ok(!timestamp.safeParse(time).success, String(time));
  }
});

Deno.test("an older client joins with a room and a peer id alone", () => {
  assert.ok(joinQuery.safeParse({ room: "r", peer_id: "p" }).success);
});

for (
  const query of [
    { room: "r" },
    { room: "r", peer_id: "" },
    { room: "", peer_id: "p" },
    { room: "r", peer_id: "p", name: "\n" },
    { room: "r", peer_id: "p", token: "short" },
    { room: "r", peer_id: "p", token: "x".repeat(129) },
    { room: "r", peer_id: "p", instance: "a b" },
    { room: "r", peer_id: "p", protocol: "one" },
  ]
) {
  Deno.test(`nobody joins with ${JSON.stringify(query).slice(0, 60)}`, () => {
    const result = joinQuery.safeParse(query);
    assert.ok(!result.success);
    assert.match(describeIssue(result.error), /^(room|peer_id|name|token|instance|protocol): /);
  });
}

Deno.test("POST /send takes room, peer_id and text, and names what is missing", () => {
  assert.ok(sendBody.safeParse({ room: "r", peer_id: "p", text: "hi" }).success);
  for (const key of ["room", "peer_id", "text"]) {
    const body: Record<string, unknown> = { room: "r", peer_id: "p", text: "hi", [key]: undefined };
    const result = sendBody.safeParse(body);
    assert.ok(!result.success);
    assert.match(describeIssue(result.error), new RegExp(`^${key}: must be`));
  }
});

// Whole frames

for (
  const [what, text] of [
    ["nothing", ""],
    ["half a frame", '{"type":"ping"'],
    ["a number", "7"],
    ["null", "null"],
    ["an array", '["ping"]'],
    ["an object without a type", '{"payload":1}'],
    ["a type that is a number", '{"type":1}'],
  ] as const
) {
  Deno.test(`${what} is no frame, on either side`, () => {
    assert.equal(refused(() => parseMemberFrame(text)).code, "bad-frame");
    assert.equal(refused(() => parsePeerFrame(text)).code, "bad-frame");
  });
}

Deno.test("a frame of 256 Ki characters is taken, one more is refused on both sides", () => {
  const around = JSON.stringify({ type: "relay", peer_id: "p", payload: "" }).length;
  const frame = (chars: number) =>
    JSON.stringify({ type: "relay", peer_id: "p", payload: "x".repeat(chars - around) });
  assert.equal(parseMemberFrame(frame(LIMITS.frameChars)).type, "relay");
  assert.equal(parsePeerFrame(frame(LIMITS.frameChars))?.type, "relay");
  const tooLarge = frame(LIMITS.frameChars + 1);
  assert.equal(refused(() => parseMemberFrame(tooLarge)).code, "frame-too-large");
  assert.equal(refused(() => parsePeerFrame(tooLarge)).code, "frame-too-large");
});

Deno.test("a node refuses a type that it does not know and names no more than its beginning", () => {
  const { code, message } = refused(() => parseMemberFrame(`{"type":"${"x".repeat(1_000)}"}`));
  assert.equal(code, "unknown-type");
  assert.ok(message.length < 100);
});

Deno.test("a session ignores a type that it does not know", () => {
  assert.equal(parsePeerFrame('{"type":"tomorrow","payload":{}}'), null);
});

Deno.test("members of every object's prototype are no types", () => {
  for (const type of ["toString", "__proto__", "constructor"]) {
    assert.equal(refused(() => parseMemberFrame(JSON.stringify({ type }))).code, "unknown-type");
    assert.equal(parsePeerFrame(JSON.stringify({ type })), null);
  }
});

Deno.test("fields that a schema does not know are dropped, those of a payload that is passed on stay", () => {
  const frame = { type: "relay", peer_id: "liar", extra: 1, payload: { extra: { deep: [1] } } };
  assert.deepEqual(checkMemberFrame(frame), { type: "relay", payload: { extra: { deep: [1] } } });
  const parsed = parsePeerFrame('{"type":"ack","payload":{"id":"m","timestamp":1,"extra":2}}');
  assert.deepEqual(parsed, { type: "ack", payload: { id: "m", timestamp: 1 } });
});

for (const type of ["welcome", "peer_joined", "peer_left", "ack", "error"]) {
  Deno.test(`a member cannot send "${type}", which only a node says`, () => {
    assert.equal(refused(() => parseMemberFrame(JSON.stringify({ type }))).code, "unknown-type");
  });
}

Deno.test("a bad payload is refused with the path to what is wrong", () => {
  const frame = JSON.stringify({ type: "history", payload: { request: 1, limit: 201 } });
  assert.match(
    refused(() => parseMemberFrame(frame)).message,
    /^Frame "history": payload\.limit: /,
  );
});

Deno.test("why a peer left is told, and what this version does not know means that it said goodbye", () => {
  const left = (payload?: unknown) =>
    parsePeerFrame(JSON.stringify({ type: "peer_left", peer_id: "p", payload }));
  assert.deepEqual(left({ reason: "lost" }), {
    type: "peer_left",
    peer_id: "p",
    payload: { reason: "lost" },
  });
  for (const payload of [{ reason: "abducted" }, {}, [], 7, null]) {
    assert.deepEqual(left(payload), {
      type: "peer_left",
      peer_id: "p",
      payload: { reason: "left" },
    });
  }
});

Deno.test("a description of more than 32 KiB is refused by a session", () => {
  const frame = (sdp: string) =>
    JSON.stringify({ type: "offer", peer_id: "p", payload: { type: "offer", sdp } });
  assert.equal(parsePeerFrame(frame("x".repeat(32_768)))?.type, "offer");
  assert.equal(refused(() => parsePeerFrame(frame("x".repeat(32_769)))).code, "bad-frame");
});

Deno.test("a receipt names 500 messages at most", () => {
  const frame = (count: number) =>
    JSON.stringify({ type: "receipt", peer_id: "p", payload: { ids: Array(count).fill("m") } });
  assert.equal(parsePeerFrame(frame(500))?.type, "receipt");
  assert.equal(refused(() => parsePeerFrame(frame(501))).code, "bad-frame");
});
