/**
 * What the mesh knows of one peer: the connection that carries frames, the one that is being made, and
 * when to try again. Answers what can be told from that; what to do about it is the mesh's.
 */
import { PathMeter, TIER_PRIORITY } from "./path.ts";
import type { PeerLink, Signal } from "./peer_link.ts";
import type { MemberFrame, PeerFrame, PeerInfo, Tier } from "./protocol.ts";
import type { MeshPolicy } from "./strategy.ts";
import { Tries } from "./tries.ts";

/**
 * Connections that a peer may offer: each costs one of ours, and browsers have only so many. Whoever is
 * in earnest offers one in seconds; what a minute away has gathered is told in one go.
 */
const OFFERS = { burst: 16, everyMs: 1_000 } as const;

/** One connection to a peer: being made, or open. */
export interface Connection {
  readonly link: PeerLink;
  /** `instance.n` of our end, and of theirs once it is known. */
  readonly localId: string;
  remoteId: string | null;
  /** When we offered it; null when they did. */
  readonly offeredAtMs: number | null;
  readonly meter: PathMeter;
  /** Null until it is open. */
  tier: Tier | null;
  /** Whether they, who offered it, use it. */
  isChosen: boolean;
}

/** What is known of one peer's direct connections. */
export interface Entry {
  info: PeerInfo;
  /** What both sides allow themselves. */
  policy: Exclude<MeshPolicy, "off">;
  /** Whether it is one that we connect to; see `neighbours.ts`. */
  isNear: boolean;
  /** What frames go on, and since when. */
  carrier: Connection | null;
  carriedSinceMs: number;
  /** What is being made: to carry, or to take over. Whoever offered it decides whether it does. */
  attempt: Connection | null;
  /** What carried before: it is only listened to. */
  retired: Connection | null;
  /** The counter of the newest connection that they have offered. */
  newestOffer: number;
  /** When the offers that were taken would have come, had they come one by one. */
  offersDueMs: number;
  inUseUntilMs: number;
  /** What the last try that failed had gathered. */
  gathered: ReadonlySet<string>;
  readonly tries: Tries;
  /** Of the attempt's end, or the next one's beginning. */
  cancelTimer: () => void;
  cancelRetirement: () => void;
}

/** Whose connections a signal goes between, as far as it says. */
export interface Ends {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** A peer that nothing was tried with yet. */
export function newEntry(info: PeerInfo, policy: Entry["policy"]): Entry {
  return {
    info,
    policy,
    isNear: false,
    carrier: null,
    carriedSinceMs: 0,
    attempt: null,
    retired: null,
    newestOffer: 0,
    offersDueMs: 0,
    inUseUntilMs: 0,
    gathered: new Set(),
    tries: new Tries(),
    cancelTimer: () => {},
    cancelRetirement: () => {},
  };
}

export function isOpen(connection: Connection | null): connection is Connection {
  return connection?.link.isOpen === true;
}

/** Whether a peer may offer one more connection now; if so it is counted. */
export function takesOffer(entry: Entry, nowMs: number): boolean {
  const dueMs = Math.max(entry.offersDueMs, nowMs);
  if (dueMs - nowMs > (OFFERS.burst - 1) * OFFERS.everyMs) return false;
  entry.offersDueMs = dueMs + OFFERS.everyMs;
  return true;
}

/** Open, and its probes come back. */
export function isWell(connection: Connection | null): connection is Connection {
  return isOpen(connection) && connection.meter.isAlive;
}

/** Whether a new one should take over from the active one. */
export function isBetter(fresh: Connection, carrier: Connection | null): boolean {
  if (!isWell(carrier) || fresh.tier === null || carrier.tier === null) return true;
  const gain = TIER_PRIORITY[fresh.tier] - TIER_PRIORITY[carrier.tier];
  return gain > 0 || (gain === 0 && carrier.meter.isWaiting);
}

function connectionsOf({ attempt, carrier }: Entry): Connection[] {
  return [attempt, carrier].filter((connection) => connection !== null);
}

/** The connection that an answer or a candidate is for. */
export function addressed(
  entry: Entry,
  { from, to, instance }: Ends & { instance: string },
): Connection | null {
  return connectionsOf(entry).find(({ localId, remoteId }) => {
    if (to !== undefined && to !== instance && to !== localId) return false;
    // A candidate that names no connection of ours belongs to an offer of theirs.
    return from === undefined || from === remoteId || (remoteId === null && to !== instance);
  }) ?? null;
}

/** The connection that an offer negotiates anew. */
export function renegotiated(entry: Entry, { from, to }: Ends): Connection | null {
  return connectionsOf(entry).find(({ localId, remoteId }) =>
    localId === to && remoteId === from
  ) ?? null;
}

export function signalFrame(
  { info }: Entry,
  { connection, signal }: { connection: Connection; signal: Signal },
): MemberFrame {
  const ends = { from: connection.localId, to: connection.remoteId ?? info.instance };
  const target = { target_peer_id: info.peer_id };
  if (signal.type !== "ice") {
    return { type: signal.type, ...target, payload: { ...signal, ...ends } };
  }
  const { type, ...candidate } = signal;
  return { type, ...target, payload: { ...candidate, ...ends } };
}

export function signalOf(frame: PeerFrame & { type: "offer" | "answer" | "ice" }): Signal {
  if (frame.type === "ice") {
    const { from: _from, to: _to, ...candidate } = frame.payload;
    return { type: "ice", ...candidate };
  }
  return { type: frame.type, sdp: frame.payload.sdp };
}
