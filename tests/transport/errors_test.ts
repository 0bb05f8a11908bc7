/** The two public errors and their codes. */
import assert from "node:assert/strict";
import { ERROR_CODES, isPublicError, ProtocolError, UserError } from "../../transport/errors.ts";

Deno.test("error codes are unique, sorted and lowercase words with hyphens", () => {
  assert.deepEqual([...ERROR_CODES], [...new Set(ERROR_CODES)].sort());
  for (const code of ERROR_CODES) assert.match(code, /^[a-z]+(-[a-z]+)*$/);
});

for (const PublicError of [ProtocolError, UserError]) {
  Deno.test(`a ${PublicError.name} carries its code, its sentence and its cause`, () => {
    const cause = new Error("disk");
    const error = new PublicError("store-failed", "The disk is full", { cause });
    assert.ok(error instanceof Error);
    assert.equal(error.name, PublicError.name);
    assert.equal(error.code, "store-failed");
    assert.equal(error.message, "The disk is full");
    assert.equal(error.cause, cause);
    assert.ok(isPublicError(error));
  });
}

for (
  const thrown of [new Error("x"), new TypeError("x"), "text", null, undefined, {
    code: "internal",
  }]
) {
  Deno.test(`${thrown instanceof Error ? thrown.name : JSON.stringify(thrown)} is not public`, () => {
    assert.equal(isPublicError(thrown), false);
  });
}
