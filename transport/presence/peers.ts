/**
 * The other peers in the room, as a session shows them. Ties together which peers are believed (`presence.ts`),
 * how each is shown (`roster.ts`), the paths to them and the report of these to the node. Each coming, going
 * and change of id of a peer runs through here, in one order for all parts. Knows no messages.
 */
import { DIRECT_ONLY_LIMIT, MESH_LIMIT } from "../paths/neighbours.ts";
import type { PeerPaths } from "../mesh/peer_paths.ts";
import type { StrategyInForce } from "../paths/strategy.ts";
import { PathReporter } from "./path_report.ts";
import { Presence } from "./presence.ts";
import type { LeaveReason, MemberFrame, PeerId, PeerInfo, Welcome } from "../protocol/mod.ts";
import type { Question } from "./return_proof.ts";
import { Roster } from "./roster.ts";
import type { Clock } from "../transport.ts";
import type { PeerView, SessionEvent, UplinkView } from "../view.ts";

export interface PeersHandlers {
  /** A peer came or changed, after the first `welcome`. */
  onAdmitted(peerId: PeerId): void;
  /** A connected peer continues under the id `to`. */
  onMoved(from: PeerId, to: PeerId): void;
  onGone(peerId: PeerId): void;
}

export interface PeersOptions {
  readonly clock: Clock;
  readonly strategy: StrategyInForce;
  readonly paths: PeerPaths;
  /** The connection to the node. */
  readonly uplink: () => UplinkView;
  /** Sends a frame to the node; false when that is not possible now. */
  readonly sendToNode: (frame: MemberFrame) => boolean;
  /** The peer id of this session, which may change. */
  readonly self: () => PeerId;
  /** Whether an id is, or was, this device's own. */
  readonly isOwn: (peerId: PeerId) => boolean;
  readonly emit: (event: SessionEvent) => void;
  readonly handlers: PeersHandlers;
}

export class Peers {
  readonly #options: PeersOptions;
  readonly #presence: Presence;
  readonly #roster: Roster;
  readonly #reporter: PathReporter;

  constructor(options: PeersOptions) {
    this.#options = options;
    const { clock, sendToNode } = options;
    this.#presence = this.#createPresence();
    this.#reporter = new PathReporter({
      clock,
      send: sendToNode,
      peers: () => this.#roster.peers,
    });
    this.#roster = this.#createRoster();
  }

  #createPresence(): Presence {
    const { clock, strategy, paths, uplink, sendToNode, self, isOwn } = this.#options;
    return new Presence(clock, {
      limit: () => strategy.rules.throughNode ? MESH_LIMIT : DIRECT_ONLY_LIMIT,
      known: () => this.#roster.infos,
      isOwn,
      path: (peerId) => paths.direct(peerId),
      self,
      isOnline: () => uplink().state === "online",
      ask: (pathId, payload) => {
        paths.sendDirectly([pathId], { type: "prove", peer_id: self(), payload });
      },
      answer: (peerId, proof) =>
        sendToNode({ type: "relay", target_peer_id: peerId, payload: { proof } }),
      admit: (info) => this.#admit(info),
      remove: (peerId) => this.#remove(peerId),
      move: (from, to) => this.#move(from, to),
    });
  }

  #createRoster(): Roster {
    const { clock, strategy, paths, uplink, emit } = this.#options;
    return new Roster({
      clock,
      emit: (event) => {
        this.#reporter.changed();
        emit(event);
      },
      directPath: (peerId) => paths.direct(peerId),
      reason: (peer) => paths.reason(peer),
      uplinkTier: (peerId) => {
        const isThroughNode = strategy.rules.throughNode && !this.isAbsent(peerId);
        return isThroughNode ? uplink().tier : null;
      },
    });
  }

  /** Sorted by join time; a new array after every change. */
  get views(): readonly PeerView[] {
    return this.#roster.peers;
  }

  get ids(): PeerId[] {
    return this.#roster.ids;
  }

  has(peerId: PeerId): boolean {
    return this.#roster.has(peerId);
  }

  /** Whether the node no longer knows a peer, so that only its direct path reaches it. */
  isAbsent(peerId: PeerId): boolean {
    return this.#presence.isAbsent(peerId);
  }

  /** Whether frames from the node under this id may come from another peer than the connected one. */
  isDoubted(peerId: PeerId): boolean {
    return this.#presence.isDoubted(peerId);
  }

  /** Whether frames from the node under this id may be from another peer than the one answering directly. */
  isAnothers(peerId: PeerId): boolean {
    return this.isAbsent(peerId) ||
      (this.#options.paths.isAnswering(peerId) && this.isDoubted(peerId));
  }

  /** Brings the peers, and the paths to them, in line with a `welcome`. */
  welcome(welcome: Welcome): void {
    const { paths, handlers } = this.#options;
    const { peer_id, peers, path_reports } = welcome;
    const others = this.#presence.welcome(peers.filter((peer) => peer.peer_id !== peer_id));
    for (const peerId of this.#roster.sync(others)) handlers.onGone(peerId);
    paths.welcome(welcome, others);
    this.#roster.refresh();
    this.#reporter.welcome({ isWanted: path_reports ?? false });
  }

  /** Answers the peers that asked for a proof while there was no way to the node. */
  answerAsked(): void {
    this.#presence.welcomed();
  }

  /** Handles the node's report that a peer came or changed. */
  here(info: PeerInfo): void {
    if (info.peer_id !== this.#options.self()) this.#presence.here(info);
  }

  /** Handles the node's report that a peer left it. */
  left(peerId: PeerId, reason: LeaveReason): void {
    this.#presence.left(peerId, reason);
    this.#roster.refresh(peerId);
  }

  /** The direct path to a peer has changed. */
  pathChanged(peerId: PeerId): void {
    this.#roster.refresh(peerId);
    this.#presence.pathChanged(peerId);
  }

  /** The connection to the node has changed. */
  uplinkChanged(): void {
    this.#roster.refresh();
  }

  setTyping(peerId: PeerId, isTyping: boolean): void {
    this.#roster.setTyping(peerId, isTyping);
  }

  /** Handles a question that a peer asks over its direct path. */
  asked(peerId: PeerId, question: Question): void {
    this.#presence.asked(peerId, question);
  }

  /** Handles a nonce that came through the node. */
  proof(peerId: PeerId, nonce: string): void {
    this.#presence.proof(peerId, nonce);
  }

  close(): void {
    this.#presence.close();
    this.#roster.close();
    this.#reporter.close();
  }

  #admit(info: PeerInfo): void {
    const { paths, handlers } = this.#options;
    paths.add(info);
    this.#roster.put(info);
    handlers.onAdmitted(info.peer_id);
  }

  #remove(peerId: PeerId): void {
    const { paths, handlers } = this.#options;
    paths.remove(peerId);
    this.#roster.remove(peerId);
    handlers.onGone(peerId);
  }

  #move(from: PeerId, to: PeerId): void {
    const { paths, handlers } = this.#options;
    paths.move(from, to);
    handlers.onMoved(from, to);
    this.#roster.move(from, to);
  }
}
