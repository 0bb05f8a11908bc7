/**
 * Decides whether to believe the node about a peer that has a direct path. The node may lose a peer whose
 * path still works, and another peer may have taken its id meanwhile. The peer on a path keeps its known
 * identity until the peer at the node has proved to be the same one.
 */
import { AbsentPeers } from "./absent_peers.ts";
import { randomPeerId } from "../random_ids.ts";
import type { LeaveReason, PeerId, PeerInfo } from "../protocol/mod.ts";
import { type Question, ReturnProof, type ReturnProofOptions } from "./return_proof.ts";
import type { Clock } from "../transport.ts";

export interface PresenceOptions
  extends Pick<ReturnProofOptions, "ask" | "answer" | "self" | "isOnline" | "path"> {
  /** How many peers may be absent. */
  readonly limit: () => number;
  /** All peers that are shown. */
  readonly known: () => readonly PeerInfo[];
  /** Whether an id is, or was, this device's own. */
  readonly isOwn: (peerId: PeerId) => boolean;
  /** Shows a peer, or its changes. */
  readonly admit: (info: PeerInfo) => void;
  /** The peer is gone. */
  readonly remove: (peerId: PeerId) => void;
  /** A connected peer continues under another id, which no other peer has. */
  readonly move: (from: PeerId, to: PeerId) => void;
}

export class Presence {
  readonly #options: PresenceOptions;
  readonly #absent: AbsentPeers;
  readonly #proofs: ReturnProof;

