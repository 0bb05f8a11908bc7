/**
 * Peers that the node does not know (any more) but that still answer on a direct path: they lost the
 * node alone, or come back later than others after its restart. They stay for as long as it does.
 */
import type { PeerId, PeerInfo } from "./protocol.ts";
import type { Clock, PathState } from "./transport.ts";

/**
 * An absent peer whose path answers no more is gone after this: a path that breaks for a moment comes
 * back sooner, and whoever closed the page is not shown for longer.
 */
const SILENCE_MS = 4_000;

export interface AbsentPeersOptions {
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

  constructor(clock: Clock, options: AbsentPeersOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  has(peerId: PeerId): boolean {
    return this.#peers.has(peerId);
  }

  /** The node has lost a peer. False when it does not answer directly either: then it is gone. */
  lost(peerId: PeerId): boolean {
    if (!this.#isAlive(peerId)) return false;
    this.#peers.add(peerId);
    return true;
  }

  /** Those of `known` that are not among `present` and answer directly all the same: they stay. */
  keep(present: readonly PeerInfo[], known: readonly PeerInfo[]): PeerInfo[] {
    const ids = new Set(present.map(({ peer_id }) => peer_id));
    for (const id of ids) this.returned(id);
    return known.filter(({ peer_id }) =>
      !ids.has(peer_id) && (this.has(peer_id) || this.lost(peer_id))
    );
  }

  /** The node knows it again, or it is gone. */
  returned(peerId: PeerId): void {
    this.#peers.delete(peerId);
    this.#stopTimer(peerId);
  }

  /** The direct path to a peer opened, closed, answers or went silent. */
  pathChanged(peerId: PeerId): void {
    if (!this.has(peerId)) return;
    if (this.#isAlive(peerId)) return this.#stopTimer(peerId);
    const isClosed = this.#options.path(peerId) === null;
    if (this.#timers.has(peerId) && !isClosed) return;
    this.#stopTimer(peerId);
    // A closed path: not from within the mesh's own change, as another one may be taking over right now.
    const delayMs = isClosed ? 0 : SILENCE_MS;
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
  }

  #isAlive(peerId: PeerId): boolean {
    return this.#options.path(peerId)?.isAlive === true;
  }

  #stopTimer(peerId: PeerId): void {
    this.#timers.get(peerId)?.();
    this.#timers.delete(peerId);
  }
}
