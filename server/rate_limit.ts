/**
 * A token bucket for each address: requests and frames of one address share it, whatever ports and
 * connections they come over. IPv6 counts by /64, which is what one household or one host gets.
 */
import type { Clock } from "../transport/transport.ts";

/** Seconds' worth that may come at once: a page that joins a busy room sends its offers in one go. */
const BURST_SECONDS = 4;

/** Addresses remembered: about 2 MB; one that is forgotten starts afresh with a full bucket. */
const MAX_ADDRESSES = 10_000;

export interface Bucket {
  /** Takes a token; false when there is none. */
  take(): boolean;
  /** Seconds until there is one again. */
  retryAfterSeconds(): number;
}

const OPEN_BUCKET: Bucket = { take: () => true, retryAfterSeconds: () => 0 };

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
    const nowMs = this.#clock.now();
    const refilled = this.#tokens + (nowMs - this.#atMs) / 1000 * this.#perSecond;
    this.#tokens = Math.min(refilled, this.#perSecond * BURST_SECONDS);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  retryAfterSeconds(): number {
    return Math.max(1, Math.ceil((1 - this.#tokens) / this.#perSecond));
  }
}

export class RateLimit {
  readonly #perSecond: number;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();

  /** `perSecond` tokens a second and address; 0 lets everything through. */
  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
  }

  get isOff(): boolean {
    return this.#perSecond === 0;
  }

  /** The bucket of an IP address (without a port). */
  bucket(address: string): Bucket {
    if (this.isOff) return OPEN_BUCKET;
    const key = addressKey(address);
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    if (this.#buckets.size >= MAX_ADDRESSES) this.#forgetOldest();
    const bucket = new TokenBucket(this.#perSecond, this.#clock);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #forgetOldest(): void {
    const oldest = this.#buckets.keys().next();
    if (!oldest.done) this.#buckets.delete(oldest.value);
  }
}

/** What addresses share a bucket: IPv4 alone, IPv6 by its first 64 bits. */
export function addressKey(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1]!;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? 0 : tail.split(":").length;
    while (groups.length + after < 8) groups.push("0");
  }
  return groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(":");
}
