/**
 * The kinds of home in the lab, in the terms of RFC 4787, and the tier on which two of them must end.
 * Pure. The lab makes the homes, and the matrix compares the tiers.
 */
import type { Tier } from "../../../transport/protocol/mod.ts";

/** How a NAT chooses the outside address of an inside socket (RFC 4787 section 4.1). */
export type Mapping = "none" | "endpoint-independent" | "address-and-port-dependent";

/** Endpoints that a NAT lets in to a mapping (RFC 4787 section 5). */
export type Filtering =
  | "none"
  | "endpoint-independent"
  | "address-dependent"
  | "address-and-port-dependent";

/** Effects of a home's router on the traffic that passes it. */
export interface HomeKind {
  /** Name for people, as in the matrix. */
  readonly label: string;
  readonly family: 4 | 6;
  /** Null where UDP does not pass at all. */
  readonly udp: { readonly mapping: Mapping; readonly filtering: Filtering } | null;
  /** `node`: only to the node's HTTP port. `proxy`: only to that port, by a proxy that strips upgrades. */
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

/** Best tier that two homes can reach. The order of the homes does not matter. */
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
 * The best tier on which a home reaches the node on the public network. A home whose TCP allows only
 * polling uses datagrams, if UDP passes.
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
 * Whether a connectivity check from `other` arrives at `home`, after `home` has sent a check to the
 * address that `other` signaled. One direction suffices: the answer goes back to the source of the check
 * (RFC 8445, 7.3.1.3).
 */
function isReachedBy({ udp: home }: HomeKind, { udp: other }: HomeKind): boolean {
  if (home === null || other === null) return false;
  // `home` signaled another address than the one that its NAT maps for `other`.
  if (home.mapping === DEPENDENT) return false;
  // With a dependent mapping, the check of `other` comes from another port than the one `home` has sent
  // to.
  return home.filtering !== DEPENDENT || other.mapping !== DEPENDENT;
}

/** Whether `home` can have a relay (over UDP or TCP), and `other` can send to that relay. */
function canRelay(home: HomeKind, other: HomeKind): boolean {
  // A relay has an IPv4 address unless its client asks for another family (RFC 8656 section 7.2).
  const reachesRelay = (other.udp !== null && other.family === 4) || hasRelay(other);
  return hasRelay(home) && reachesRelay;
}

function hasRelay({ udp, tcp }: HomeKind): boolean {
  return udp !== null || tcp === "any";
}
