import assert from "node:assert/strict";
import { addressKey } from "../../../server/limits/by_address.ts";
import { RateLimit } from "../../../server/limits/rate_limit.ts";
import { FakeClock } from "../../fakes/clock.ts";

function takeAll(limit: RateLimit, address: string): number {
  let taken = 0;
  while (limit.bucket(address).take()) taken++;
  return taken;
}

Deno.test("an address gets four seconds' worth at once, then its rate", async () => {
  const clock = new FakeClock();
  const limit = new RateLimit(100, clock);
  assert.equal(takeAll(limit, "192.0.2.1"), 400);
  await clock.advance(500);
  assert.equal(takeAll(limit, "192.0.2.1"), 50);
  await clock.advance(60_000);
  assert.equal(takeAll(limit, "192.0.2.1"), 400);
});

Deno.test("each address has its own bucket", () => {
  const limit = new RateLimit(1, new FakeClock());
  assert.equal(takeAll(limit, "192.0.2.1"), 4);
  assert.equal(takeAll(limit, "192.0.2.2"), 4);
});

Deno.test("a limit of 0 lets everything through", () => {
  const bucket = new RateLimit(0, new FakeClock()).bucket("192.0.2.1");
  for (let i = 0; i < 10_000; i++) assert(bucket.take());
});

Deno.test("an empty bucket says when to come back", () => {
  const limit = new RateLimit(2, new FakeClock());
  takeAll(limit, "192.0.2.1");
  assert.equal(limit.bucket("192.0.2.1").retryAfterSeconds(), 1);
});

Deno.test("remembering many addresses has an end", () => {
  const limit = new RateLimit(1, new FakeClock());
  takeAll(limit, "first");
  for (let i = 0; i < 10_000; i++) limit.bucket(`198.51.100.${i}`);
  assert.equal(takeAll(limit, "first"), 4, "the oldest is forgotten");
});

Deno.test("IPv6 addresses of one network share a bucket, IPv4 ones share it in both spellings", () => {
  assert.equal(addressKey("::ffff:192.0.2.1"), addressKey("192.0.2.1"));
  assert.equal(addressKey("2001:db8:1:2::1"), addressKey("2001:0db8:1:2:ffff:1:2:3"));
  assert.notEqual(addressKey("2001:db8:1:2::1"), addressKey("2001:db8:1:3::1"));
  assert.equal(addressKey("::1"), addressKey("::2"));
  assert.equal(addressKey("fe80::1%eth0"), addressKey("fe80::2"));
});

Deno.test("what an answer costs of the thread is charged, and is an eighth of it at most", async () => {
  const clock = new FakeClock();
  const bucket = new RateLimit(100, clock).bucket("192.0.2.1");
  for (let n = 0; n < 10; n++) bucket.charge(50);
  assert.equal(bucket.take(), false, "half a second is four seconds' worth");
  await clock.advance(10);
  assert.equal(bucket.take(), true);
  for (let n = 0; n < 100; n++) bucket.charge(5_000);
  await clock.advance(1_010);
  assert.equal(bucket.take(), true, "nobody owes more than a second's worth");
});
