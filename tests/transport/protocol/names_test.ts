import assert from "node:assert/strict";
import fc from "fast-check";
import { plainName, shownName } from "../../../transport/protocol/names.ts";
import { displayName, LIMITS, parsePeerFrame } from "../../../transport/protocol/mod.ts";

/** Rows of names that look like the first name of their row. */
const ALIKE: readonly (readonly [name: string, ...others: readonly string[]])[] = [
  [
    "bob",
    ...["bob\u200b", "\u200bbob", "b\u00adob", "bo\u2060b", "\ufeffbob", "bob\u034f", "bob\ufe0f"],
    ...["\u202abob", "\u202ebob\u202c", "\u2066bob\u2069", "bob\u200e", "\u061cbob", "bob\u180e"],
    ...["bob\u200d", "b\u200cob", "bob\u3164", "\u115fbob", "bob\uffa0", "bob\u{e0061}"],
    ...[" bob ", "bob\u00a0", "\u2800bob", "bob\t", "b\u200d\u200c\u200bob"],
  ],
  ["Ann Lee", "Ann  Lee", "Ann\u00a0Lee", "Ann\u3000Lee", "Ann\u200b \u200bLee"],
  ["Zoë", "Zoe\u0308", "Zoe\u200b\u0308", "Zo\u00eb"],
  ["각", "\u1100\u1161\u11a8"],
  ["😀", "😀\ufe0f", "😀\u200d", "\u200d😀"],
  ["🏴", "🏴\u{e0067}\u{e0062}", "🏴\u{e007f}"],
  ["کتاب", "ک\u200dتاب", "کتا\u200cب", "\u200cکتاب"],
  ["राम", "रा\u200dम", "र\u200cाम"],
];

/** Names in which characters that are invisible by themselves have a visible effect. */
const MEANT: readonly string[] = [
  ...["👩‍💻", "👩🏽‍💻", "🏳️‍🌈", "👁️‍🗨️", "👨‍👩‍👧‍👦", "🧑🏻‍❤️‍💋‍🧑🏿", "⛹🏿‍♂️", "❤️", "☎️", "1️⃣", "#️⃣", "😀\ufe0e"],
  "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
  ...["علی‌رضا", "می‌خواهم", "නිශ්‍ශංක", "ශ්‍රී", "क्‍ष", "क्‌ष", "ന്‍", "ᠠ᠋", "ᠨ᠎ᠠ"],
];

for (const [name, ...others] of ALIKE) {
  Deno.test(`${others.length} names that look like ${name} are ${name}`, () => {
    for (const other of [name, ...others]) {
      assert.equal(plainName(other), name, JSON.stringify(other));
    }
  });
}

Deno.test("what changes what is seen stays", () => {
  for (const name of MEANT) assert.equal(plainName(name), name, JSON.stringify(name));
});

Deno.test("what has nothing to see is no name, and is shown as a question mark", () => {
  const nothing = [
    "\u3164",
    "\u115f\u1160",
    "\uffa0",
    "\u2800",
    "\u200b",
    "\u202e",
    "\u034f",
    "   ",
  ];
  for (const text of nothing) {
    assert.equal(plainName(text), "", JSON.stringify(text));
    assert.equal(displayName.safeParse(text).success, false);
    assert.equal(shownName(text), "?");
  }
});

Deno.test("a name is as long as what is seen of it", () => {
  const long = "x".repeat(LIMITS.nameChars);
  assert.equal(displayName.parse(`\u200b${long}\u200b`), long);
  assert.equal(displayName.safeParse(`${long}x`).success, false);
  assert.equal(displayName.safeParse("bob" + "\u200b".repeat(10_000)).success, false);
  assert.equal(displayName.safeParse("b\u0000ob").success, false);
});

Deno.test("a session shows what an older node tells by the same rule, and drops none of it", () => {
  const told = { id: "m1", peer_id: "bob\u200b", text: "Hi", sent_at: null, timestamp: 1 };
  const messages = ["bob\u202e", "\u3164"].map((name) => ({ ...told, name }));
  const payload = { request: 1, more: false, messages };
  const frame = parsePeerFrame(JSON.stringify({ type: "history", payload }));
  assert.ok(frame?.type === "history");
  assert.deepEqual(frame.payload.messages.map(({ name }) => name), ["bob", "?"]);
  assert.equal(frame.payload.messages[0]?.peer_id, "bob\u200b");
});

const odd = fc.constantFrom(
  ..."\u200b\u200c\u200d\ufe0e\ufe0f\u034f\u202e\u2066\u3164\u180b\u180e\u0308\u094d\u093c\u20e3 1#a",
  ...["👩", "💻", "🏽", "❤", "🏴", "\u{e0067}", "\u{e007f}", "क", "ع", "ا", "ᠠ", "\ud83d"],
);
const anyText = fc.oneof(
  fc.array(odd, { maxLength: 40 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary" }),
);

Deno.test("a plain name made plain again is the same, and NFC", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const plain = plainName(text);
      assert.equal(plainName(plain), plain);
      assert.equal(plain.normalize("NFC"), plain);
      assert.equal(shownName(shownName(text)), shownName(text));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("what is taken as a name is plain, and 64 characters at most", () => {
  fc.assert(fc.property(anyText, (text) => {
    const { success, data } = displayName.safeParse(text);
    if (success) assert.ok(plainName(data) === data && [...data].length <= LIMITS.nameChars);
  }));
});