  constructor(clock: Clock, options: PresenceOptions) {
    this.#options = options;
    const { limit, path } = options;
    this.#absent = new AbsentPeers(clock, { limit, path, onGone: (peerId) => this.#end(peerId) });
    this.#proofs = new ReturnProof(clock, {
      ...options,
      onProved: (pathId, info) => this.#unite(pathId, info),
      onUnproved: (pathId, info) => {
        const isAlive = path(pathId)?.isAlive === true;
        if (isAlive && pathId === info.peer_id) this.#displace(pathId);
        else if (!isAlive && this.#absent.has(pathId)) this.#end(pathId);
        options.admit(info);
      },
    });
  }

  /** Whether the node no longer knows a peer, so that only its direct path reaches it. */
  isAbsent(peerId: PeerId): boolean {
    return this.#absent.has(peerId);
  }

  /** Whether frames from the node under this id may come from another peer than the connected one. */
  isDoubted(peerId: PeerId): boolean {
    return this.#absent.has(peerId) || this.#proofs.isPending(peerId);
  }

  /**
   * Returns the peers to show after a `welcome`: the believed ones of `present`, and absent ones that stay.
   */
  welcome(present: readonly PeerInfo[]): PeerInfo[] {
    const ids = new Map(present.map((info) => [info.peer_id, info]));
    for (const { peer_id: peerId, instance } of this.#options.known()) {
      const info = ids.get(peerId);
      if (info === undefined) this.#absent.lost(peerId);
      // Another page has the id now: the page on the direct path is not at the node.
      else if (info.instance !== instance) this.#replaced(peerId);
    }
    this.#proofs.retain((peerId) => ids.has(peerId));
    // Known ids first: their claims decide whether an unknown id may be the same peer.
    const known = new Set(this.#options.known().map(({ peer_id }) => peer_id));
    const [before, after] = [true, false].map((isKnown) =>
      present.filter(({ peer_id }) => known.has(peer_id) === isKnown)
        .flatMap((info) => this.#believed(info) ?? [])
    );
    const shown = [...before!, ...after!];
    const shownIds = new Set(shown.map(({ peer_id }) => peer_id));
    // After a restart of the node, this session may be back before the absent peers.
    const absent = this.#options.known().filter(({ peer_id }) =>
      this.#absent.has(peer_id) && !shownIds.has(peer_id)
    );
    return [...shown, ...absent];
  }

  /** Handles the node's report that a peer came or changed. */
  here(info: PeerInfo): void {
    const { peer_id: peerId, instance } = info;
    const known = this.#options.known().find(({ peer_id }) => peer_id === peerId);
    const isAnother = known !== undefined && known.instance !== instance;
    if (isAnother && this.isDoubted(peerId)) this.#replaced(peerId);
    // Another page under a known id may be a peer that continues here under another id.
    const isNews = known === undefined || isAnother || this.isDoubted(peerId);
    const believed = isNews ? this.#believed(info) : info;
    if (believed !== null) this.#options.admit(believed);
  }

  /** Removes a peer that left the node. Without a goodbye, it stays while its direct path is open. */
  left(peerId: PeerId, reason: LeaveReason): void {
    // If so, the peer that left the node had not proved to be the connected peer.
    const isAnother = this.isDoubted(peerId);
    this.#proofs.retain((other) => other !== peerId);
    if ((reason === "left" && !isAnother) || !this.#absent.lost(peerId)) {
      this.#end(peerId);
    }
  }

  /** Returns the believed info about a peer; null while a proof is awaited. */
  #believed(info: PeerInfo): PeerInfo | null {
    const connected = this.#connectedAs(info);
    if (connected === undefined) return info;
    const { peer_id: pathId } = connected;
    this.#proofs.claim(pathId, info);
    return this.#absent.has(pathId) || pathId !== info.peer_id ? null : connected;
  }

  /** Returns the connected peer that may be `info`: the same page under this id, or under a doubted id. */
  #connectedAs({ peer_id: peerId, instance }: PeerInfo): PeerInfo | undefined {
    const same = this.#options.known().filter((known) =>
      instance !== "" && known.instance === instance
    );
    const known = same.find(({ peer_id }) => peer_id === peerId);
    if (known !== undefined) {
      const isOpen = this.#absent.has(peerId) || this.#options.path(peerId) !== null;
      return isOpen ? known : undefined;
    }
    if (this.#options.isOwn(peerId)) return undefined;
    return same.find(({ peer_id }) => this.isDoubted(peer_id));
  }

  /** Handles a new page under this id at the node: a page that is gone made the earlier claim under it. */
  #replaced(peerId: PeerId): void {
    this.#proofs.retain((other) => other !== peerId);
    this.#displace(peerId);
  }

  /**
   * Handles that another peer has the id of a connected peer. The connected peer continues under an id that
   * only this session knows, until its path ends or it comes back to the node.
   */
  #displace(peerId: PeerId): void {
    if (this.#absent.lost(peerId)) this.#move(peerId, randomPeerId());
    else if (this.#options.path(peerId)?.isAlive) this.#end(peerId);
  }

  /** Merges the two: the peer at the node has proved to be the one on the direct path to `pathId`. */
  #unite(pathId: PeerId, info: PeerInfo): void {
    const { peer_id: peerId } = info;
    const isBoth = pathId !== peerId &&
      this.#options.known().some(({ peer_id }) => peer_id === peerId);
    if (isBoth) this.#end(pathId);
    else if (pathId !== peerId) this.#move(pathId, peerId);
    this.#absent.returned(peerId);
    this.#options.admit(info);
    // All other claimants of the path are other peers.
    const others = this.#proofs.claimants(peerId);
    this.#proofs.forget(peerId);
    for (const other of others) this.#options.admit(other);
  }

  #move(from: PeerId, to: PeerId): void {
    this.#absent.move(from, to);
    this.#proofs.move(from, to);
    this.#options.move(from, to);
    this.#absent.pathChanged(to);
  }

  /** Removes a peer that is gone. The peers at the node that claimed its path can be shown now. */
  #end(peerId: PeerId): void {
    const claimants = this.#proofs.claimants(peerId);
    this.#absent.returned(peerId);
    this.#proofs.forget(peerId);
    this.#options.remove(peerId);
    for (const claimant of claimants) this.#options.admit(claimant);
  }

  /** The direct path to a peer opened, closed, answers or went silent. */
  pathChanged(peerId: PeerId): void {
    this.#absent.pathChanged(peerId);
    this.#proofs.pathChanged(peerId);
  }

  /** Handles a question that a peer asks over its direct path. */
  asked(peerId: PeerId, question: Question): void {
    this.#proofs.asked(peerId, question);
  }

  /** Handles a nonce that came through the node. */
  proof(peerId: PeerId, nonce: string): void {
    this.#proofs.proof(peerId, nonce);
  }

  /** The node has welcomed this session. */
  welcomed(): void {
    this.#proofs.welcome();
  }

  close(): void {
    this.#absent.close();
    this.#proofs.close();
  }
}
