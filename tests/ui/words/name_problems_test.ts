import assert from "node:assert/strict";
import { idProblem, nameProblem, normaliseId } from "../../../ui/words/name_problems.ts";

Deno.test("rooms and peer ids are trimmed and brought to one form", () => {
  assert.equal(normaliseId("  Zoe\u0308 "), "Zoë");
});

Deno.test("what can't be a name is answered in the wire's words", () => {
  const words =
    "Your name must be 1 to 64 characters, with no control characters and something to see.";
  for (const text of ["", "   ", "\u202e\u200b", "x".repeat(65), "a\u0000b", "\ud800"]) {
    assert.equal(nameProblem(text, "Your name"), words);
    assert.equal(idProblem(text, "Your name"), words);
  }
  for (const text of ["Ann", "🐐".repeat(64), "<script>", " مريم "]) {
    assert.equal(nameProblem(text, "Your name"), null);
    assert.equal(idProblem(text, "Your name"), null);
  }
});

Deno.test("what has nothing to see is no name, and what is seen is all that counts", () => {
  assert.ok(nameProblem("\u3164", "Your name"));
  assert.equal(nameProblem("bob" + "\u200b".repeat(64), "Your name"), null);
  assert.ok(idProblem("bob" + "\u200b".repeat(64), "A room's name"));
});
