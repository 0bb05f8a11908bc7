import assert from "node:assert/strict";
import { IncomingRate } from "../../../server/limits/incoming_rate.ts";
import { FakeClock } from "../../fakes/clock.ts";

const MEGABYTE = 1024 * 1024;

Deno.test("a megabyte may come at once, and eight a second", async () => {
  const clock = new FakeClock();
  const rate = new IncomingRate(clock);
  assert.equal(rate.delayMs("a", { bytes: MEGABYTE, frames: 0 }), 3);
  assert.equal(rate.delayMs("b", { bytes: 1_000, frames: 1 }), 0, "others are not held up");
  for (let n = 0; n < 80; n++) {
    await clock.advance(100);
    assert.ok(rate.delayMs("a", { bytes: 800_000, frames: 0 }) <= 5);
  }
});

Deno.test("many frames cost more than their bytes", () => {
  const rate = new IncomingRate(new FakeClock());
  assert.equal(rate.delayMs("a", { bytes: 6, frames: 1 }), 0);
  assert.ok(rate.delayMs("a", { bytes: 60_000, frames: 10_000 }) > 150);
});
