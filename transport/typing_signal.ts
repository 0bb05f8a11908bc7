/** Says that the user is typing: on every key it is told, and passes few of them on. */
import type { Clock } from "./transport.ts";

/** It is renewed this often: half of what it expires after on the other side. */
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

  /** A message went out, which says enough. */
  reset(): void {
    this.#sentAtMs = -Infinity;
  }
}
