import assert from "node:assert/strict";
import { Tries } from "../../../transport/mesh/tries.ts";

/** Start of each try, in seconds after a working path broke, when no try succeeds. */
function triesAfterBreak(untilMs: number): number[] {
  const tries = new Tries();
  tries.broke(0, { heldMs: 60_000 });
  const begins: number[] = [];
  for (let nowMs = 0; nowMs < untilMs; nowMs += tries.pauseMs(nowMs)) {
    begins.push(nowMs / 1000);
    nowMs += tries.timeoutMs(nowMs);
    tries.failed();
  }
  return begins;
}

Deno.test("what had worked is tried again within 6 s, then within two thirds of the time", () => {
  const begins = triesAfterBreak(3_600_000);
  begins.slice(1).forEach((begin, index) => {
    const before = begins[index]!;
    assert.ok(begin - before <= Math.max(6, before * 2 / 3), `${before} s, then ${begin} s`);
    assert.ok(begin - before <= 315);
  });
});

Deno.test("what stays away is tried less than 20 times in twenty minutes", () => {
  assert.ok(triesAfterBreak(1_200_000).length < 20);
});

Deno.test("what has never worked is tried after 15 s, and after twice as long each time", () => {
  const tries = new Tries();
  const pauses = Array.from({ length: 7 }, () => {
    tries.failed();
    return tries.pauseMs(0) / 1000;
  });
  assert.deepEqual(pauses, [15, 30, 60, 120, 240, 300, 300]);
});

Deno.test("what breaks again and again at once is tried as what never came back", () => {
  const tries = new Tries();
  tries.broke(0, { heldMs: 60_000 });
  tries.opened();
  tries.broke(100_000, { heldMs: 500 });
  assert.equal(tries.pauseMs(100_000), 20_000);
  tries.opened();
  tries.broke(200_000, { heldMs: 60_000 });
  assert.equal(tries.pauseMs(200_000), 1_000);
});

Deno.test("a change of the network makes the tries quick again", () => {
  const tries = new Tries();
  tries.failed();
  tries.failed();
  tries.networkChanged(0);
  assert.equal(tries.pauseMs(0), 15_000);
  tries.broke(0, { heldMs: 60_000 });
  tries.networkChanged(600_000);
  assert.equal(tries.pauseMs(600_000), 1_000);
});

Deno.test("a path that broke counts as failed when it does not come back within half a minute", () => {
  const tries = new Tries();
  assert.ok(tries.isConnecting(0));
  tries.broke(0, { heldMs: 60_000 });
  tries.failed();
  assert.ok(tries.isConnecting(10_000));
  assert.ok(!tries.isConnecting(30_000));
});
