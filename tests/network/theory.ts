/**
 * The kinds of home that the lab has, in the terms of RFC 4787, and what follows from them: the tier
 * on which two peers must end. Pure; the lab makes the homes, the matrix compares.
 */
import type { Tier } from "../../transport/protocol.ts";

/** How a NAT chooses the outside address of an inside socket (RFC 4787 section 4.1). */
export type Mapping = "none" | "endpoint-independent" | "address-and-port-dependent";

/** Whom a NAT lets in to a mapping (RFC 4787 section 5). */
export type Filtering =
  | "none"
  | "endpoint-independent"
  | "address-dependent"
  | "address-and-port-dependent";

/** What a home's router does to what passes it. */
export interface HomeKind {
  /** For people, as in the matrix. */
  readonly label: string;
  readonly family: 4 | 6;
  /** Null where UDP does not pass at all. */
  readonly udp: { readonly mapping: Mapping; readonly filtering: Filtering } | null;
  /** `node`: only to the node's HTTP port. `proxy`: to there, by a proxy that strips upgrades. */
  readonly tcp: "any" | "node" | "proxy";
}

const DEPENDENT = "address-and-port-dependent";
const INDEPENDENT = "endpoint-independent";

export const HOME_KINDS = {
  "open": {
    label: "open",
    family: 4,
    udp: { mapping: "none", filtering: "none" },
    tcp: "any",
  },
  "eim-eif": {
    label: "EI mapping, EI filtering",
    family: 4,
    udp: { mapping: INDEPENDENT, filtering: INDEPENDENT },
    tcp: "any",
  },
  "eim-adf": {
    label: "EI mapping, AD filtering",
    family: 4,
    udp: { mapping: INDEPENDENT, filtering: "address-dependent" },
    tcp: "any",
  },
  "eim-apdf": {
    label: "EI mapping, APD filtering",
    family: 4,
    udp: { mapping: INDEPENDENT, filtering: DEPENDENT },
    tcp: "any",
  },
  "apdm": {
    label: "APD mapping (symmetric)",
    family: 4,
    udp: { mapping: DEPENDENT, filtering: DEPENDENT },
    tcp: "any",
  },
  "ipv6": {
    label: "IPv6 only",
    family: 6,
    udp: { mapping: "none", filtering: "none" },
    tcp: "any",
  },
  "no-ws": {
    label: "upgrades stripped",
    family: 4,
    udp: { mapping: INDEPENDENT, filtering: DEPENDENT },
    tcp: "proxy",
  },
  "no-udp": { label: "UDP blocked", family: 4, udp: null, tcp: "any" },
  "node-only": { label: "only the node's port", family: 4, udp: null, tcp: "node" },
  "proxy-only": { label: "only a stripping proxy", family: 4, udp: null, tcp: "proxy" },
} as const satisfies Readonly<Record<string, HomeKind>>;

export type HomeKindName = keyof typeof HOME_KINDS;

/** Best tier that two homes can reach; the same whichever comes first. */
export function expectedTier(
  a: HomeKindName,
  b: HomeKindName,
  { turn }: { turn: boolean },
): Tier {
  const [homeA, homeB]: [HomeKind, HomeKind] = [HOME_KINDS[a], HOME_KINDS[b]];
  if (canConnectDirectly(homeA, homeB)) return "webrtc-stun";
  if (turn && (canRelay(homeA, homeB) || canRelay(homeB, homeA))) return "webrtc-turn";
  const uplinks = [expectedUplink(a), expectedUplink(b)];
  return uplinks.includes("http-polling") ? "http-polling" : "websocket";
}

/**
 * The best tier on which a home reaches its node, which is on the public network: datagrams where
 * polling is all that TCP allows.
 */
export function expectedUplink(kind: HomeKindName): Tier {
  const { udp, tcp }: HomeKind = HOME_KINDS[kind];
  if (tcp !== "proxy") return "websocket";
  return udp === null ? "http-polling" : "webrtc-stun";
}

function canConnectDirectly(a: HomeKind, b: HomeKind): boolean {
  return a.family === b.family && (isReachedBy(a, b) || isReachedBy(b, a));
}

/**
 * Whether a check from `other` arrives at `home`, which has sent one to the address that `other` told
 * it. One direction suffices: the answer goes back to where the check came from (RFC 8445, 7.3.1.3).
 */
function isReachedBy({ udp: home }: HomeKind, { udp: other }: HomeKind): boolean {
  if (home === null || other === null) return false;
  // The address that `home` told is another than the one it has for `other`.
  if (home.mapping === DEPENDENT) return false;
  // `home` has sent to an address of `other`, on another port than the check comes from.
  return home.filtering !== DEPENDENT || other.mapping !== DEPENDENT;
}

/** Whether `home` can have a relay (over UDP or TCP), and `other` can send to it. */
function canRelay(home: HomeKind, other: HomeKind): boolean {
  // A relay has an IPv4 address unless its client asks for another (RFC 8656 section 7.2).
  const reachesRelay = (other.udp !== null && other.family === 4) || hasRelay(other);
  return hasRelay(home) && reachesRelay;
}

function hasRelay({ udp, tcp }: HomeKind): boolean {
  return udp !== null || tcp === "any";
}
