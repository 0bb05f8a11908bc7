/**
 * The state of one peer in the mesh: the connection that carries frames, the one that is being made,
 * and when to try again. The functions here answer questions about this state; the mesh acts on it.
 */
import { PathMeter, TIER_PRIORITY } from "../path.ts";
import type { PeerLink, Signal } from "./peer_link.ts";
import type { MemberFrame, PeerFrame, PeerInfo, Tier } from "../protocol/mod.ts";
import type { MeshPolicy } from "./strategy.ts";
import { Tries } from "./tries.ts";

/**
 * Rate of connections that a peer may offer (GCRA): each costs one of ours, and browsers have only so
 * many. An honest peer offers one every few seconds. After a minute away from the node, this session
 * gets all offers of that time in one burst.
 */
const OFFERS = { burst: 16, everyMs: 1_000 } as const;

/** One connection to a peer: being made, or open. */
export interface Connection {
  readonly link: PeerLink;
  /** `instance.n` of our end; `remoteId` is that of the remote end, null until it is known. */
  readonly localId: string;
  remoteId: string | null;
  /** When this side offered it; null when the remote peer did. */
  readonly offeredAtMs: number | null;
  readonly meter: PathMeter;
  /** Null until it is open. */
  tier: Tier | null;
  /** Whether the remote peer, which offered it, uses it. */
  isChosen: boolean;
}

/** State of one peer's direct connections. */
export interface Entry {
  info: PeerInfo;
  /** The policy that both sides allow. */
  policy: Exclude<MeshPolicy, "off">;
  /** Whether this session connects to the peer; see `neighbours.ts`. */
  isNear: boolean;
  /** The active connection, which carries frames, and since when. */
  carrier: Connection | null;
  carriedSinceMs: number;
  /** The connection being made, to carry frames or to take over. The side that offered it decides. */
  attempt: Connection | null;
  /** The previous active connection: it only receives. */
  retired: Connection | null;
  /** The counter of the newest connection that the remote peer has offered. */
  newestOffer: number;
  /** Theoretical arrival time (GCRA) of the next offer, in milliseconds of the clock. */
  offersDueMs: number;
  inUseUntilMs: number;
  /** Types of the candidates that the last failed attempt gathered. */
  gathered: ReadonlySet<string>;
  readonly tries: Tries;
  /** Cancels the timer that ends the attempt, or starts the next one. */
  cancelTimer: () => void;
  cancelRetirement: () => void;
}

/** The connections at both ends of a signal, as far as it names them. */
export interface Ends {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Makes the entry of a peer before the first attempt. */
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

/** Takes one offer from the peer's rate. False when it offers too often. */
export function takesOffer(entry: Entry, nowMs: number): boolean {
  const dueMs = Math.max(entry.offersDueMs, nowMs);
  if (dueMs - nowMs > (OFFERS.burst - 1) * OFFERS.everyMs) return false;
  entry.offersDueMs = dueMs + OFFERS.everyMs;
  return true;
}

/** Whether a connection is open and its probes are answered. */
export function isWell(connection: Connection | null): connection is Connection {
  return isOpen(connection) && connection.meter.isAlive;
}

/** Whether the new connection `fresh` should take over from the active `carrier`. */
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
    // With our instance as `to`, a candidate belongs to a remote offer, not to our unanswered one.
    return from === undefined || from === remoteId || (remoteId === null && to !== instance);
  }) ?? null;
}

/** The connection that an offer renegotiates; null when there is none. */
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
