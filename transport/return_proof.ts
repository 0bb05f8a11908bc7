/**
 * Whether a peer that the node knows is the one at the other end of a direct path. Anybody may have taken
 * the id meanwhile, and everybody knows which page (`instance`) had it. So the session sends a nonce over
 * the direct path, and whoever is there sends it back through the node, which says whose it is. Knows no
 * frames; sending is its owner's.
 */
import { SILENCE_MS } from "./absent_peers.ts";
import { randomHex } from "./identity.ts";
import type { PeerId, PeerInfo } from "./protocol.ts";
import type { Clock, PathState } from "./transport.ts";

/** Between two questions: a round trip over the direct path and one through the node of a slow phone. */
const ASK_EVERY_MS = 1_000;
/**
 * Questions that a path which answers leaves without a proof, before both are taken for two peers: the
 * peer may have lost the node, which takes up to a minute to notice. Older sessions never give one.
 */
const MAX_ASKED = 60;
/** The same under another id: nobody may keep somebody out of sight for longer. */
const MAX_ASKED_ANOTHER = 5;
/** From then on: they may be one all the same, which could not answer. */
const ASK_AGAIN_MS = 15_000;
/** Between two answers to one peer: each costs a frame through the node. */
const ANSWER_INTERVAL_MS = 500;

export interface ReturnProofOptions {
  /** Asks the peer of the direct path to `pathId`. */
  readonly ask: (pathId: PeerId, question: Question) => void;
  /** The peer id that the node knows, or knew, this session by. */
  readonly self: () => PeerId;
  /** Whether the node can bring an answer. */
  readonly isOnline: () => boolean;
  /** Sends a nonce back through the node; false when there is no way to it now. */
  readonly answer: (peerId: PeerId, nonce: string) => boolean;
  /** The direct path to a peer; null when none is open. */
  readonly path: (peerId: PeerId) => PathState | null;
  /** The peer at the node has shown that it is the one of the direct path to `pathId`. */
  readonly onProved: (pathId: PeerId, info: PeerInfo) => void;
  /** The one at the node has not shown that in time, or the direct path has ended. */
  readonly onUnproved: (pathId: PeerId, info: PeerInfo) => void;
}

/** `as` is whom the node has to know us as; older sessions don't say. */
export interface Question {
  readonly nonce: string;
  readonly as?: PeerId | undefined;
}

interface Claim {
  pathId: PeerId;
  readonly info: PeerInfo;
  readonly nonce: string;
  /** When the direct path answered last. */
  aliveAtMs: number;
  /** Questions that it may still leave without a proof; below 0 both are taken for two. */
  left: number;
  cancel: () => void;
}

export class ReturnProof {
  readonly #clock: Clock;
  readonly #options: ReturnProofOptions;
  /** By the id at the node: several may claim one path. */
  readonly #claims = new Map<PeerId, Claim>();
  readonly #answeredAtMs = new Map<PeerId, number>();
  /** What could not be sent back yet: the node has not welcomed this session. */
  readonly #unanswered = new Map<PeerId, Question>();

  constructor(clock: Clock, options: ReturnProofOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /**
   * The node says that `info` is here; asks the peer of the direct path to `pathId` whether that is the
   * same one. It may not be able to answer: it may have lost the node, which has not noticed yet.
   */
  claim(pathId: PeerId, info: PeerInfo): void {
    const known = this.#claims.get(info.peer_id);
    known?.cancel();
    const claim: Claim = {
      pathId,
      info,
      // One of before may have been shown to somebody who had this session's id meanwhile.
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

  /** Whether a proof is waited for from `peerId` at the node, or for the path to it. */
  isPending(peerId: PeerId): boolean {
    return [...this.#claims.values()].some(({ pathId, info, left }) =>
      left >= 0 && (pathId === peerId || info.peer_id === peerId)
    );
  }

  /** Whom the node has that are not proved to be the peer of this path. */
  claimants(pathId: PeerId): PeerInfo[] {
    return this.#on(pathId).filter(({ left }) => left >= 0).map(({ info }) => info);
  }

  /** The node knows those of `isHere` alone now. */
  retain(isHere: (peerId: PeerId) => boolean): void {
    for (const peerId of [...this.#claims.keys()]) if (!isHere(peerId)) this.#drop(peerId);
  }

  /** A nonce came through the node, from the one that it knows as `peerId`. */
  proof(peerId: PeerId, nonce: string): void {
    const claim = this.#claims.get(peerId);
    if (claim?.nonce !== nonce) return;
    this.#drop(peerId);
    this.#options.onProved(claim.pathId, claim.info);
  }

  /** The direct path to a peer may have closed: decides as soon as no other one has taken over. */
  pathChanged(pathId: PeerId): void {
    if (this.#options.path(pathId) !== null) return;
    for (const claim of this.#on(pathId)) {
      claim.cancel();
      claim.cancel = this.#clock.after(0, () => this.#check(claim));
    }
  }

  /** The peer of a path goes on under `to`. */
  move(from: PeerId, to: PeerId): void {
    for (const claim of this.#on(from)) claim.pathId = to;
  }

  /**
   * A peer asks over its direct path. Under another id than it asks for, the nonce would prove somebody
   * else.
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

  /** The node has welcomed this session: what it was asked before can be answered. */
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
