/**
 * Finds out whether a peer that the node knows is the peer at the other end of a direct path. Any peer may
 * have taken the id meanwhile, and every peer knows which page (`instance`) had it. So the session sends a
 * nonce over the direct path. The peer there sends it back through the node, which names the sender. This
 * module knows no frames; its owner sends them.
 */
import { SILENCE_MS } from "./absent_peers.ts";
import { randomHex } from "../random_ids.ts";
import type { PeerId, PeerInfo } from "../protocol/mod.ts";
import type { Clock, PathState } from "../transport.ts";

/** Time between two questions: round trips over the direct path and through the node, for a slow phone. */
const ASK_EVERY_MS = 1_000;
/**
 * Questions on an answering path without a proof, after which the two ends count as two peers. The peer may
 * have lost the node, and the node takes up to a minute to notice. Older sessions never send a proof.
 */
const MAX_ASKED = 60;
/** The same for a claim under another id: a peer must not keep another one hidden for longer. */
const MAX_ASKED_ANOTHER = 5;
/** Time between questions after that limit: the two may still be one peer that could not answer. */
const ASK_AGAIN_MS = 15_000;
/** Least time between two answers to one peer: each costs a frame through the node. */
const ANSWER_INTERVAL_MS = 500;

export interface ReturnProofOptions {
  /** Asks the peer of the direct path to `pathId`. */
  readonly ask: (pathId: PeerId, question: Question) => void;
  /** The peer id under which the node knows, or knew, this session. */
  readonly self: () => PeerId;
  /** Whether an answer can come through the node. */
  readonly isOnline: () => boolean;
  /** Sends a nonce back through the node; false when there is no way to it now. */
  readonly answer: (peerId: PeerId, nonce: string) => boolean;
  /** The direct path to a peer; null when none is open. */
  readonly path: (peerId: PeerId) => PathState | null;
  /** The peer at the node has proved to be the peer on the direct path to `pathId`. */
  readonly onProved: (pathId: PeerId, info: PeerInfo) => void;
  /** The peer at the node sent no proof in time, or the direct path has ended. */
  readonly onUnproved: (pathId: PeerId, info: PeerInfo) => void;
}

/** `as` is the id under which the node must know the asked peer; absent from older sessions. */
export interface Question {
  readonly nonce: string;
  readonly as?: PeerId | undefined;
}

interface Claim {
  pathId: PeerId;
  readonly info: PeerInfo;
  readonly nonce: string;
  /** When the direct path was last known to be alive. */
  aliveAtMs: number;
  /** Questions left before the two ends count as two peers; negative once they do. */
  left: number;
  cancel: () => void;
}

export class ReturnProof {
  readonly #clock: Clock;
  readonly #options: ReturnProofOptions;
  /** By the peer id at the node. Several claims may be about one path. */
  readonly #claims = new Map<PeerId, Claim>();
  readonly #answeredAtMs = new Map<PeerId, number>();
  /** Questions that could not be answered yet, by peer: there was no way to the node. */
  readonly #unanswered = new Map<PeerId, Question>();

