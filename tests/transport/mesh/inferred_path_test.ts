/** The rule that says, for any two members, why they have no better path. */
import assert from "node:assert/strict";
import { relayedReason, tierThroughNode } from "../../../transport/paths/inferred_path.ts";
import { TIERS } from "../../../transport/protocol/mod.ts";
import { OUTCOMES, pairs, tabledReason, tabledTier } from "../paths/path_table.ts";

Deno.test("every pair has the reason of the table, whatever trying brought", () => {
  for (const { self, peer } of pairs()) {
    for (const outcome of OUTCOMES) {
      const expected = tabledReason(self, peer, outcome);
      const pair = `${JSON.stringify(self)} to ${JSON.stringify(peer)}, ${outcome}`;
      assert.equal(relayedReason(self, peer, outcome), expected, pair);
    }
  }
});

Deno.test("a side that has told no strategy has auto", () => {
  for (const { self, peer } of pairs()) {
    const bare = { hasWebRtc: true };
    const auto = { ...bare, strategy: "auto" } as const;
    assert.equal(relayedReason(bare, peer, "no-turn"), tabledReason(auto, peer, "no-turn"));
    assert.equal(relayedReason(self, bare, "no-turn"), tabledReason(self, auto, "no-turn"));
  }
});

Deno.test("a path through the node is no better than a WebSocket, and as bad as its worse end", () => {
  for (const own of TIERS) {
    for (const peer of TIERS) assert.equal(tierThroughNode(own, peer), tabledTier(own, peer));
  }
});
