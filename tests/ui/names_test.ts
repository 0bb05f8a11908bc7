import assert from "node:assert/strict";
import { idProblem, nameProblem, normaliseId } from "../../ui/web/state/names.ts";
import { randomRoomName } from "../../ui/web/state/room_names.ts";
import { isName } from "../../transport/protocol/mod.ts";

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

Deno.test("a new room's name is two words and eight characters that are hard to guess", () => {
  const names = new Set(Array.from({ length: 500 }, () => randomRoomName()));
  assert.equal(names.size, 500);
  for (const name of names) {
    assert.match(name, /^[a-z]+-[a-z]+-[0-9a-hjkmnp-tv-z]{4}-[0-9a-hjkmnp-tv-z]{4}$/);
    assert.ok(isName(name));
  }
});

Deno.test("every random byte picks a word and a digit", () => {
  for (const byte of [0, 63, 64, 255]) {
    assert.match(randomRoomName((bytes) => void bytes.fill(byte)), /^\w+-\w+-\w{4}-\w{4}$/);
  }
});
