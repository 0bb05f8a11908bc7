/** What each strategy allows: one table, enforced where paths are opened. */
import type { Strategy, Tier } from "./protocol.ts";

/** How a peer connects directly. `relay`: by TURN alone, so that no peer sees its address. */
export type MeshPolicy = "all" | "direct" | "relay" | "off";

export interface StrategyRules {
  /** Tiers of the uplink; what isn't here is never opened. */
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
  // The node sees the address of whoever speaks to it by any tier; peers must not.
  "relay-safe": { uplinks: STREAMS, mesh: "relay", throughNode: true },
  "websocket-only": { uplinks: ["websocket"], mesh: "off", throughNode: true },
  "http-only": { uplinks: ["http-polling"], mesh: "off", throughNode: true },
};

/** Whether what a peer of this strategy says also goes through its node; absent: `auto`. */
export function saysThroughNode(strategy: Strategy | undefined): boolean {
  return STRATEGY_RULES[strategy ?? "auto"].throughNode;
}

/**
 * How the side whose own policy is `own` may connect to a peer: what both allow themselves. Null where
 * that is nothing.
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
 * Until a node has said which strategy counts: only its own connections, of the tiers that `expected`
 * allows, and nothing is said on them.
 */
export function rulesBefore(expected: Strategy): StrategyRules {
  return { uplinks: STRATEGY_RULES[expected].uplinks, mesh: "off", throughNode: false };
}
