/** How long an uplink without a connection waits before it tries again. */
import assert from "node:assert/strict";
import { FakeClock } from "../../fakes/clock.ts";
import { Retry } from "../../../transport/uplink/retry.ts";

/** A retry that always draws the longest pause, with the times at which it ran. */
function world() {
  const clock = new FakeClock();
  const ran: number[] = [];
  const retry = new Retry({ clock, random: () => 1, run: () => ran.push(clock.now()) });
  const pauses = (count: number) =>
    Array.from({ length: count }, () => {
      const pauseMs = retry.plan({ isAtOnce: false });
      retry.cancel();
      return pauseMs;
    });
  return { clock, retry, ran, pauses };
}

Deno.test("pauses double from a quarter of a second up to ten", () => {
  const { pauses } = world();
  assert.deepEqual(pauses(8), [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
});

Deno.test("each pause is drawn between half of the longest and all of it", () => {
  const retry = new Retry({ clock: new FakeClock(), random: () => 0, run() {} });
  assert.equal(retry.plan({ isAtOnce: false }), 125);
});

Deno.test("retry runs once, after its pause, and not when it was cancelled", async () => {
  const { clock, retry, ran } = world();
  retry.plan({ isAtOnce: false });
  assert.equal(retry.isPlanned, true);
  await clock.advance(1_000);
  assert.deepEqual(ran, [250]);
  assert.equal(retry.isPlanned, false);
  retry.plan({ isAtOnce: false });
  retry.cancel();
  await clock.advance(10_000);
  assert.deepEqual(ran, [250]);
  assert.equal(clock.pending, 0);
});

Deno.test("retry at once counts: the next pause is longer", () => {
  const { retry, pauses } = world();
  assert.equal(retry.isFresh, true);
  assert.equal(retry.plan({ isAtOnce: true }), 0);
  retry.cancel();
  assert.equal(retry.isFresh, false);
  assert.deepEqual(pauses(1), [500]);
});

Deno.test("the backoff starts afresh after a connection of five seconds, not after a shorter one", () => {
  const { clock, retry, pauses } = world();
  pauses(3);
  retry.opened();
  clock.stall(4_999);
  retry.closed();
  assert.deepEqual(pauses(1), [2_000]);
  retry.opened();
  clock.stall(5_000);
  retry.closed();
  assert.deepEqual(pauses(1), [250]);
});
