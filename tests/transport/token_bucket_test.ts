import assert from "node:assert/strict";
import * as fc from "fast-check";
import { TokenBucket } from "../../transport/token_bucket.ts";
import { FakeClock } from "../fakes/clock.ts";

function takeAll(bucket: TokenBucket): number {
  let taken = 0;
  while (bucket.take()) taken++;
  return taken;
}

Deno.test("a new bucket is full, and is never more than full", async () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ perSecond: 10, burst: 16 }, clock);
  assert.equal(takeAll(bucket), 16);
  await clock.advance(60_000);
  assert.equal(takeAll(bucket), 16);
});

Deno.test("tokens come back at the rate", async () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ perSecond: 10, burst: 16 }, clock);
  takeAll(bucket);
  await clock.advance(99);
  assert.equal(bucket.take(), false);
  await clock.advance(1);
  assert.equal(takeAll(bucket), 1);
  await clock.advance(500);
  assert.equal(takeAll(bucket), 5);
});

Deno.test("too few tokens stay in the bucket", () => {
  const bucket = new TokenBucket({ perSecond: 1, burst: 5 }, new FakeClock());
  assert.equal(bucket.take(6), false);
  assert.equal(bucket.has(5), true);
  assert.equal(bucket.has(6), false);
  assert.equal(bucket.take(5), true);
});

Deno.test("a charge makes debts, as high as allowed, and they are paid first", async () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ perSecond: 2, burst: 4 }, clock);
  bucket.charge(1_000, 2);
  assert.equal(bucket.waitMs(0), 1_000);
  assert.equal(bucket.waitMs(1), 1_500);
  await clock.advance(1_499);
  assert.equal(bucket.take(), false);
  await clock.advance(1);
  assert.equal(bucket.take(), true);
});

Deno.test("without a highest debt, everything that is charged is owed", () => {
  const bucket = new TokenBucket({ perSecond: 2, burst: 4 }, new FakeClock());
  bucket.charge(1_004);
  assert.equal(bucket.waitMs(0), 500_000);
});

Deno.test("there is no wait for tokens that are there", () => {
  const bucket = new TokenBucket({ perSecond: 2, burst: 4 }, new FakeClock());
  assert.equal(bucket.waitMs(4), 0);
});

Deno.test("no more is taken in any time than the burst and the rate allow", async () => {
  const steps = fc.array(fc.record({
    restMs: fc.nat(3_000),
    count: fc.integer({ min: 1, max: 8 }),
  }));
  await fc.assert(fc.asyncProperty(steps, async (steps) => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ perSecond: 2, burst: 10 }, clock);
    let taken = 0;
    for (const { restMs, count } of steps) {
      await clock.advance(restMs);
      if (bucket.take(count)) taken += count;
      assert.ok(taken <= 10 + 2 * clock.now() / 1000 + 1e-9);
    }
  }));
});
