/**
 * A token bucket for each address. Requests and frames of one address share it, over all ports and
 * connections. IPv6 counts by /64, which is what one household or one host gets.
 */
import { TokenBucket } from "../../transport/token_bucket.ts";
import type { Clock } from "../../transport/transport.ts";
import { ByAddress } from "./by_address.ts";

/**
 * Seconds' worth of tokens that may be used at once: a page that joins a busy room sends its offers in one
 * go.
 */
const BURST_SECONDS = 4;

/** Share of the thread that one address may use by slow answers. */
const THREAD_SHARE = 1 / 8;
/**
 * Most that one answer is charged. No answer takes longer; if it seems so, the machine was busy with
 * something else.
 */
const MAX_CHARGE_MS = 100;

export interface Bucket {
  /** Takes a token; false when there is none. */
  take(): boolean;
  /** Charges the time in ms that an answer took on the thread. The bucket owes at most a second's worth. */
  charge(ms: number): void;
  /** Whole seconds until there is a token again, at least 1. */
  retryAfterSeconds(): number;
}

const OPEN_BUCKET: Bucket = { take: () => true, charge() {}, retryAfterSeconds: () => 0 };

/** The bucket of one address. */
class AddressBucket implements Bucket {
  readonly #perSecond: number;
  readonly #tokens: TokenBucket;

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#tokens = new TokenBucket({ perSecond, burst: perSecond * BURST_SECONDS }, clock);
  }

  take(): boolean {
    return this.#tokens.take();
  }

  charge(ms: number): void {
    const seconds = Math.min(ms, MAX_CHARGE_MS) / 1000;
    this.#tokens.charge(seconds * this.#perSecond / THREAD_SHARE, this.#perSecond);
  }

  retryAfterSeconds(): number {
    return Math.max(1, Math.ceil(this.#tokens.waitMs(1) / 1000));
  }
}

export class RateLimit {
  readonly perSecond: number;
  readonly #buckets: ByAddress<AddressBucket>;

  /** `perSecond`: tokens a second for each address; 0 lets everything through. */
  constructor(perSecond: number, clock: Clock) {
    this.perSecond = perSecond;
    this.#buckets = new ByAddress(() => new AddressBucket(perSecond, clock));
  }

  get isOff(): boolean {
    return this.perSecond === 0;
  }

  /** Returns the bucket of an IP address (without a port). */
  bucket(address: string): Bucket {
    if (this.isOff) return OPEN_BUCKET;
    return this.#buckets.get(address);
  }
}
