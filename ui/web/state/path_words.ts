/**
 * Paths in words: what a tier is called, why a path is not direct, what would help, and which path of
 * a room is the worst. Pure.
 */
import type { Tier } from "../../../transport/protocol.ts";
import { isolate } from "./list_words.ts";
import type { PathReason, PathView, PeerView, UplinkView } from "../../../transport/view.ts";

/** How a path is drawn; never told by colour alone. */
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

/** What fits beside a dot on the map. */
const MAP_WORDS: Readonly<Record<Tier, string>> = {
  "webrtc-stun": "Direct",
  "webrtc-turn": "TURN",
  "websocket": "Node",
  "http-polling": "Polling",
  "lan": "LAN nodes",
};

/** The worst first, as the pill ranks them. */
const WORST_FIRST: readonly (Tier | null)[] = [
  null,
  "lan",
  "http-polling",
  "websocket",
  "webrtc-turn",
  "webrtc-stun",
];

interface Explanation {
  readonly why: string;
  readonly help: string;
}

const REASONS: Readonly<Record<PathReason, (name: string) => Explanation>> = {
  "connecting": () => ({
    why: "A direct connection is being tried right now.",
    help: "Nothing to do: messages already get through.",
  }),
  "no-direct-route": (name) => ({
    why: `The networks between you and ${name} let no direct connection through.`,
    help:
      "Being on the same network, one that lets UDP through, or a TURN server set on the node would help.",
  }),
  "webrtc-off": () => ({
    why: "WebRTC is off in this browser.",
    help: "Turning it on, or another browser, would help.",
  }),
  "udp-blocked": (name) => ({
    why: `UDP is blocked here, so no direct connection to ${name} gets through.`,
    help: "Another network, or a TURN server over TCP or TLS set on the node, would help.",
  }),
  "no-turn": (name) => ({
    why: `The networks between you and ${name} need a relay, and no TURN server is set.`,
    help: "A TURN server set on the node, or being on the same network, would help.",
  }),
  "peer-relay-only": (name) => ({
    why: `${name} keeps their address to themselves, and no TURN server is set to relay.`,
    help: "A TURN server set on the node would help.",
  }),
  "mesh-full": (name) => ({
    why: `The room is large: ${name} is not among those whom you reach directly.`,
    help: "Nothing to do: the node passes everything on.",
  }),
  "strategy": () => ({
    why: "Your settings allow no direct connections.",
    help: "Choose other paths in the settings.",
  }),
  "peer-has-no-webrtc": (name) => ({
    why: `${name} uses a client without WebRTC, or has it off.`,
    help: "It would help if they opened the link in a current browser and allowed direct paths.",
  }),
};

/** What a tier is called where there is room for it. */
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

/** Why the path to `name` is not direct and what would help; null when it is, or nobody knows. */
export function explainPath(path: PathView, name: string): Explanation | null {
  if (path.tier === "webrtc-stun") return null;
  if (path.reason !== null && path.tier !== null) return REASONS[path.reason](isolate(name));
  if (path.tier !== null) return null;
  return {
    why: `Neither the node nor a direct connection reaches ${isolate(name)}.`,
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

function isWorse(a: PathView, b: PathView): boolean {
  const rank = WORST_FIRST.indexOf(a.tier) - WORST_FIRST.indexOf(b.tier);
  return rank === 0 ? (a.rttMs ?? 0) > (b.rttMs ?? 0) : rank < 0;
}

/** The pill in the header: the room's worst path, or the node's when nobody else is here. */
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

/** How the way to the node is drawn: the node is no detour when it is what one talks to. */
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