  constructor(clock: Clock, options: ReturnProofOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /**
   * Starts to ask the peer on the direct path to `pathId` whether it is `info`, which the node announces. The
   * peer may be unable to answer: it may have lost the node, which has not noticed yet.
   */
  claim(pathId: PeerId, info: PeerInfo): void {
    const known = this.#claims.get(info.peer_id);
    known?.cancel();
    const claim: Claim = {
      pathId,
      info,
      // Always fresh: a peer that held this session's id meanwhile may have received an earlier nonce.
      nonce: randomHex(16),
      aliveAtMs: this.#clock.now(),
      left: known?.pathId === pathId
        ? known.left
        : pathId === info.peer_id
        ? MAX_ASKED
        : MAX_ASKED_ANOTHER,
      cancel: () => {},
    };
    this.#claims.set(info.peer_id, claim);
    this.#check(claim);
  }

  /** Whether a proof is awaited from `peerId` at the node, or for the direct path to it. */
  isPending(peerId: PeerId): boolean {
    return [...this.#claims.values()].some(({ pathId, info, left }) =>
      left >= 0 && (pathId === peerId || info.peer_id === peerId)
    );
  }

  /** The peers at the node that claim this path and have not proved it yet. */
  claimants(pathId: PeerId): PeerInfo[] {
    return this.#on(pathId).filter(({ left }) => left >= 0).map(({ info }) => info);
  }

  /** Drops the claims of peers that the node no longer knows. */
  retain(isHere: (peerId: PeerId) => boolean): void {
    for (const peerId of [...this.#claims.keys()]) if (!isHere(peerId)) this.#drop(peerId);
  }

  /** Handles a nonce that came through the node from the peer that it knows as `peerId`. */
  proof(peerId: PeerId, nonce: string): void {
    const claim = this.#claims.get(peerId);
    if (claim?.nonce !== nonce) return;
    this.#drop(peerId);
    this.#options.onProved(claim.pathId, claim.info);
  }

  /** Checks the claims to a path that has closed, after a moment in which another path may take over. */
  pathChanged(pathId: PeerId): void {
    if (this.#options.path(pathId) !== null) return;
    for (const claim of this.#on(pathId)) {
      claim.cancel();
      claim.cancel = this.#clock.after(0, () => this.#check(claim));
    }
  }

  /** Notes that the peer of a path continues under the id `to`. */
  move(from: PeerId, to: PeerId): void {
    for (const claim of this.#on(from)) claim.pathId = to;
  }

  /**
   * Answers a question that a peer asks over its direct path. If the question names another id than this
   * session has at the node, there is no answer: the nonce would prove the wrong peer.
   */
  asked(peerId: PeerId, question: Question): void {
    const { nonce, as = this.#options.self() } = question;
    if (as !== this.#options.self()) return void this.#unanswered.delete(peerId);
    const nowMs = this.#clock.now();
    if (nowMs - (this.#answeredAtMs.get(peerId) ?? -Infinity) < ANSWER_INTERVAL_MS) return;
    if (this.#options.isOnline() && this.#options.answer(peerId, nonce)) {
      this.#answeredAtMs.set(peerId, nowMs);
      this.#unanswered.delete(peerId);
    } else this.#unanswered.set(peerId, { nonce, as });
  }

  /** Answers the earlier questions, now that the node has welcomed this session. */
  welcome(): void {
    for (const [peerId, question] of [...this.#unanswered]) this.asked(peerId, question);
  }

  /** The peer is gone. */
  forget(peerId: PeerId): void {
    for (const { info } of this.#on(peerId)) this.#drop(info.peer_id);
    this.#answeredAtMs.delete(peerId);
    this.#unanswered.delete(peerId);
  }

  close(): void {
    this.retain(() => false);
  }

  /** The claims to one path. */
  #on(pathId: PeerId): Claim[] {
    return [...this.#claims.values()].filter((claim) => claim.pathId === pathId);
  }

  #drop(peerId: PeerId): void {
    this.#claims.get(peerId)?.cancel();
    this.#claims.delete(peerId);
  }

  #check(claim: Claim): void {
    const { pathId, info, nonce } = claim;
    const path = this.#options.path(pathId);
    const nowMs = this.#clock.now();
    const isAsked = path?.isAlive === true && this.#options.isOnline();
    if (path?.isAlive) claim.aliveAtMs = nowMs;
    if (path === null || nowMs - claim.aliveAtMs >= SILENCE_MS) {
      this.#drop(info.peer_id);
      if (claim.left >= 0) this.#options.onUnproved(pathId, info);
      return;
    }
    if (isAsked) {
      this.#options.ask(pathId, { nonce, as: info.peer_id });
      if (--claim.left === -1) this.#options.onUnproved(pathId, info);
      if (this.#claims.get(info.peer_id) !== claim) return;
    }
    const pauseMs = claim.left < 0 ? ASK_AGAIN_MS : ASK_EVERY_MS;
    claim.cancel = this.#clock.after(pauseMs, () => this.#check(claim));
  }
}
