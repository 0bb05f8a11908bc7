/** Which strategy counts for a session: the user's, the node's, or the expected one. */
import assert from "node:assert/strict";
import { STRATEGY_RULES, StrategyInForce } from "../../../transport/paths/strategy.ts";

Deno.test("an expected strategy opens its uplinks, and nothing else", () => {
  const strategy = new StrategyInForce({ chosen: null, expected: "p2p-only" });
  assert.equal(strategy.current, "p2p-only");
  const { uplinks } = STRATEGY_RULES["p2p-only"];
  assert.deepEqual(strategy.rules, { uplinks, mesh: "off", throughNode: false });
  assert.equal(strategy.isDirectOnly, false, "messages wait for the node");
});

Deno.test("the node's wish replaces an expected strategy, even the same one", () => {
  const strategy = new StrategyInForce({ chosen: null, expected: "p2p-only" });
  assert.equal(strategy.isReplacedBy("p2p-only"), true);
  strategy.replace("p2p-only");
  assert.equal(strategy.isReplacedBy("p2p-only"), false);
  assert.equal(strategy.rules, STRATEGY_RULES["p2p-only"]);
  assert.equal(strategy.isDirectOnly, true);
  assert.equal(strategy.isReplacedBy("auto"), true);
});

Deno.test("the user's choice counts at once, and no node replaces it", () => {
  const strategy = new StrategyInForce({ chosen: "relay-safe", expected: "auto" });
  assert.equal(strategy.current, "relay-safe");
  assert.equal(strategy.rules, STRATEGY_RULES["relay-safe"]);
  assert.equal(strategy.isReplacedBy("auto"), false);
});
