/** Tests the failures that the verdict reports. */
import assert from "node:assert/strict";
import type { Outcome } from "./measure.ts";
import { whatFails } from "./verdict.ts";

const canary = { p50: 2, p99: 20, sent: 600, lost: 0, unacknowledged: 0 };
const stood: Outcome = {
  ...{ isUp: true, canJoin: true, canary, descriptors: 900 },
  ...{ residentBeforeBytes: 100e6, residentBytes: 300e6, residentAfterBytes: 120e6 },
};
const alone = { attacks: 1, seconds: 60 };

Deno.test("an attack within all bounds is stood", () => {
  assert.deepEqual(whatFails(stood, alone), []);
});

const failures: [Partial<Outcome>, RegExp][] = [
  [{ isUp: false }, /down/],
  [{ canJoin: false }, /join/],
  [{ canary: { ...canary, lost: 1 } }, /1 acknowledged messages are lost/],
  [{ canary: { ...canary, unacknowledged: 1 } }, /not acknowledged/],
  [{ canary: { ...canary, p99: 60 } }, /p99/],
  [{ canary: { ...canary, p99: NaN } }, /p99/],
  [{ residentBytes: 401e6 }, /it held/],
  [{ residentBytes: NaN }, /it held/],
  [{ residentAfterBytes: 350e6 }, /after the attack/],
  [{ residentAfterBytes: NaN }, /after the attack/],
];

for (const [part, sentence] of failures) {
  Deno.test(`an attack that leaves ${JSON.stringify(part)} is not stood`, () => {
    const found = whatFails({ ...stood, ...part }, alone);
    assert.equal(found.length, 1);
    assert.match(found[0]!, sentence);
  });
}

Deno.test("how long messages take is judged of a minute, and of one attack", () => {
  const slow = { ...stood, canary: { ...canary, p99: 400, unacknowledged: 3 } };
  assert.deepEqual(whatFails(slow, { attacks: 12, seconds: 600 }), []);
  const short = { ...stood, canary: { ...canary, p99: 400 } };
  assert.deepEqual(whatFails(short, { attacks: 1, seconds: 3 }), []);
});

Deno.test("when all attack at once some message has to arrive", () => {
  const silent = { ...stood, canary: { ...canary, unacknowledged: 600 } };
  assert.equal(whatFails(silent, { attacks: 12, seconds: 600 }).length, 1);
});
