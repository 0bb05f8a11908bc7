/**
 * Peers that the node does not know (any more) but that are still connected directly: they lost the
 * node alone, or come back later than others after its restart. They stay for as long as the direct
 * path is open. A path that no longer answers is closed by the mesh within seconds.
 */
import type { PeerId, PeerInfo } from "./protocol.ts";
import type { Clock } from "./transport.ts";

export interface AbsentPeersOptions {
  /** Whether there is an open direct path to a peer; it may be dead for the moment. */
  readonly isConnected: (peerId: PeerId) => boolean;
  /** The direct path to an absent peer has closed: nothing reaches it any more. */
  readonly onGone: (peerId: PeerId) => void;
}

export class AbsentPeers {
  readonly #clock: Clock;
  readonly #options: AbsentPeersOptions;
  readonly #peers = new Set<PeerId>();
  readonly #checks = new Map<PeerId, () => void>();

  constructor(clock: Clock, options: AbsentPeersOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  has(peerId: PeerId): boolean {
    return this.#peers.has(peerId);
  }

  /** The node has lost a peer. False when nothing else reaches it: then it is gone. */
  lost(peerId: PeerId): boolean {
    if (!this.#options.isConnected(peerId)) return false;
    this.#peers.add(peerId);
    return true;
  }

  /** Those of `known` that are not among `present` and are connected all the same: they stay. */
  keep(present: readonly PeerInfo[], known: readonly PeerInfo[]): PeerInfo[] {
    const ids = new Set(present.map(({ peer_id }) => peer_id));
    for (const id of ids) this.returned(id);
    return known.filter(({ peer_id }) => !ids.has(peer_id) && this.lost(peer_id));
  }

  /** The node knows it again, or it is gone. */
  returned(peerId: PeerId): void {
    this.#peers.delete(peerId);
    this.#checks.get(peerId)?.();
    this.#checks.delete(peerId);
  }

  /** The direct path to a peer opened, closed or changed. */
  pathChanged(peerId: PeerId): void {
    if (!this.has(peerId) || this.#checks.has(peerId)) return;
    if (this.#options.isConnected(peerId)) return;
    // Not from within the mesh's own change: another connection may be taking over right now.
    const cancel = this.#clock.after(0, () => {
      this.#checks.delete(peerId);
      if (this.#options.isConnected(peerId)) return;
      this.#peers.delete(peerId);
      this.#options.onGone(peerId);
    });
    this.#checks.set(peerId, cancel);
  }

  close(): void {
    for (const cancel of this.#checks.values()) cancel();
    this.#checks.clear();
    this.#peers.clear();
  }
}
