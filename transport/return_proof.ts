/**
 * Whether a peer that the node knows (again) is the one at the other end of the direct path. Anybody may
 * have taken the id meanwhile, and everybody knows which page (`instance`) had it. So the session sends
 * a nonce over the direct path, and whoever is there sends it back through the node, which says whose
 * it is. Knows no frames; sending is its owner's.
 */
import { randomHex } from "./identity.ts";
import type { PeerId, PeerInfo } from "./protocol.ts";
import type { Clock } from "./transport.ts";

/** Between two questions: a round trip over the direct path and one through the node of a slow phone. */
const ASK_EVERY_MS = 1_000;
/** Questions that a path which answers leaves without a proof. Older sessions never give one. */
const MAX_ASKED = 5;
/** The same, of a peer that may have lost the node, which takes 15 s or more to notice. */
const MAX_ASKED_UNNOTICED = 45;
/** Between two answers to one peer: each costs a frame through the node. */
const ANSWER_INTERVAL_MS = 500;

export interface ReturnProofOptions {
  /** Sends a nonce over the direct path. */
  readonly ask: (peerId: PeerId, nonce: string) => void;
  /** Sends a nonce back through the node; false when there is no way to it now. */
  readonly answer: (peerId: PeerId, nonce: string) => boolean;
  /** Whether the direct path answers: while it is silent nothing is decided. */
  readonly isAlive: (peerId: PeerId) => boolean;
  /** The peer at the node is the one of the direct path, or could not show that. */
  readonly onDecided: (info: PeerInfo, outcome: { isSame: boolean }) => void;
}

interface Claim {
  info: PeerInfo;
  readonly nonce: string;
  /** Questions that a path which answers may still leave without a proof. */
  left: number;
  cancel: () => void;
}

export class ReturnProof {
  readonly #clock: Clock;
  readonly #options: ReturnProofOptions;
  readonly #claims = new Map<PeerId, Claim>();
  readonly #answeredAtMs = new Map<PeerId, number>();
  /** What could not be sent back yet: the node has not welcomed this session. */
  readonly #unanswered = new Map<PeerId, string>();

  constructor(clock: Clock, options: ReturnProofOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /**
   * The node says that `info` is here; asks the peer of the direct path whether that is the same one.
   * `mayBeLost`: the node may not have noticed yet that this peer has lost it, and can't answer.
   */
  claim(info: PeerInfo, { mayBeLost }: { mayBeLost: boolean }): void {
    const known = this.#claims.get(info.peer_id);
    if (known !== undefined) {
      known.info = info;
      return;
    }
    const left = mayBeLost ? MAX_ASKED_UNNOTICED : MAX_ASKED;
    const claim: Claim = { info, nonce: randomHex(16), left, cancel: () => {} };
    this.#claims.set(info.peer_id, claim);
    this.#ask(claim);
  }

  /** Whether a peer has yet to show that it is the one of its direct path. */
  has(peerId: PeerId): boolean {
    return this.#claims.has(peerId);
  }

  /** The node knows nobody under that id any more, or there is no direct path to compare with. */
  withdraw(peerId: PeerId): void {
    this.#claims.get(peerId)?.cancel();
    this.#claims.delete(peerId);
  }

  /** A nonce came through the node, from the one that it knows as `peerId`. */
  shown(peerId: PeerId, nonce: string): void {
    if (this.#claims.get(peerId)?.nonce === nonce) this.#decide(peerId, { isSame: true });
  }

  /** A peer asks over its direct path. */
  asked(peerId: PeerId, nonce: string): void {
    const nowMs = this.#clock.now();
    if (nowMs - (this.#answeredAtMs.get(peerId) ?? -Infinity) < ANSWER_INTERVAL_MS) return;
    if (this.#options.answer(peerId, nonce)) {
      this.#answeredAtMs.set(peerId, nowMs);
      this.#unanswered.delete(peerId);
    } else this.#unanswered.set(peerId, nonce);
  }

  /** The node has welcomed this session: what it was asked before can be answered. */
  welcome(): void {
    for (const [peerId, nonce] of [...this.#unanswered]) this.asked(peerId, nonce);
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

  #ask(claim: Claim): void {
    const { info: { peer_id: peerId }, nonce } = claim;
    if (this.#options.isAlive(peerId)) {
      if (claim.left === 0) return this.#decide(peerId, { isSame: false });
      claim.left--;
    }
    this.#options.ask(peerId, nonce);
    claim.cancel = this.#clock.after(ASK_EVERY_MS, () => this.#ask(claim));
  }

  #decide(peerId: PeerId, outcome: { isSame: boolean }): void {
    const claim = this.#claims.get(peerId);
    if (claim === undefined) return;
    this.withdraw(peerId);
    this.#options.onDecided(claim.info, outcome);
  }
}
