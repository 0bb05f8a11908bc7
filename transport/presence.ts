/**
 * Whether what the node says of a peer is believed where there is a direct path to one. A node may lose
 * a peer that goes on on its path, and an id may have gone to somebody else meanwhile: whoever answers on
 * a path stays what it is known as until the one at the node has proved to be the same.
 */
import { AbsentPeers } from "./absent_peers.ts";
import { randomPeerId } from "./identity.ts";
import type { LeaveReason, PeerId, PeerInfo } from "./protocol.ts";
import { type Question, ReturnProof, type ReturnProofOptions } from "./return_proof.ts";
import type { Clock } from "./transport.ts";

export interface PresenceOptions
  extends Pick<ReturnProofOptions, "ask" | "answer" | "self" | "isOnline" | "path"> {
  /** How many peers may be absent. */
  readonly limit: () => number;
  /** Everybody who is shown. */
  readonly known: () => readonly PeerInfo[];
  /** Whether an id is, or was, this device's own. */
  readonly isOwn: (peerId: PeerId) => boolean;
  /** Shows a peer, or what changed about it. */
  readonly admit: (info: PeerInfo) => void;
  /** The peer is gone. */
  readonly remove: (peerId: PeerId) => void;
  /** A connected peer goes on under another id, which nobody has. */
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

  /** Whether the node does not know a peer any more, so that nothing but its direct path reaches it. */
  isAbsent(peerId: PeerId): boolean {
    return this.#absent.has(peerId);
  }

  /** Whether what the node passes on under this id may be another one's than the connected peer's. */
  isDoubted(peerId: PeerId): boolean {
    return this.#absent.has(peerId) || this.#proofs.isPending(peerId);
  }

  /** Those of a `welcome` who are shown, as far as they are believed, and who stays beside them. */
  welcome(present: readonly PeerInfo[]): PeerInfo[] {
    const ids = new Map(present.map((info) => [info.peer_id, info]));
    for (const { peer_id: peerId, instance } of this.#options.known()) {
      const info = ids.get(peerId);
      if (info === undefined) this.#absent.lost(peerId);
      // Another page, whoever opened it: the one of the direct path is not at the node.
      else if (info.instance !== instance) this.#replaced(peerId);
    }
    this.#proofs.retain((peerId) => ids.has(peerId));
    // Whose id is claimed is known before who else may be that peer.
    const known = new Set(this.#options.known().map(({ peer_id }) => peer_id));
    const [before, after] = [true, false].map((isKnown) =>
      present.filter(({ peer_id }) => known.has(peer_id) === isKnown)
        .flatMap((info) => this.#believed(info) ?? [])
    );
    const shown = [...before!, ...after!];
    const shownIds = new Set(shown.map(({ peer_id }) => peer_id));
    // After a restart of the node this session may be the first one back.
    const absent = this.#options.known().filter(({ peer_id }) =>
      this.#absent.has(peer_id) && !shownIds.has(peer_id)
    );
    return [...shown, ...absent];
  }

  /** The node says that a peer came, or what changed about it. */
  here(info: PeerInfo): void {
    const { peer_id: peerId, instance } = info;
    const known = this.#options.known().find(({ peer_id }) => peer_id === peerId);
    const isAnother = known !== undefined && known.instance !== instance;
    if (isAnother && this.isDoubted(peerId)) this.#replaced(peerId);
    // Another page under a known id may be one that goes on here under another.
    const isNews = known === undefined || isAnother || this.isDoubted(peerId);
    const believed = isNews ? this.#believed(info) : info;
    if (believed !== null) this.#options.admit(believed);
  }

  /** The node says that a peer left. It stays, and is talked with, while its direct path is open. */
  left(peerId: PeerId, reason: LeaveReason): void {
    // Then the one at the node has left, who had not proved to be the connected peer.
    const isAnother = this.isDoubted(peerId);
    this.#proofs.retain((other) => other !== peerId);
    if ((reason === "left" && !isAnother) || !this.#absent.lost(peerId)) {
      this.#end(peerId);
    }
  }

  /** What the node says of a peer, as far as it is believed; null where it waits for a proof. */
  #believed(info: PeerInfo): PeerInfo | null {
    const connected = this.#connectedAs(info);
    if (connected === undefined) return info;
    const { peer_id: pathId } = connected;
    this.#proofs.claim(pathId, info);
    return this.#absent.has(pathId) || pathId !== info.peer_id ? null : connected;
  }

  /** Who is connected and may be `info`: under that id, or one that has come back under it. */
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

  /** Another page has the id at the node: what was claimed under it before is of a page that is gone. */
  #replaced(peerId: PeerId): void {
    this.#proofs.retain((other) => other !== peerId);
    this.#displace(peerId);
  }

  /**
   * Somebody else has the id of a connected peer. It goes on under one that is known here alone, until
   * its path ends or it comes back to the node.
   */
  #displace(peerId: PeerId): void {
    if (this.#absent.lost(peerId)) this.#move(peerId, randomPeerId());
    else if (this.#options.path(peerId)?.isAlive) this.#end(peerId);
  }

  /** The peer at the node is the one of the direct path to `pathId`. */
  #unite(pathId: PeerId, info: PeerInfo): void {
    const { peer_id: peerId } = info;
    const isBoth = pathId !== peerId &&
      this.#options.known().some(({ peer_id }) => peer_id === peerId);
    if (isBoth) this.#end(pathId);
    else if (pathId !== peerId) this.#move(pathId, peerId);
    this.#absent.returned(peerId);
    this.#options.admit(info);
    // Whoever else had claimed the path is somebody else.
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

  /** A peer is gone: there is nobody left to mistake those at the node for. */
  #end(peerId: PeerId): void {
    const claimants = this.#proofs.claimants(peerId);
    this.#options.remove(peerId);
    for (const claimant of claimants) this.#options.admit(claimant);
  }

  /** The direct path to a peer opened, closed, answers or went silent. */
  pathChanged(peerId: PeerId): void {
    this.#absent.pathChanged(peerId);
    this.#proofs.pathChanged(peerId);
  }

  /** A peer asks over its direct path. */
  asked(peerId: PeerId, question: Question): void {
    this.#proofs.asked(peerId, question);
  }

  /** A nonce came through the node. */
  proof(peerId: PeerId, nonce: string): void {
    this.#proofs.proof(peerId, nonce);
  }

  /** The node has welcomed this session. */
  welcomed(): void {
    this.#proofs.welcome();
  }

  /** The peer is gone. */
  forget(peerId: PeerId): void {
    this.#absent.returned(peerId);
    this.#proofs.forget(peerId);
  }

  close(): void {
    this.#absent.close();
    this.#proofs.close();
  }
}
