import assert from "node:assert/strict";
import { closeCodeOf, closeReason, errorBody, statusOf } from "../../server/errors.ts";
import { ERROR_CODES, ProtocolError, UserError } from "../../transport/errors.ts";

Deno.test("every code has an error status and a close code that applications may use", () => {
  for (const code of ERROR_CODES) {
    assert(statusOf(code) >= 400 && statusOf(code) < 600, code);
    const close = closeCodeOf(code);
    assert(close === 1011 || (close >= 4000 && close < 5000), code);
  }
});

Deno.test("an error without a close code of its own closes as a broken contract", () => {
  for (const code of ["bad-request", "database-too-new", "lagged", "store-failed"] as const) {
    assert.equal(closeCodeOf(code), 4400);
  }
  assert.equal(closeCodeOf("peer-id-taken"), 4403);
  for (const code of ["internal", "database-damaged"] as const) {
    assert.equal(closeCodeOf(code), 1011);
  }
});

Deno.test("our own errors are told as they are, anything else only as internal", () => {
  assert.deepEqual(errorBody(new UserError("room-full", "Full")), {
    code: "room-full",
    message: "Full",
  });
  assert.equal(errorBody(new ProtocolError("bad-frame", "Bad")).code, "bad-frame");
  const hidden = errorBody(new Error("/etc/secret"));
  assert.equal(hidden.code, "internal");
  assert(!hidden.message.includes("secret"));
});

Deno.test("a close reason fits the 123 bytes of a close frame, whatever it says", () => {
  for (
    const text of ["short", "x".repeat(123), "ä".repeat(200), "🐐".repeat(80), "a€".repeat(90)]
  ) {
    const reason = closeReason(text);
    assert(new TextEncoder().encode(reason).length <= 123);
    assert(reason.isWellFormed());
    assert(text.startsWith(reason.replace(/…$/, "")));
  }
});
