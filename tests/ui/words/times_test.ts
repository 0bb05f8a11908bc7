import assert from "node:assert/strict";
import { countdownWords, dayKey, dayWords, momentWords } from "../../../ui/words/times.ts";

const NOON = new Date(2026, 2, 3, 12).getTime();
const DAY_MS = 24 * 3_600_000;

Deno.test("countdowns are told in whole seconds", () => {
  assert.equal(countdownWords(1000, 2000), "now");
  assert.equal(countdownWords(1000, 1), "in 1 second");
  assert.equal(countdownWords(5001, 1), "in 5 seconds");
});

Deno.test("a day is told by how far it is: by a word, by its weekday, or with its year", () => {
  assert.equal(dayWords(NOON, NOON), "Today");
  assert.equal(dayWords(NOON - DAY_MS, NOON), "Yesterday");
  assert.equal(dayWords(NOON - 2 * DAY_MS, NOON), "Sunday 1 March");
  assert.equal(dayWords(NOON - 365 * DAY_MS, NOON), "3 March 2025");
});

Deno.test("a day ends at local midnight", () => {
  const midnight = new Date(2026, 2, 4).getTime();
  assert.equal(dayKey(midnight - 1), dayKey(NOON));
  assert.notEqual(dayKey(midnight), dayKey(NOON));
});

Deno.test("a moment of another day is told with its day", () => {
  assert.doesNotMatch(momentWords(NOON, NOON), /,/);
  assert.match(momentWords(NOON - DAY_MS, NOON), /^Yesterday, /);
});
