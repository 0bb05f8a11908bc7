/**
 * The answers to "why is this path not a better one", and by which tier a path through the node goes, for
 * every pair of strategies, abilities and tiers. Sessions and their node give the same ones, so the tests of
 * both read this table.
 */
import type { PathReason } from "../../../transport/paths/path_reasons.ts";
import { STRATEGIES, type Strategy, type Tier, TIERS } from "../../../transport/protocol/mod.ts";

/** The results of trying that the rule treats differently; null: none is known. */
export const OUTCOMES = [null, "connecting", "no-turn", "mesh-full"] as const;
export type Outcome = typeof OUTCOMES[number];

const REASONS: Readonly<Record<string, PathReason | null>> = {
  "-": null,
  "c": "connecting",
  "t": "no-turn",
  "f": "mesh-full",
  "s": "strategy",
  "p": "peer-strategy",
  "d": "strategies-differ",
  "o": "webrtc-off",
  "n": "peer-has-no-webrtc",
  "u": "peer-direct-only",
  "m": "direct-only-mismatch",
};

/**
 * For each outcome and own strategy a word for each strategy of the peer, in the order of `STRATEGIES`. Its
 * four letters: both have WebRTC, the peer has none, this side has none, neither has.
 */
const TABLE: Readonly<Record<string, Readonly<Record<Strategy, string>>>> = {
  "null": {
    "auto": "-noo uuuu uuuu -noo pnoo pnoo",
    "p2p-only": "-noo -noo -noo -noo pnoo pnoo",
    "webrtc-stun": "-noo -noo -noo dnoo pnoo pnoo",
    "relay-safe": "-noo uuuu mmmm -noo pnoo pnoo",
    "websocket-only": "ssss mmmm mmmm ssss ssss ssss",
    "http-only": "ssss mmmm mmmm ssss ssss ssss",
  },
  "connecting": {
    "auto": "cnoo cuuu cuuu cnoo pnoo pnoo",
    "p2p-only": "cnoo cnoo cnoo cnoo pnoo pnoo",
    "webrtc-stun": "cnoo cnoo cnoo dnoo pnoo pnoo",
    "relay-safe": "cnoo cuuu mmmm cnoo pnoo pnoo",
    "websocket-only": "ssss mmmm mmmm ssss ssss ssss",
    "http-only": "ssss mmmm mmmm ssss ssss ssss",
  },
  "no-turn": {
    "auto": "tnoo uuuu uuuu tnoo pnoo pnoo",
    "p2p-only": "tnoo tnoo tnoo tnoo pnoo pnoo",
    "webrtc-stun": "tnoo tnoo tnoo dnoo pnoo pnoo",
    "relay-safe": "tnoo uuuu mmmm tnoo pnoo pnoo",
    "websocket-only": "ssss mmmm mmmm ssss ssss ssss",
    "http-only": "ssss mmmm mmmm ssss ssss ssss",
  },
  "mesh-full": {
    "auto": "fnoo uuuu uuuu fnoo pnoo pnoo",
    "p2p-only": "fnoo fnoo fnoo fnoo pnoo pnoo",
    "webrtc-stun": "fnoo fnoo fnoo dnoo pnoo pnoo",
    "relay-safe": "fnoo uuuu mmmm fnoo pnoo pnoo",
    "websocket-only": "ssss mmmm mmmm ssss ssss ssss",
    "http-only": "ssss mmmm mmmm ssss ssss ssss",
  },
};

/** One side of a pair. */
export interface Side {
  readonly strategy: Strategy;
  readonly hasWebRtc: boolean;
}

/** The tabled reason of the path from `self` to `peer`. */
export function tabledReason(self: Side, peer: Side, outcome: Outcome): PathReason | null {
  const word = TABLE[String(outcome)]![self.strategy].split(
    " ",
  )[STRATEGIES.indexOf(peer.strategy)]!;
  const letter = word[(self.hasWebRtc ? 0 : 2) + (peer.hasWebRtc ? 0 : 1)]!;
  return REASONS[letter]!;
}

/** For each tier of one side the tier of the path, by the other side's tier in the order of `TIERS`. */
const NODE_TIERS: Readonly<Record<Tier, string>> = {
  "webrtc-stun": "websocket websocket websocket http-polling lan",
  "webrtc-turn": "websocket websocket websocket http-polling lan",
  "websocket": "websocket websocket websocket http-polling lan",
  "http-polling": "http-polling http-polling http-polling http-polling lan",
  "lan": "lan lan lan lan lan",
};

/** The tabled tier of a path through the node. */
export function tabledTier(own: Tier, peer: Tier): string {
  return NODE_TIERS[own].split(" ")[TIERS.indexOf(peer)]!;
}

/** Strategies that send nothing through the node, so that a path through it is none. */
export const DIRECT_ONLY: ReadonlySet<Strategy> = new Set(["p2p-only", "webrtc-stun"]);

/** All pairs of strategies and abilities. */
export function* pairs(): Generator<{ self: Side; peer: Side }> {
  for (const own of STRATEGIES) {
    for (const strategy of STRATEGIES) {
      for (const hasOwn of [true, false]) {
        for (const hasWebRtc of [true, false]) {
          yield { self: { strategy: own, hasWebRtc: hasOwn }, peer: { strategy, hasWebRtc } };
        }
      }
    }
  }
}
