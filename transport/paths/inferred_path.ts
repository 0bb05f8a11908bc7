/**
 * The path between two members as far as it follows from facts that everyone in the room is told: strategies,
 * WebRTC support, tiers and the room's size. A session knows more of its own paths, and asks here for the
 * rest. A node asks here for the paths that no session has reported. So both tell the same. Pure: no network
 * here; `path_reasons.ts` has the words.
 */
import { worseTier } from "../path.ts";
import type { PeerInfo, Strategy, Tier } from "../protocol/mod.ts";
import { DIRECT_ONLY_LIMIT, MESH_LIMIT } from "./neighbours.ts";
import type { PathReason } from "./path_reasons.ts";
import { pairPolicy, saysThroughNode, STRATEGY_RULES } from "./strategy.ts";

/** One side's strategy and WebRTC support, as everyone in the room is told. */
export interface PathEnd {
  readonly strategy?: Strategy | undefined;
  /** False for older clients too. */
  readonly hasWebRtc: boolean;
}

/** Returns the end of a path that `peer` is. */
export function pathEnd(
  { strategy, webrtc, instance }: Pick<PeerInfo, "strategy" | "webrtc" | "instance">,
): PathEnd {
  return { strategy, hasWebRtc: webrtc !== false && instance !== "" };
}

/**
 * Returns the path from `self` to `peer` in a room with `others` members beside `self`, if no direct
 * connection is open between the two. The tier is null when there is no path. The reason is null when only
 * the session of `self` could know it.
 */
export function inferPath(
  self: PeerInfo,
  peer: PeerInfo,
  others: number,
): { tier: Tier | null; reason: PathReason | null } {
  const isThroughNode = saysThroughNode(self.strategy);
  // The strategy of `peer` does not count here. If `peer` sends nothing through the node, `relayedReason`
  // reports this, whatever the room's size.
  const limit = isThroughNode ? MESH_LIMIT : DIRECT_ONLY_LIMIT;
  return {
    tier: isThroughNode ? tierThroughNode(self.tier, peer.tier) : null,
    reason: relayedReason(pathEnd(self), pathEnd(peer), others > limit ? "mesh-full" : null),
  };
}

/**
 * Returns the tier of a path through the node, from the tiers by which its two ends reach the node. Such a
 * path is no better than a WebSocket.
 */
export function tierThroughNode(own: Tier, peer: Tier): Tier {
  return worseTier("websocket", worseTier(own, peer));
}

/**
 * Returns why `self` has no better path to `peer`: the reason that rules a direct path out, else `tried`, the
 * result of trying (null when unknown). If `self` sends through the node and `peer` does not, the result is
 * `peer-direct-only` instead of `tried`, except while connecting.
 */
export function relayedReason(
  self: PathEnd,
  peer: PathEnd,
  tried: PathReason | null,
): PathReason | null {
  const ruledOut = pairReason(self, peer);
  if (ruledOut !== null) return ruledOut;
  const isUnheard = saysThroughNode(self.strategy) && !saysThroughNode(peer.strategy);
  return isUnheard && tried !== "connecting" ? "peer-direct-only" : tried;
}

/**
 * Returns why the strategies and abilities of the two sides rule out a direct connection, from the view of
 * `self`; null where one may open.
 */
function pairReason(self: PathEnd, peer: PathEnd): PathReason | null {
  const own = STRATEGY_RULES[self.strategy ?? "auto"];
  const isAllowed = pairPolicy(own.mesh, peer.strategy) !== null;
  if (own.throughNode && !saysThroughNode(peer.strategy)) {
    if (!isAllowed) return "direct-only-mismatch";
    return self.hasWebRtc && peer.hasWebRtc ? null : "peer-direct-only";
  }
  if (own.mesh === "off") return "strategy";
  if (!self.hasWebRtc) return "webrtc-off";
  if (!peer.hasWebRtc) return "peer-has-no-webrtc";
  if (isAllowed) return null;
  const allowsNone = STRATEGY_RULES[peer.strategy ?? "auto"].mesh === "off";
  return allowsNone ? "peer-strategy" : "strategies-differ";
}
