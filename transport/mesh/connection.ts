/**
 * One connection to a peer, being made or open: its direct connection, the names of its two ends, its tier and its
 * meter. It answers questions about itself. `peer_connections.ts` decides when it is made, used and
 * closed.
 */
import { PathMeter, TIER_PRIORITY } from "../path.ts";
import type { DirectConnection } from "./direct_connection.ts";
import { encodeFrame, type Tier } from "../protocol/mod.ts";
import type { Ends } from "./signal_frames.ts";

/** Probe interval of a path that is in use: three missed probes are noticed within a second. */
export const PROBE_INTERVAL_MS = 250;
const METER = { intervalMs: PROBE_INTERVAL_MS, maxMissed: 3 } as const;

export interface ConnectionOrigin {
  /** `instance.n` of this end. */
  readonly localId: string;
  /** `instance.n` of the remote end; null until it is known. */
  readonly remoteId: string | null;
  /** When this side offered it, in milliseconds of the clock; null when the remote peer did. */
  readonly offeredAtMs: number | null;
}

export class Connection {
  readonly direct: DirectConnection;
  readonly localId: string;
  remoteId: string | null;
  readonly offeredAtMs: number | null;
  readonly meter = new PathMeter(METER);
  /** Null until it is open. */
  tier: Tier | null = null;
  /** Whether the remote peer, which offered it, uses it. */
  isChosen = false;

  /** `connect` makes the direct connection, with handlers that know this connection. */
  constructor(
    { localId, remoteId, offeredAtMs }: ConnectionOrigin,
    connect: (connection: Connection) => DirectConnection,
  ) {
    this.localId = localId;
    this.remoteId = remoteId;
    this.offeredAtMs = offeredAtMs;
    this.direct = connect(this);
  }

  /** Whether this side offered it, and so decides whether it is used. */
  get isOwn(): boolean {
    return this.offeredAtMs !== null;
  }

  /** Whether this side offered it, and no answer has come yet. */
  isUnanswered(): this is this & { readonly offeredAtMs: number } {
    return this.isOwn && this.remoteId === null;
  }

  get isOpen(): boolean {
    return this.direct.isOpen;
  }

  /** Whether it is open and its probes are answered. */
  get isWell(): boolean {
    return this.isOpen && this.meter.isAlive;
  }

  /** Whether it should take over from the active connection. */
  isBetterThan(active: Connection | null): boolean {
    if (active?.isWell !== true || this.tier === null || active.tier === null) return true;
    const gain = TIER_PRIORITY[this.tier] - TIER_PRIORITY[active.tier];
    return gain > 0 || (gain === 0 && active.meter.isWaiting);
  }

  /** Whether an answer or a candidate with these ends is for it; `instance` is this page's. */
  isAddressedBy({ from, to }: Ends, instance: string): boolean {
    if (to !== undefined && to !== instance && to !== this.localId) return false;
    // With this page's instance as `to`, a candidate belongs to a remote offer, not to an unanswered
    // local one.
    return from === undefined || from === this.remoteId ||
      (this.remoteId === null && to !== instance);
  }

  /** Whether an offer with these ends negotiates it anew. */
  isRenegotiatedBy({ from, to }: Ends): boolean {
    return this.localId === to && this.remoteId === from;
  }

  /** Sends a probe. */
  ping(nowMs: number): void {
    this.meter.probed();
    this.direct.send(encodeFrame({ type: "ping", payload: { t: nowMs } }));
  }
}
