/**
 * Limits how fast the node reads WebSockets and large bodies of one address, with a token bucket of bytes. The
 * node delays its reads from a faster sender, and TCP backpressure slows the sender down. No data is lost.
 */
import { TokenBucket } from "../../transport/token_bucket.ts";
import type { Clock } from "../../transport/transport.ts";
import { ByAddress } from "./by_address.ts";

/**
 * 8 KiB a millisecond, far above what people and their files of 64 KiB need. The burst is what 125 ms bring, about
 * 1 MiB.
 */
const BYTES = { perSecond: 8 * 1024 * 1000, burst: 125 * 8 * 1024 } as const;

/** Cost of one frame beside its bytes, in bytes. */
const FRAME_BYTES = 256;

export class IncomingRate {
  readonly #buckets: ByAddress<TokenBucket>;

  constructor(clock: Clock) {
    this.#buckets = new ByAddress(() => new TokenBucket(BYTES, clock));
  }

  /** Counts received data. Returns for how many milliseconds the caller must not read more; 0: none. */
  delayMs(address: string, { bytes, frames }: { bytes: number; frames: number }): number {
    const bucket = this.#buckets.get(address);
    bucket.charge(bytes + frames * FRAME_BYTES);
    return bucket.waitMs(0);
  }
}
