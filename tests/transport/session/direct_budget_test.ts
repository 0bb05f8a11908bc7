/** The budget of a peer on its direct path. */
import assert from "node:assert/strict";
import { DirectBudget } from "../../../transport/session/direct_budget.ts";
import { LIMITS, type PeerId } from "../../../transport/protocol/mod.ts";
import { FakeClock } from "../../fakes/clock.ts";

const ada = "ada" as PeerId;
const bob = "bob" as PeerId;

function takenOf(budget: DirectBudget, peerId: PeerId, count: number, chars = 100): number {
  return Array.from({ length: count }, () => budget.take(peerId, chars)).filter(Boolean).length;
}

Deno.test("a whole outbox may come at once", () => {
  assert.equal(takenOf(new DirectBudget(new FakeClock()), ada, 1_000, 2_000), 1_000);
});

Deno.test("the longest frame may come", () => {
  assert.equal(new DirectBudget(new FakeClock()).take(ada, LIMITS.frameChars), true);
});

Deno.test("a hundred frames a second may go on for ever", async () => {
  const clock = new FakeClock();
  const budget = new DirectBudget(clock);
  for (let second = 0; second < 60; second++) {
    assert.equal(takenOf(budget, ada, 100, 1_000), 100);
    await clock.advance(1_000);
  }
});

Deno.test("a flood of small frames ends, and costs nobody else", () => {
  const budget = new DirectBudget(new FakeClock());
  assert.equal(takenOf(budget, ada, 100_000, 10), 2_000);
  assert.equal(takenOf(budget, bob, 10), 10);
});

Deno.test("a flood of large frames ends by its size", () => {
  const budget = new DirectBudget(new FakeClock());
  const taken = takenOf(budget, ada, 1_000, LIMITS.frameChars);
  assert.ok(taken * LIMITS.frameChars <= 4 * 1024 * 1024, `${taken} frames`);
});

Deno.test("whoever stops flooding is heard again", async () => {
  const clock = new FakeClock();
  const budget = new DirectBudget(clock);
  takenOf(budget, ada, 100_000);
  await clock.advance(1_000);
  assert.equal(takenOf(budget, ada, 1_000), 200);
});
