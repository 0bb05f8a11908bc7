/**
 * A token bucket for each address: requests and frames of one address share it, whatever ports and
 * connections they come over. IPv6 counts by /64, which is what one household or one host gets.
 */
import type { Clock } from "../transport/transport.ts";
import { ByAddress } from "./by_address.ts";

/** Seconds' worth that may come at once: a page that joins a busy room sends its offers in one go. */
const BURST_SECONDS = 4;

/** What one address may have of the thread, by answers that take long. */
const THREAD_SHARE = 1 / 8;
/** No answer takes longer: what looks like it is a machine that is busy with something else. */
const MAX_CHARGE_MS = 100;

export interface Bucket {
  /** Takes a token; false when there is none. */
  take(): boolean;
  /** Takes what an answer turned out to cost of the thread, and owes up to a second's worth. */
  charge(ms: number): void;
  /** Seconds until there is one again. */
  retryAfterSeconds(): number;
}

const OPEN_BUCKET: Bucket = { take: () => true, charge() {}, retryAfterSeconds: () => 0 };

class TokenBucket implements Bucket {
  readonly #perSecond: number;
  readonly #clock: Clock;
  #tokens: number;
  #atMs: number;

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#tokens = perSecond * BURST_SECONDS;
    this.#atMs = clock.now();
  }

  take(): boolean {
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  charge(ms: number): void {
    this.#refill();
    const seconds = Math.min(ms, MAX_CHARGE_MS) / 1000;
    const tokens = seconds * this.#perSecond / THREAD_SHARE;
    this.#tokens = Math.max(this.#tokens - tokens, -this.#perSecond);
  }

  #refill(): void {
    const nowMs = this.#clock.now();
    const refilled = this.#tokens + (nowMs - this.#atMs) / 1000 * this.#perSecond;
    this.#tokens = Math.min(refilled, this.#perSecond * BURST_SECONDS);
    this.#atMs = nowMs;
  }

  retryAfterSeconds(): number {
    return Math.max(1, Math.ceil((1 - this.#tokens) / this.#perSecond));
  }
}

export class RateLimit {
  readonly perSecond: number;
  readonly #buckets: ByAddress<TokenBucket>;

  /** `perSecond` tokens a second and address; 0 lets everything through. */
  constructor(perSecond: number, clock: Clock) {
    this.perSecond = perSecond;
    this.#buckets = new ByAddress(() => new TokenBucket(perSecond, clock));
  }

  get isOff(): boolean {
    return this.perSecond === 0;
  }

  /** The bucket of an IP address (without a port). */
  bucket(address: string): Bucket {
    if (this.isOff) return OPEN_BUCKET;
    return this.#buckets.get(address);
  }
}
