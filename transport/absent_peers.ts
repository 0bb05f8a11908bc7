/**
 * Peers that the node does not know (any more) but that still answer on a direct path: they lost the
 * node alone, or come back later than others after its restart. They stay for as long as it does.
 */
import type { PeerId } from "./protocol.ts";
import type { Clock, PathState } from "./transport.ts";

/**
 * An absent peer whose path answers no more is gone after this: a path that breaks for a moment comes
 * back sooner, and whoever closed the page is not shown for longer.
 */
export const SILENCE_MS = 4_000;

export interface AbsentPeersOptions {
  /** How many there are at most: each keeps a connection open beside those to the peers at the node. */
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
  /** Of those whose path does not answer. */
  readonly #timers = new Map<PeerId, () => void>();
  /** Since when the paths to peers do not answer, absent or not. */
  readonly #silentSinceMs = new Map<PeerId, number>();

  constructor(clock: Clock, options: AbsentPeersOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  has(peerId: PeerId): boolean {
    return this.#peers.has(peerId);
  }

  /** The node has lost a peer. False when it does not answer directly either: then it is gone. */
  lost(peerId: PeerId): boolean {
    if (this.has(peerId)) return true;
    if (this.#patienceMs(peerId) <= 0 || this.#peers.size >= this.#options.limit()) return false;
    this.#peers.add(peerId);
    this.pathChanged(peerId);
    return true;
  }

  /** How long a peer whose path does not answer may still come back on it; 0 where none is open. */
  #patienceMs(peerId: PeerId): number {
    if (this.#options.path(peerId) === null) return 0;
    const silentSinceMs = this.#silentSinceMs.get(peerId);
    return silentSinceMs === undefined
      ? SILENCE_MS
      : silentSinceMs + SILENCE_MS - this.#clock.now();
  }

  /** Another one has its id at the node: it goes on under `to`. */
  move(from: PeerId, to: PeerId): void {
    this.returned(from);
    this.#peers.add(to);
    this.#silentSinceMs.delete(from);
  }

  /** The node knows it again, or it is gone. */
  returned(peerId: PeerId): void {
    this.#peers.delete(peerId);
    this.#stopTimer(peerId);
  }

  /** The direct path to a peer opened, closed, answers or went silent. */
  pathChanged(peerId: PeerId): void {
    const path = this.#options.path(peerId);
    if (path === null || path.isAlive) this.#silentSinceMs.delete(peerId);
    else if (!this.#silentSinceMs.has(peerId)) this.#silentSinceMs.set(peerId, this.#clock.now());
    if (!this.has(peerId)) return;
    this.#stopTimer(peerId);
    if (path?.isAlive) return;
    // A closed path: not from within the mesh's own change, as another one may be taking over right now.
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
