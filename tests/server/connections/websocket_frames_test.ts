import assert from "node:assert/strict";
import {
  closeCodeIn,
  closeFrame,
  frameAt,
  frameOf,
  OPCODE,
  unmask,
} from "../../../server/connections/websocket_frames.ts";

/** A client's frame: a frame of the node with a mask. */
function masked(frame: Uint8Array, mask = [1, 2, 3, 4]): Uint8Array {
  const short = frame[1]!;
  const headBytes = short === 126 ? 4 : short === 127 ? 10 : 2;
  const payload = frame.slice(headBytes).map((byte, index) => byte ^ mask[index & 3]!);
  const head = frame.slice(0, headBytes);
  head[1]! |= 0x80;
  return new Uint8Array([...head, ...mask, ...payload]);
}

for (const length of [0, 1, 125, 126, 65_535, 65_536, 100_000]) {
  Deno.test(`a frame of ${length} bytes is read as it was written, however it comes`, () => {
    const payload = new Uint8Array(length).map((_, index) => index % 251);
    const bytes = new Uint8Array([9, 9, ...masked(frameOf(OPCODE.text, payload))]);
    const headEnd = bytes.length - length;
    for (let end = 2; end < headEnd; end++) assert.equal(frameAt(bytes, { start: 2, end }), null);
    const frame = frameAt(bytes, { start: 2, end: headEnd });
    assert.ok(frame !== null && typeof frame !== "string");
    assert.deepEqual(frame, { opcode: 1, isLast: true, length, payloadAt: headEnd });
    unmask(bytes, frame);
    assert.deepEqual(bytes.subarray(headEnd), payload);
  });
}

for (
  const [what, bytes] of [
    ["without a mask", [0x81, 0x01]],
    ["with an extension", [0xc1, 0x81]],
    ["of an unknown opcode", [0x83, 0x80]],
    ["that steers, in parts", [0x09, 0x80]],
    ["that steers, and is large", [0x89, 0xfe]],
  ] as const
) {
  Deno.test(`a frame ${what} is no client's`, () => {
    const frame = frameAt(new Uint8Array(bytes), { start: 0, end: 2 });
    assert.equal(typeof frame, "string");
  });
}

Deno.test("a length beyond what a computer has is a length", () => {
  const bytes = new Uint8Array([0x81, 0xff, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0]);
  const frame = frameAt(bytes, { start: 0, end: bytes.length });
  assert.ok(frame !== null && typeof frame !== "string" && frame.length > 2 ** 63);
});

Deno.test("a close frame has its code and reason", () => {
  const frame = closeFrame(4409, "grüezi");
  const payload = frame.subarray(2);
  assert.equal(closeCodeIn(payload), 4409);
  assert.equal(new TextDecoder().decode(payload.subarray(2)), "grüezi");
  assert.equal(closeCodeIn(new Uint8Array(0)), 1005);
});
