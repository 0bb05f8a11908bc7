/** The table of error codes, as each side of a connection derives its codes from it. */
import assert from "node:assert/strict";
import { ERROR_CODES } from "../../../transport/errors.ts";
import {
  CLOSE_CODES,
  closeCodeOfLastWord,
  errorOfCloseCode,
  lastWordOf,
  ownCloseCode,
} from "../../../transport/protocol/mod.ts";

const OWN = [
  ["peer-id-taken", 4403],
  ["rate-limited", 4429],
  ["replaced", 4409],
  ["room-full", 4413],
  ["shutting-down", 4503],
] as const;

Deno.test("five errors have a close code of their own, and each code names its error", () => {
  const found = ERROR_CODES.map((code) => [code, ownCloseCode(code)])
    .filter(([, closeCode]) => closeCode !== null);
  assert.deepEqual(found, OWN);
  for (const [code, closeCode] of OWN) assert.equal(errorOfCloseCode(closeCode), code);
});

Deno.test("a close for a broken contract counts as a bad request", () => {
  assert.equal(errorOfCloseCode(CLOSE_CODES.protocolError), "bad-request");
});

Deno.test("other close codes name no error", () => {
  const { timedOut, abandoned } = CLOSE_CODES;
  for (const closeCode of [1000, 1001, 1006, 1011, timedOut, abandoned, 4000, 4999]) {
    assert.equal(errorOfCloseCode(closeCode), null, String(closeCode));
  }
});

Deno.test("two errors are told in a frame where a connection has no close code", () => {
  const found = ERROR_CODES.map((code) => [code, closeCodeOfLastWord(code)])
    .filter(([, closeCode]) => closeCode !== null);
  assert.deepEqual(found, [["replaced", 4409], ["shutting-down", 4503]]);
  for (const closeCode of [...Object.values(CLOSE_CODES), 1000, 1006, 1011]) {
    const code = lastWordOf(closeCode);
    if (code !== null) assert.equal(closeCodeOfLastWord(code), closeCode);
  }
  assert.equal(lastWordOf(4409), "replaced");
  assert.equal(lastWordOf(4503), "shutting-down");
  assert.equal(lastWordOf(4413), null);
});
