/**
 * Paths in words: the name of a tier, the reason why a path is not the best one, and the worst path of
 * a room. Pure.
 */
import { TIER_PRIORITY } from "../../transport/path.ts";
import { explainReason, type Explanation } from "../../transport/paths/path_reasons.ts";
import type { Strategy, Tier } from "../../transport/protocol/mod.ts";
import { saysThroughNode } from "../../transport/paths/strategy.ts";
import { isolate } from "./lists.ts";
import type { PathView, PeerView, UplinkView } from "../../transport/view.ts";

/** How a path is drawn. Colour alone never tells it. */
export type PathKind = "direct" | "relayed" | "none";

const TIER_WORDS: Readonly<Record<Tier, string>> = {
  "webrtc-stun": "Direct",
  "webrtc-turn": "Direct through a TURN relay",
  "websocket": "Through the node (WebSocket)",
  "http-polling": "Through the node (HTTP polling)",
  "lan": "Through nodes on the local network",
};

const SHORT_WORDS: Readonly<Record<Tier, string>> = {
  "webrtc-stun": "Direct",
  "webrtc-turn": "Through TURN",
  "websocket": "Through the node",
  "http-polling": "Node, by polling",
  "lan": "Local network",
};

/** Names short enough to stand beside a dot on the map. */
const MAP_WORDS: Readonly<Record<Tier, string>> = {
  "webrtc-stun": "Direct",
  "webrtc-turn": "TURN",
  "websocket": "Node",
  "http-polling": "Polling",
  "lan": "LAN nodes",
};

/** The long name of a tier. */
export function tierWords(tier: Tier | null): string {
  return tier === null ? "No way through right now" : TIER_WORDS[tier];
}

export function pathKind(tier: Tier | null): PathKind {
  if (tier === null) return "none";
  return tier === "webrtc-stun" ? "direct" : "relayed";
}

/** "Through the node, 8 ms". */
export function shortPathWords(path: Pick<PathView, "tier" | "rttMs">): string {
  return withRtt(SHORT_WORDS, path);
}

/** "Node, 8 ms". */
export function mapPathWords(path: Pick<PathView, "tier" | "rttMs">): string {
  return withRtt(MAP_WORDS, path);
}

function withRtt(
  words: Readonly<Record<Tier, string>>,
  { tier, rttMs }: Pick<PathView, "tier" | "rttMs">,
): string {
  if (tier === null) return "No way through";
  return rttMs === null ? words[tier] : `${words[tier]}, ${rttWords(rttMs)}`;
}

/** "8 ms", "under 1 ms". */
export function rttWords(rttMs: number): string {
  return rttMs < 1 ? "under 1 ms" : `${Math.round(rttMs)} ms`;
}

/**
 * Why the path to `name` is not the best one and what would help; null when it is, or the reason is
 * unknown. `strategy` is our own. With some strategies a reachable node does not help.
 */
export function explainPath(
  { tier, reason }: PathView,
  { name, strategy }: { name: string; strategy: Strategy },
): Explanation | null {
  const peer = isolate(name);
  if (tier === "webrtc-stun") return null;
  if (tier !== null || !saysThroughNode(strategy)) {
    return reason === null ? null : explainReason({ tier, reason, peer, self: null });
  }
  return {
    why: `Neither the node nor a direct connection reaches ${peer}.`,
    help: "Messages are kept, and go out when there is a way again.",
  };
}

/** The peer with the worst path: by tier, then by RTT. Null in an empty room. */
export function worstPeer(peers: readonly PeerView[]): PeerView | null {
  let worst: PeerView | null = null;
  for (const peer of peers) {
    if (worst === null || isWorse(peer.path, worst.path)) worst = peer;
  }
  return worst;
}

/** The rank of a tier in the pill; no way through is the worst. */
function priority(tier: Tier | null): number {
  return tier === null ? 0 : TIER_PRIORITY[tier];
}

function isWorse(a: PathView, b: PathView): boolean {
  const rank = priority(a.tier) - priority(b.tier);
  return rank === 0 ? (a.rttMs ?? 0) > (b.rttMs ?? 0) : rank < 0;
}

/** The pill in the header: the room's worst path, or the path to the node when nobody else is here. */
export function pillWords(
  peers: readonly PeerView[],
  uplink: UplinkView,
): { kind: PathKind; words: string } {
  const worst = worstPeer(peers);
  if (worst !== null) {
    return { kind: pathKind(worst.path.tier), words: shortPathWords(worst.path) };
  }
  if (uplink.state === "online") return { kind: uplinkKind(uplink), words: nodeWords(uplink) };
  const isTrying = uplink.state === "connecting";
  return { kind: "none", words: isTrying ? "Connecting…" : "Node unreachable" };
}

function nodeWords(uplink: UplinkView): string {
  const rtt = uplink.rttMs === null ? "" : `, ${rttWords(uplink.rttMs)}`;
  return `Node reached${rtt}`;
}

/**
 * How the path to the node is drawn. A path that ends at the node is direct, unless it uses a TURN
 * relay.
 */
export function uplinkKind({ state, tier }: UplinkView): PathKind {
  if (state !== "online") return "none";
  return tier === "webrtc-turn" ? "relayed" : "direct";
}

/** The way to the node in words. */
export function uplinkWords(uplink: UplinkView): string {
  if (uplink.state === "connecting") return "Connecting to the node";
  if (uplink.state !== "online") return "The node is unreachable";
  const by: Readonly<Record<Tier, string>> = {
    "webrtc-stun": "a direct WebRTC channel",
    "webrtc-turn": "a WebRTC channel through a TURN relay",
    "websocket": "WebSocket",
    "http-polling": "HTTP polling",
    "lan": "the local network",
  };
  return uplink.tier === null ? "Connected to the node" : `To the node by ${by[uplink.tier]}`;
}
