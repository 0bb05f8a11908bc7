/** Tells the peers that the user is typing. It is called on every key, and sends only a few frames. */
import type { Clock } from "../transport.ts";

/** Time between renewals: half of the time after which the other side lets the signal expire. */
const RENEW_MS = 3_000;

export class TypingSignal {
  readonly #clock: Clock;
  readonly #send: (isTyping: boolean) => void;
  #sentAtMs = -Infinity;

  constructor(clock: Clock, send: (isTyping: boolean) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** The user typed, or stopped. */
  set(isTyping: boolean): void {
    const now = this.#clock.now();
    const isNews = isTyping ? now - this.#sentAtMs >= RENEW_MS : this.#sentAtMs !== -Infinity;
    if (!isNews) return;
    this.#sentAtMs = isTyping ? now : -Infinity;
    this.#send(isTyping);
  }

  /** Forgets that the user was typing, because the sent message ends that for the other peers. */
  reset(): void {
    this.#sentAtMs = -Infinity;
  }
}
