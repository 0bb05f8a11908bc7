import assert from "node:assert/strict";
import { SharedBudget } from "../../../server/limits/shared_budget.ts";

Deno.test("one address may use half of a budget, and its share of what is left", () => {
  const budget = new SharedBudget(1_000);
  assert.equal(budget.take("a", 500), true);
  assert.equal(budget.take("a", 1), false, "it has more than its share");
  for (let n = 0; n < 4; n++) assert.equal(budget.take(`b${n}`, 125), true);
  assert.equal(budget.take("c", 1), false, "there is no more");
  assert.equal(budget.total, 1_000);
});

Deno.test("what is given back can be taken again", () => {
  const budget = new SharedBudget(100);
  for (let n = 0; n < 1_000; n++) {
    assert.equal(budget.take("a", 50), true);
    budget.give("a", 50);
  }
  assert.equal(budget.total, 0);
});

Deno.test("the addresses of one household share what is theirs", () => {
  const budget = new SharedBudget(1_000);
  assert.equal(budget.take("2001:db8:1:2::1", 500), true);
  assert.equal(budget.take("2001:db8:1:2::ffff", 1), false);
  budget.give("2001:db8:1:2::2", 500);
  assert.equal(budget.total, 0);
});
