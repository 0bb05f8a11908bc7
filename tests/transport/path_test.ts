/**
 * The comparator of paths as a table of situations, the comparator's laws as properties, and the meter.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  betterPath,
  comparePaths,
  PathMeter,
  TIER_PRIORITY,
  worseTier,
} from "../../transport/path.ts";
import { type Tier, TIERS } from "../../transport/protocol/mod.ts";
import type { PathState } from "../../transport/transport.ts";

function path(tier: Tier, rttMs: number | null, isAlive = true): PathState {
  return { tier, rttMs, isAlive };
}

const anyPath: fc.Arbitrary<PathState> = fc.record({
  tier: fc.constantFrom(...TIERS),
  isAlive: fc.boolean(),
  rttMs: fc.option(fc.double({ min: 0, max: 60_000, noNaN: true }), { nil: null }),
});

interface Situation {
  readonly name: string;
  readonly current: PathState | null;
  readonly candidate: PathState;
  readonly takes: "current" | "candidate";
}

const direct = (rttMs: number | null) => path("webrtc-stun", rttMs);
const dead = (tier: Tier) => path(tier, 1, false);

const SITUATIONS: readonly Situation[] = [
  {
    name: "the first path, whatever it is",
    current: null,
    candidate: dead("lan"),
    takes: "candidate",
  },
  {
    name: "a direct path over the relay",
    current: path("websocket", 1),
    candidate: direct(90),
    takes: "candidate",
  },
  {
    name: "TURN over the WebSocket",
    current: path("websocket", 1),
    candidate: path("webrtc-turn", 90),
    takes: "candidate",
  },
  {
    name: "a direct path over TURN",
    current: path("webrtc-turn", 1),
    candidate: direct(90),
    takes: "candidate",
  },
  {
    name: "a WebSocket over polling",
    current: path("http-polling", 1),
    candidate: path("websocket", null),
    takes: "candidate",
  },
  {
    name: "polling over the LAN link",
    current: path("lan", 1),
    candidate: path("http-polling", 90),
    takes: "candidate",
  },
  {
    name: "the relay over a dead direct path",
    current: dead("webrtc-stun"),
    candidate: path("websocket", 90),
    takes: "candidate",
  },
  {
    name: "the relay in use, not a dead direct path",
    current: path("websocket", 90),
    candidate: dead("webrtc-stun"),
    takes: "current",
  },
  {
    name: "the direct path in use, not a faster relay",
    current: direct(200),
    candidate: path("websocket", 1),
    takes: "current",
  },
  {
    name: "the better tier of two dead ones",
    current: dead("websocket"),
    candidate: dead("webrtc-stun"),
    takes: "candidate",
  },
  {
    name: "a clearly faster path of the same tier",
    current: direct(100),
    candidate: direct(60),
    takes: "candidate",
  },
  {
    name: "the path in use, not a slightly faster one",
    current: direct(100),
    candidate: direct(80),
    takes: "current",
  },
  {
    name: "the path in use when both are within a few milliseconds",
    current: direct(6),
    candidate: direct(1),
    takes: "current",
  },
  {
    name: "the measured path in use, not an unmeasured one",
    current: direct(500),
    candidate: direct(null),
    takes: "current",
  },
  {
    name: "the path in use while neither is measured",
    current: direct(null),
    candidate: direct(null),
    takes: "current",
  },
  {
    name: "the path in use while it is unmeasured",
    current: direct(null),
    candidate: direct(1),
    takes: "current",
  },
];

for (const { name, current, candidate, takes } of SITUATIONS) {
  Deno.test(`betterPath takes ${name}`, () => {
    assert.equal(betterPath(current, candidate), takes === "current" ? current : candidate);
  });
}

Deno.test("every tier has a priority of its own, in the order of the ladder", () => {
  const priorities = TIERS.map((tier) => TIER_PRIORITY[tier]);
  assert.deepEqual(priorities, [...new Set(priorities)].sort((a, b) => b - a));
});

Deno.test("comparePaths puts an unmeasured path behind the measured ones of its tier", () => {
  assert.ok(comparePaths(direct(59_000), direct(null)) < 0);
  assert.ok(comparePaths(direct(null), path("webrtc-turn", 1)) < 0);
});

Deno.test("comparePaths is antisymmetric", () => {
  fc.assert(fc.property(anyPath, anyPath, (a, b) => {
    assert.equal(Math.sign(comparePaths(a, b)) + Math.sign(comparePaths(b, a)), 0);
  }));
});

Deno.test("comparePaths is transitive, so that sorting by it is total", () => {
  fc.assert(fc.property(anyPath, anyPath, anyPath, (a, b, c) => {
    if (comparePaths(a, b) <= 0 && comparePaths(b, c) <= 0) assert.ok(comparePaths(a, c) <= 0);
  }));
});

Deno.test("comparePaths calls a path equal to itself", () => {
  fc.assert(fc.property(anyPath, (a) => assert.equal(comparePaths(a, a), 0)));
});

Deno.test("betterPath never takes a path that comparePaths calls worse", () => {
  fc.assert(fc.property(anyPath, anyPath, (current, candidate) => {
    if (betterPath(current, candidate) === candidate) {
      assert.ok(comparePaths(candidate, current) <= 0);
    }
  }));
});

Deno.test("betterPath does not change its mind when the two are shown the other way round", () => {
  fc.assert(fc.property(anyPath, anyPath, (current, candidate) => {
    const taken = betterPath(current, candidate);
    const other = taken === current ? candidate : current;
    assert.equal(betterPath(taken, other), taken);
  }));
});

Deno.test("betterPath does not flap while two paths' RTTs wobble within the margin", () => {
  const wobble = fc.double({ min: 0.87, max: 1.13, noNaN: true });
  const rounds = fc.array(fc.tuple(wobble, wobble), { minLength: 2, maxLength: 40 });
  fc.assert(fc.property(fc.double({ min: 1, max: 500, noNaN: true }), rounds, (baseMs, samples) => {
    let used: "a" | "b" = "a";
    let changes = 0;
    for (const [wobbleA, wobbleB] of samples) {
      const paths = { a: direct(baseMs * wobbleA), b: direct(baseMs * wobbleB) };
      const taken: PathState = betterPath(paths[used], paths[used === "a" ? "b" : "a"]);
      const next = taken === paths.a ? "a" : "b";
      if (next !== used) changes++;
      used = next;
    }
    assert.equal(changes, 0);
  }));
});

Deno.test("worseTier is the one that a user is shown, whichever side has it", () => {
  assert.equal(worseTier("websocket", "http-polling"), "http-polling");
  assert.equal(worseTier("http-polling", "websocket"), "http-polling");
  assert.equal(worseTier("websocket", "websocket"), "websocket");
});

/** A meter that probes a path so seldom that no answer is still on its way. */
function meterOf(): PathMeter {
  return new PathMeter({ intervalMs: 3_000, maxMissed: 2 });
}

