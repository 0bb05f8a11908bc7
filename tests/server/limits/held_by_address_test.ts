/** Compares the largest holder with a plain list of all holdings. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Held, HeldByAddress } from "../../../server/limits/held_by_address.ts";

const step = fc.record({
  key: fc.constantFrom("a", "b", "c", "d", "e", "f", "g"),
  amount: fc.integer({ min: 1, max: 9 }),
  /** Index of a holding to remove instead, where there are so many. */
  remove: fc.option(fc.nat(30), { nil: null }),
});

Deno.test("the first to go is the oldest of the address that holds the most", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const held = new HeldByAddress<number>();
    const all: Held<number>[] = [];
    for (const [item, { key, amount, remove }] of steps.entries()) {
      const gone = remove === null ? [] : all.splice(remove, 1);
      if (remove === null) all.push(held.add(key, item, amount));
      for (const one of gone) held.remove(one);
      const amounts = new Map<string, number>();
      for (const { holding, amount } of all) {
        amounts.set(holding.key, (amounts.get(holding.key) ?? 0) + amount);
      }
      assert.equal(held.total, [...amounts.values()].reduce((sum, each) => sum + each, 0));
      const first = held.firstToGo("nobody", 1);
      if (all.length === 0) return assert.equal(first, null);
      const { holding } = all.find((one) => one.item === first)!;
      assert.equal(amounts.get(holding.key), Math.max(...amounts.values()));
      assert.equal(first, all.find((one) => one.holding === holding)!.item, "its oldest");
    }
  }));
});

Deno.test("an address that would hold the most is the first to go itself", () => {
  const held = new HeldByAddress<string>();
  held.add("big", "big 1", 10);
  held.add("small", "small 1", 5);
  assert.equal(held.firstToGo("small", 5), "big 1", "it would have as many");
  assert.equal(held.firstToGo("small", 6), "small 1");
  assert.equal(held.firstToGo("new", 20), "big 1", "who has nothing yet comes in");
});
