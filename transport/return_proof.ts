/**
 * Whether a peer that the node knows again is the one at the other end of the direct path. Anybody may
 * have taken the id meanwhile, and everybody knows which page (`instance`) had it. So the session sends
 * a nonce over the direct path, and whoever is there sends it back through the node, which says whose
 * it is. Knows no frames; sending is its owner's.
 */
import { randomHex } from "./identity.ts";
import type { PeerId, PeerInfo } from "./protocol.ts";
import type { Clock } from "./transport.ts";

/** Two round trips of a slow phone. Older sessions never answer. */
const PROOF_MS = 3_000;
/** Between two answers to one peer: each costs a frame through the node. */
const ANSWER_INTERVAL_MS = 1_000;

export interface ReturnProofOptions {
  /** Sends a nonce over the direct path. */
  readonly ask: (peerId: PeerId, nonce: string) => void;
  /** Sends a nonce back through the node. */
  readonly answer: (peerId: PeerId, nonce: string) => void;
  /** The peer at the node is the one of the direct path, or it could not show that in time. */
  readonly onDecided: (info: PeerInfo, outcome: { isSame: boolean }) => void;
}

interface Claim {
  info: PeerInfo;
  readonly nonce: string;
  readonly cancel: () => void;
}

export class ReturnProof {
  readonly #clock: Clock;
  readonly #options: ReturnProofOptions;
  readonly #claims = new Map<PeerId, Claim>();
  readonly #answeredAtMs = new Map<PeerId, number>();

  constructor(clock: Clock, options: ReturnProofOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** The node says that `info` is here; asks the peer of the direct path whether that is the same one. */
  claim(info: PeerInfo): void {
    const { peer_id: peerId } = info;
    const known = this.#claims.get(peerId);
    if (known !== undefined) {
      known.info = info;
      return;
    }
    const nonce = randomHex(16);
    const cancel = this.#clock.after(PROOF_MS, () => this.#decide(peerId, { isSame: false }));
    this.#claims.set(peerId, { info, nonce, cancel });
    this.#options.ask(peerId, nonce);
  }

  /** The node knows nobody under that id any more. */
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
    this.#answeredAtMs.set(peerId, nowMs);
    this.#options.answer(peerId, nonce);
  }

  /** The peer is gone. */
  forget(peerId: PeerId): void {
    this.withdraw(peerId);
    this.#answeredAtMs.delete(peerId);
  }

  close(): void {
    for (const peerId of [...this.#claims.keys()]) this.withdraw(peerId);
  }

  #decide(peerId: PeerId, outcome: { isSame: boolean }): void {
    const claim = this.#claims.get(peerId);
    if (claim === undefined) return;
    this.withdraw(peerId);
    this.#options.onDecided(claim.info, outcome);
  }
}
