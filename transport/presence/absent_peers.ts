/**
 * Peers that the node does not know (any more) but that still answer on a direct path: they lost only
 * the node, or return later than others after its restart. An absent peer stays as long as its direct
 * path answers.
 */
import type { PeerId } from "../protocol/mod.ts";
import type { Clock, PathState } from "../transport.ts";

/**
 * An absent peer is gone after its path was silent for this long. A path that breaks for a moment comes
 * back sooner, and a peer that closed its page is not shown longer.
 */
export const SILENCE_MS = 4_000;

export interface AbsentPeersOptions {
  /** Maximum number of absent peers: each holds a connection besides those to the peers at the node. */
  readonly limit: () => number;
  /** The direct path to a peer; null when none is open. */
  readonly path: (peerId: PeerId) => PathState | null;
  /** Nothing reaches an absent peer any more. */
  readonly onGone: (peerId: PeerId) => void;
}

export class AbsentPeers {
  readonly #clock: Clock;
  readonly #options: AbsentPeersOptions;
  readonly #peers = new Set<PeerId>();
  /** Cancels the removal of an absent peer whose path does not answer, by peer id. */
  readonly #timers = new Map<PeerId, () => void>();
  /** When the direct path to a silent peer stopped answering, by peer id; absent peers and others. */
  readonly #silentSinceMs = new Map<PeerId, number>();

  constructor(clock: Clock, options: AbsentPeersOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  has(peerId: PeerId): boolean {
    return this.#peers.has(peerId);
  }

  /**
   * Keeps a peer that the node has lost. False when the peer is gone: it does not answer directly
   * either, or the limit is reached.
   */
  lost(peerId: PeerId): boolean {
    if (this.has(peerId)) return true;
    if (this.#patienceMs(peerId) <= 0 || this.#peers.size >= this.#options.limit()) return false;
    this.#peers.add(peerId);
    this.pathChanged(peerId);
    return true;
  }

  /** Milliseconds left for a silent path to answer; 0 or less when none are left or no path is open. */
  #patienceMs(peerId: PeerId): number {
    if (this.#options.path(peerId) === null) return 0;
    const silentSinceMs = this.#silentSinceMs.get(peerId);
    return silentSinceMs === undefined
      ? SILENCE_MS
      : silentSinceMs + SILENCE_MS - this.#clock.now();
  }

  /** Moves an absent peer to the id `to`, for example because another peer has its id at the node. */
  move(from: PeerId, to: PeerId): void {
    this.returned(from);
    this.#peers.add(to);
    this.#silentSinceMs.delete(from);
  }

  /** Forgets an absent peer: the node knows it again, or it is gone. */
  returned(peerId: PeerId): void {
    this.#peers.delete(peerId);
    this.#stopTimer(peerId);
  }

  /** Handles a change of the direct path to a peer: it opened, closed, answers or went silent. */
  pathChanged(peerId: PeerId): void {
    const path = this.#options.path(peerId);
    if (path === null || path.isAlive) this.#silentSinceMs.delete(peerId);
    else if (!this.#silentSinceMs.has(peerId)) this.#silentSinceMs.set(peerId, this.#clock.now());
    if (!this.has(peerId)) return;
    this.#stopTimer(peerId);
    if (path?.isAlive) return;
    // For a closed path the delay is 0. The removal still waits until the mesh's change is complete,
    // because another connection may be taking over right now.
    const delayMs = Math.max(0, this.#patienceMs(peerId));
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(peerId);
      if (this.#isAlive(peerId)) return;
      this.#peers.delete(peerId);
      this.#options.onGone(peerId);
    });
    this.#timers.set(peerId, cancel);
  }

  close(): void {
    for (const peerId of [...this.#peers]) this.returned(peerId);
    this.#silentSinceMs.clear();
  }

  #isAlive(peerId: PeerId): boolean {
    return this.#options.path(peerId)?.isAlive === true;
  }

  #stopTimer(peerId: PeerId): void {
    this.#timers.get(peerId)?.();
    this.#timers.delete(peerId);
  }
}
