/**
 * A token bucket: the one way in which nodes and sessions limit a rate. The owner decides what a token stands
 * for, and what happens when there is none.
 */
import type { Clock } from "./transport.ts";

export interface TokenRate {
  /** Tokens that come back in a second. */
  readonly perSecond: number;
  /** Most tokens that the bucket holds; a new bucket is full. */
  readonly burst: number;
}

export class TokenBucket {
  readonly #rate: TokenRate;
  readonly #clock: Pick<Clock, "now">;
  #tokens: number;
  #atMs: number;

  constructor(rate: TokenRate, clock: Pick<Clock, "now">) {
    this.#rate = rate;
    this.#clock = clock;
    this.#tokens = rate.burst;
    this.#atMs = clock.now();
  }

  /** Whether the bucket holds at least `count` tokens. */
  has(count: number): boolean {
    this.#refill();
    return this.#tokens >= count;
  }

  /** Takes `count` tokens. False when the bucket holds fewer, and then it takes none. */
  take(count = 1): boolean {
    if (!this.has(count)) return false;
    this.#tokens -= count;
    return true;
  }

  /** Takes `count` tokens even when the bucket holds fewer. It then owes tokens, at most `maxDebt`. */
  charge(count: number, maxDebt = Infinity): void {
    this.#refill();
    this.#tokens = Math.max(this.#tokens - count, -maxDebt);
  }

  /** Milliseconds until the bucket holds `count` tokens; 0 when it does. With a `count` of 0: until it owes none. */
  waitMs(count: number): number {
    this.#refill();
    return Math.max(0, (count - this.#tokens) / this.#rate.perSecond * 1000);
  }

  #refill(): void {
    const nowMs = this.#clock.now();
    const refilled = this.#tokens + (nowMs - this.#atMs) / 1000 * this.#rate.perSecond;
    this.#tokens = Math.min(refilled, this.#rate.burst);
    this.#atMs = nowMs;
  }
}
