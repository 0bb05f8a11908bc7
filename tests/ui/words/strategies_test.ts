import assert from "node:assert/strict";
import { STRATEGIES } from "../../../transport/protocol/mod.ts";
import { strategyWords } from "../../../ui/words/strategies.ts";

Deno.test("every strategy has words of its own, and the node's names what it is now", () => {
  const all = [null, ...STRATEGIES].map((choice) => strategyWords(choice, null));
  assert.equal(new Set(all.map(({ title }) => title)).size, all.length);
  assert.equal(new Set(all.map(({ meaning }) => meaning)).size, all.length);
  assert.match(strategyWords(null, "relay-safe").meaning, /now: Hide my address from the others/);
});
