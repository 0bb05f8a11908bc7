/**
 * Peers that the node does not know (any more), but that are still connected to us directly: after a
 * restart of the node everyone comes back at a moment of their own. They get some time to.
 */
import type { PeerId, PeerInfo } from "./protocol.ts";
import type { Clock } from "./transport.ts";

/** The longest wait between two tries to reach the node, and time to join. */
const GRACE_MS = 15_000;

export interface AbsentPeersOptions {
  /** Whether a peer answers on its direct path. */
  readonly isReached: (peerId: PeerId) => boolean;
  /** The time is up and it has not come back. */
  readonly onGone: (peerId: PeerId) => void;
}

export class AbsentPeers {
  readonly #clock: Clock;
  readonly #options: AbsentPeersOptions;
  readonly #timers = new Map<PeerId, () => void>();

  constructor(clock: Clock, options: AbsentPeersOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Those of `known` that are not among `present` and are reached all the same: they stay for now. */
  keep(present: readonly PeerInfo[], known: readonly PeerInfo[]): PeerInfo[] {
    const ids = new Set(present.map(({ peer_id }) => peer_id));
    for (const id of ids) this.returned(id);
    const kept = known.filter(({ peer_id }) =>
      !ids.has(peer_id) && this.#options.isReached(peer_id)
    );
    for (const { peer_id } of kept) this.#wait(peer_id);
    return kept;
  }

  /** The node knows it again, or says that it left. */
  returned(peerId: PeerId): void {
    this.#timers.get(peerId)?.();
    this.#timers.delete(peerId);
  }

  close(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #wait(peerId: PeerId): void {
    if (this.#timers.has(peerId)) return;
    const cancel = this.#clock.after(GRACE_MS, () => {
      this.#timers.delete(peerId);
      this.#options.onGone(peerId);
    });
    this.#timers.set(peerId, cancel);
  }
}
