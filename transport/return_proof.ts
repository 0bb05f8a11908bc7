/**
 * Whether a peer that the node knows (again) is the one at the other end of the direct path. Anybody may
 * have taken the id meanwhile, and everybody knows which page (`instance`) had it. So the session sends
 * a nonce over the direct path, and whoever is there sends it back through the node, which says whose
 * it is. Knows no frames; sending is its owner's.
 */
import { SILENCE_MS } from "./absent_peers.ts";
import { randomHex } from "./identity.ts";
import type { PeerId, PeerInfo } from "./protocol.ts";
import type { Clock, PathState } from "./transport.ts";

/** Between two questions: a round trip over the direct path and one through the node of a slow phone. */
const ASK_EVERY_MS = 1_000;
/**
 * Questions that a path which answers leaves without a proof: the peer may have lost the node, which
 * takes up to a minute to notice. Older sessions never give one.
 */
const MAX_ASKED = 60;
/** Between two answers to one peer: each costs a frame through the node. */
const ANSWER_INTERVAL_MS = 500;

export interface ReturnProofOptions {
  /** Sends a nonce over the direct path. */
  readonly ask: (peerId: PeerId, nonce: string) => void;
  /** The peer id that the node knows, or knew, this session by. */
  readonly self: () => PeerId;
  /** Sends a nonce back through the node; false when there is no way to it now. */
  readonly answer: (peerId: PeerId, nonce: string) => boolean;
  /** The direct path to a peer; null when none is open. */
  readonly path: (peerId: PeerId) => PathState | null;
  /** The peer at the node has shown that it is the one of the direct path. */
  readonly onProved: (info: PeerInfo) => void;
  /** The one at the node has not shown that in time, or the direct path has ended. */
  readonly onUnproved: (info: PeerInfo) => void;
}

/** `as` is whom the node has to know us as; older sessions don't say. */
export interface Question {
  readonly nonce: string;
  readonly as?: PeerId | undefined;
}

interface Claim {
  info: PeerInfo;
  nonce: string;
  /** When the direct path answered last. */
  aliveAtMs: number;
  /** Questions that it may still leave without a proof. */
  left: number;
  cancel: () => void;
}

export class ReturnProof {
  readonly #clock: Clock;
  readonly #options: ReturnProofOptions;
  readonly #claims = new Map<PeerId, Claim>();
  readonly #answeredAtMs = new Map<PeerId, number>();
  /** What could not be sent back yet: the node has not welcomed this session. */
  readonly #unanswered = new Map<PeerId, Question>();

  constructor(clock: Clock, options: ReturnProofOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /**
   * The node says that `info` is here; asks the peer of the direct path whether that is the same one.
   * It may not be able to answer: it may have lost the node, which has not noticed yet.
   */
  claim(info: PeerInfo): void {
    const known = this.#claims.get(info.peer_id);
    known?.cancel();
    const claim: Claim = {
      info,
      // One of before may have been shown to somebody who had this session's id meanwhile.
      nonce: randomHex(16),
      aliveAtMs: this.#clock.now(),
      left: known?.left ?? MAX_ASKED,
      cancel: () => {},
    };
    this.#claims.set(info.peer_id, claim);
    this.#check(claim);
  }

  /** Whom the node has under an id that is not proved yet. */
  claimant(peerId: PeerId): PeerInfo | null {
    return this.#claims.get(peerId)?.info ?? null;
  }

  /** The node knows nobody under that id any more. */
  withdraw(peerId: PeerId): void {
    this.#claims.get(peerId)?.cancel();
    this.#claims.delete(peerId);
  }

  /** A nonce came through the node, from the one that it knows as `peerId`. */
  proof(peerId: PeerId, nonce: string): void {
    const claim = this.#claims.get(peerId);
    if (claim?.nonce !== nonce) return;
    this.withdraw(peerId);
    this.#options.onProved(claim.info);
  }

  /** The direct path to a peer may have closed: decides as soon as no other one has taken over. */
  pathChanged(peerId: PeerId): void {
    const claim = this.#claims.get(peerId);
    if (claim === undefined || this.#options.path(peerId) !== null) return;
    claim.cancel();
    claim.cancel = this.#clock.after(0, () => this.#check(claim));
  }

  /** A peer asks over its direct path. Under another id the nonce would prove somebody else. */
  asked(peerId: PeerId, question: Question): void {
    const { nonce, as = this.#options.self() } = question;
    if (as !== this.#options.self()) return void this.#unanswered.delete(peerId);
    const nowMs = this.#clock.now();
    if (nowMs - (this.#answeredAtMs.get(peerId) ?? -Infinity) < ANSWER_INTERVAL_MS) return;
    if (this.#options.answer(peerId, nonce)) {
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
    this.withdraw(peerId);
    this.#answeredAtMs.delete(peerId);
    this.#unanswered.delete(peerId);
  }

  close(): void {
    for (const peerId of [...this.#claims.keys()]) this.withdraw(peerId);
  }

  #check(claim: Claim): void {
    const { info, nonce } = claim;
    const path = this.#options.path(info.peer_id);
    const nowMs = this.#clock.now();
    if (path?.isAlive) {
      claim.aliveAtMs = nowMs;
      claim.left--;
    }
    if (path === null || claim.left < 0 || nowMs - claim.aliveAtMs >= SILENCE_MS) {
      this.withdraw(info.peer_id);
      return this.#options.onUnproved(info);
    }
    this.#options.ask(info.peer_id, nonce);
    claim.cancel = this.#clock.after(ASK_EVERY_MS, () => this.#check(claim));
  }
}