Deno.test("a slow path is not dead while answers are still on their way", () => {
  const meter = new PathMeter({ intervalMs: 250, maxMissed: 3 });
  meter.answered(600);
  for (let probe = 0; probe < 5; probe++) meter.probed();
  assert.equal(meter.isAlive, true);
  for (let probe = 0; probe < 2; probe++) meter.probed();
  assert.equal(meter.isAlive, false);
});

Deno.test("a fast path is dead after three unanswered probes", () => {
  const meter = new PathMeter({ intervalMs: 250, maxMissed: 3 });
  meter.answered(5);
  for (let probe = 0; probe < 3; probe++) meter.probed();
  assert.equal(meter.isAlive, false);
});

Deno.test("a path that was never probed is alive and not measured", () => {
  const meter = meterOf();
  assert.deepEqual([meter.isAlive, meter.isWaiting, meter.rttMs], [true, false, null]);
});

Deno.test("one unanswered probe may be late, the second one is a dead path", () => {
  const meter = meterOf();
  meter.probed();
  assert.deepEqual([meter.isAlive, meter.isWaiting], [true, true]);
  meter.probed();
  assert.equal(meter.isAlive, false);
});

Deno.test("a path that nobody uses has a probe on one tick of four", () => {
  const meter = meterOf();
  const probes = Array.from({ length: 8 }, () => {
    const isProbed = meter.tick({ isInUse: false });
    if (isProbed) {
      meter.probed();
      meter.answered(10);
    }
    return isProbed;
  });
  assert.deepEqual(probes, [true, false, false, false, true, false, false, false]);
});

Deno.test("a path in use is probed on the first tick in which nothing came", () => {
  const meter = meterOf();
  meter.tick({ isInUse: true });
  for (let i = 0; i < 2; i++) {
    meter.heard();
    assert.equal(meter.tick({ isInUse: true }), false, "what comes is proof enough");
  }
  assert.equal(meter.tick({ isInUse: true }), true);
});

Deno.test("a probe that was not answered is followed by one on every tick", () => {
  const meter = meterOf();
  for (let i = 0; i < 6; i++) {
    assert.equal(meter.tick({ isInUse: false }), true);
    meter.probed();
  }
});

Deno.test("anything that is heard brings a dead path back to life", () => {
  const meter = meterOf();
  meter.probed();
  meter.probed();
  meter.heard();
  assert.deepEqual([meter.isAlive, meter.isWaiting, meter.rttMs], [true, false, null]);
});

Deno.test("the first answer is the RTT, later ones move it by an eighth", () => {
  const meter = meterOf();
  meter.answered(80);
  assert.equal(meter.rttMs, 80);
  meter.answered(160);
  assert.equal(meter.rttMs, 90);
});

for (const sample of [NaN, Infinity, -Infinity, -1]) {
  Deno.test(`an RTT of ${sample} counts as life and is not measured`, () => {
    const meter = meterOf();
    meter.answered(20);
    meter.probed();
    meter.answered(sample);
    assert.deepEqual([meter.rttMs, meter.isWaiting], [20, false]);
  });
}

Deno.test("a smoothed RTT stays within the samples that it was made of", () => {
  const samples = fc.array(fc.double({ min: 0, max: 10_000, noNaN: true }), { minLength: 1 });
  fc.assert(fc.property(samples, (rtts) => {
    const meter = meterOf();
    for (const rtt of rtts) meter.answered(rtt);
    const rttMs = meter.rttMs as number;
    assert.ok(rttMs >= Math.min(...rtts) - 1e-9 && rttMs <= Math.max(...rtts) + 1e-9);
  }));
});
