/** A wall clock that jumps ahead, and which jumps are believed. */
import assert from "node:assert/strict";
import { SteadyClock } from "../../storage/steady_clock.ts";
import { message, withStore } from "./temp_store.ts";

const START_MS = Date.UTC(2026, 5, 1);
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** A wall clock that a test sets, and a clock of passed time that a test moves on. */
class DrivenClock {
  nowMs = 5_000.25;
  aheadMs = 0;
  readonly startMs: number;
  readonly told: string[] = [];
  #looked = Promise.withResolvers<void>();

  constructor(startMs = START_MS) {
    this.startMs = startMs - this.nowMs;
  }

  readonly now = () => this.nowMs;
  readonly epochMs = () => {
    this.#looked.resolve();
    return this.startMs + this.nowMs + this.aheadMs;
  };
  readonly onJump = (line: string) => void this.told.push(line);

  pass(ms: number): void {
    this.nowMs += ms;
  }

  /** Resolves at the next look at this clock. */
  looked(): Promise<void> {
    this.#looked = Promise.withResolvers();
    return this.#looked.promise;
  }
}

function steady(startMs?: number) {
  const wall = new DrivenClock(startMs);
  return { wall, clock: new SteadyClock(wall) };
}

/** Milliseconds that the clock's time differs from the start's plus the time that has passed. */
const offBy = ({ wall, clock }: { wall: DrivenClock; clock: SteadyClock }) =>
  Math.round(clock.epochMs() - wall.startMs - wall.nowMs);

Deno.test("a clock that is adjusted is followed at once, ahead and back", () => {
  const world = steady();
  for (const aheadMs of [0, 300, -20, 50 * MINUTE_MS, -40 * MINUTE_MS, -3 * YEAR_MS]) {
    world.wall.pass(SECOND_MS);
    world.wall.aheadMs = aheadMs;
    assert.equal(offBy(world), aheadMs);
    assert.equal(world.clock.epochMs(), world.wall.epochMs(), "to the microsecond");
    world.wall.aheadMs = 0;
    world.wall.pass(MINUTE_MS);
    offBy(world);
    world.wall.pass(MINUTE_MS);
    assert.equal(offBy(world), 0);
  }
  assert.deepEqual(world.wall.told, []);
});

Deno.test("a jump of more than an hour is believed when it has lasted for a minute", () => {
  const world = steady();
  world.wall.aheadMs = 8 * HOUR_MS;
  assert.equal(offBy(world), 0);
  world.wall.pass(59 * SECOND_MS);
  assert.equal(offBy(world), 0);
  world.wall.pass(SECOND_MS);
  assert.equal(offBy(world), 8 * HOUR_MS);
});

Deno.test("a jump that is taken back, or goes on jumping, is never believed", () => {
  const world = steady();
  for (let index = 1; index < 10; index++) {
    world.wall.aheadMs = index * 3 * HOUR_MS;
    assert.equal(offBy(world), 0);
    world.wall.pass(50 * SECOND_MS);
    assert.equal(offBy(world), 0);
  }
  world.wall.aheadMs = 0;
  assert.equal(offBy(world), 0);
});

Deno.test("a jump of more than a year is never believed, nor one in steps, and told once", () => {
  const world = steady();
  for (let step = 1; step <= 4; step++) {
    world.wall.aheadMs = step * 0.4 * YEAR_MS;
    for (let minute = 0; minute < 3; minute++) {
      world.wall.pass(MINUTE_MS);
      assert.ok(offBy(world) < YEAR_MS, `step ${step}`);
    }
  }
  world.wall.aheadMs = 90 * YEAR_MS;
  world.wall.pass(5 * MINUTE_MS);
  assert.ok(offBy(world) < YEAR_MS);
  assert.equal(world.wall.told.length, 1);
  assert.match(world.wall.told[0]!, /jumped to 2027-.*Set the clock, or restart/);
  const restarted = { wall: world.wall, clock: new SteadyClock(world.wall) };
  assert.equal(offBy(restarted), 90 * YEAR_MS);
});

Deno.test("a clock that was not set at the start is believed once it is", () => {
  const world = steady(Date.UTC(1970, 0, 1));
  world.wall.aheadMs = 56 * YEAR_MS;
  assert.equal(offBy(world), 0);
  world.wall.pass(MINUTE_MS);
  assert.equal(offBy(world), 56 * YEAR_MS);
  assert.deepEqual(world.wall.told, []);
});

Deno.test("messages after a jump to 2116 have the time since the start, in order", () => {
  const wall = new DrivenClock();
  return withStore(async (store) => {
    const stamps: number[] = [];
    for (const aheadMs of [0, 90 * YEAR_MS, 90 * YEAR_MS, 0, -HOUR_MS, 0]) {
      wall.pass(2 * MINUTE_MS);
      wall.aheadMs = aheadMs;
      const result = await store.append(message());
      assert(result.ok);
      stamps.push(result.timestampUs);
    }
    assert.deepEqual(stamps, stamps.toSorted((a, b) => a - b));
    assert.equal(new Set(stamps).size, stamps.length);
    assert.ok(stamps.at(-1)! < (START_MS + HOUR_MS) * 1000);
    assert.equal(wall.told.length, 1);
  }, { epochMs: wall.epochMs, now: wall.now, onClockJump: wall.onJump });
});

Deno.test("the first message of a quiet node, long after its machine slept, has the right time", () => {
  const wall = new DrivenClock();
  return withStore(async (store) => {
    await store.append(message());
    wall.aheadMs = 8 * HOUR_MS;
    await wall.looked();
    wall.pass(MINUTE_MS);
    await wall.looked();
    const result = await store.append(message());
    assert(result.ok);
    assert.equal(result.timestampUs, Math.floor(wall.epochMs() * 1000));
  }, { epochMs: wall.epochMs, now: wall.now, clockLookMs: 1 });
});

Deno.test("a mistake of the clock that is set right within a minute stamps nothing", () => {
  const wall = new DrivenClock();
  return withStore(async (store) => {
    // The timer of `watch` does not keep the process alive; the writer's thread does.
    await store.startWriter();
    wall.aheadMs = 8 * HOUR_MS;
    await wall.looked();
    wall.pass(30 * SECOND_MS);
    await wall.looked();
    wall.aheadMs = 0;
    wall.pass(30 * SECOND_MS);
    await wall.looked();
    const result = await store.append(message());
    assert(result.ok);
    assert.equal(result.timestampUs, Math.floor(wall.epochMs() * 1000));
  }, { epochMs: wall.epochMs, now: wall.now, clockLookMs: 1 });
});
