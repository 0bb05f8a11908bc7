import assert from "node:assert/strict";
import { isName } from "../../../transport/protocol/mod.ts";
import { randomRoomName } from "../../../ui/links/room_names.ts";

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
