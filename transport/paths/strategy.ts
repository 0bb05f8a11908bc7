/**
 * The rules of each strategy: one table, enforced where paths are opened. Also which strategy counts for a
 * session: the user's choice, else the wish of its node.
 */
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
export function pairPolicy(
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
function rulesBefore(expected: Strategy): StrategyRules {
  return { uplinks: STRATEGY_RULES[expected].uplinks, mesh: "off", throughNode: false };
}

/**
 * The strategy that counts for one session. Until the user has chosen one or the node has told one, it is
 * only expected: uplinks are opened by it, and nothing else.
 */
export class StrategyInForce {
  readonly #isChosen: boolean;
  readonly #expected: Strategy;
  /** Chosen or told; null while it is only expected. */
  #known: Strategy | null;

  /** `chosen`: by the user. `expected`: from the node, as far as known before its `welcome`. */
  constructor({ chosen, expected }: { chosen: Strategy | null; expected: Strategy }) {
    this.#isChosen = chosen !== null;
    this.#known = chosen;
    this.#expected = expected;
  }

  get current(): Strategy {
    return this.#known ?? this.#expected;
  }

  get rules(): StrategyRules {
    return this.#known === null ? rulesBefore(this.#expected) : STRATEGY_RULES[this.#known];
  }

  /** Whether messages go over direct paths alone. False while the strategy is only expected. */
  get isDirectOnly(): boolean {
    return this.#known !== null && !STRATEGY_RULES[this.#known].throughNode;
  }

  /** Whether the node's wish `told` replaces the strategy in force. It never replaces the user's choice. */
  isReplacedBy(told: Strategy): boolean {
    return !this.#isChosen && told !== this.#known;
  }

  /** Puts the node's wish in force, where {@linkcode isReplacedBy} says so. */
  replace(told: Strategy): void {
    this.#known = told;
  }
}
