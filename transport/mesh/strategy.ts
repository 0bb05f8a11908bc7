/** The rules of each strategy: one table, enforced where paths are opened. */
import type { Strategy, Tier } from "../protocol/mod.ts";

/** How a peer connects directly. `relay`: only through TURN, so that no peer sees its address. */
export type MeshPolicy = "all" | "direct" | "relay" | "off";

export interface StrategyRules {
  /** Tiers of the uplink. Other tiers are never opened. */
  readonly uplinks: readonly Tier[];
  readonly mesh: MeshPolicy;
  /** Whether messages also go through the node, which stores them. */
  readonly throughNode: boolean;
}

const STREAMS: readonly Tier[] = ["websocket", "http-polling"];
const ALL: readonly Tier[] = ["webrtc-stun", "webrtc-turn", ...STREAMS];

export const STRATEGY_RULES: Readonly<Record<Strategy, StrategyRules>> = {
  "auto": { uplinks: ALL, mesh: "all", throughNode: true },
  "p2p-only": { uplinks: STREAMS, mesh: "all", throughNode: false },
  "webrtc-stun": { uplinks: STREAMS, mesh: "direct", throughNode: false },
  // The node sees the address of every client, on any tier; other peers must not see it.
  "relay-safe": { uplinks: STREAMS, mesh: "relay", throughNode: true },
  "websocket-only": { uplinks: ["websocket"], mesh: "off", throughNode: true },
  "http-only": { uplinks: ["http-polling"], mesh: "off", throughNode: true },
};

/** Whether messages of a peer with this strategy also go through its node; absent: `auto`. */
export function saysThroughNode(strategy: Strategy | undefined): boolean {
  return STRATEGY_RULES[strategy ?? "auto"].throughNode;
}

/**
 * Returns how a side with the policy `own` may connect to a peer: the part that both sides allow. Null when
 * they allow nothing in common.
 */
export function linkPolicy(
  own: MeshPolicy,
  peer: Strategy | undefined,
): Exclude<MeshPolicy, "off"> | null {
  const other = STRATEGY_RULES[peer ?? "auto"].mesh;
  if (own === "off" || other === "off") return null;
  if (own === "all") return other === "direct" ? "direct" : "all";
  const refused = own === "relay" ? "direct" : "relay";
  return other === refused ? null : own;
}

/**
 * Returns the rules until a node has told which strategy counts: only uplinks, of the tiers that `expected`
 * allows, and no messages on them.
 */
export function rulesBefore(expected: Strategy): StrategyRules {
  return { uplinks: STRATEGY_RULES[expected].uplinks, mesh: "off", throughNode: false };
}
