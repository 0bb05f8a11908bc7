import assert from "node:assert/strict";
import { sizeWords } from "../../../ui/words/text_size.ts";

Deno.test("the size of a text is told only when it nears the limit, in bytes of UTF-8", () => {
  assert.equal(sizeWords("x".repeat(48_000)), "");
  assert.equal(sizeWords("x".repeat(60 * 1024)), "60.0 of 64 KiB");
  assert.equal(sizeWords("é".repeat(32 * 1024)), "64.0 of 64 KiB");
});
