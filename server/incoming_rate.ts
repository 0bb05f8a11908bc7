/**
 * How fast the node reads what an address sends over WebSockets (GCRA, as in ITU-T I.371): who is quicker
 * than that is read later, and TCP makes it wait. What it sends is not lost by it.
 */
import type { Clock } from "../transport/transport.ts";
import { addressKey } from "./rate_limit.ts";

/** Far above what people and their files of 64 KiB need; a megabyte may come at once. */
const BYTES_PER_MS = 8 * 1024;
const BURST_MS = 125;

/** What taking a frame costs beside its bytes, in bytes. */
const FRAME_BYTES = 256;

/** Addresses remembered; one that is forgotten starts afresh. */
const MAX_ADDRESSES = 10_000;

export class IncomingRate {
  readonly #clock: Clock;
  /** When what each address has sent would have come at the rate that is allowed. */
  readonly #dueMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts what has come; returns for how many milliseconds nothing more is to be read. */
  delayMs(address: string, { bytes, frames }: { bytes: number; frames: number }): number {
    const key = addressKey(address);
    const nowMs = this.#clock.now();
    const costMs = (bytes + frames * FRAME_BYTES) / BYTES_PER_MS;
    const dueMs = Math.max(this.#dueMs.get(key) ?? 0, nowMs) + costMs;
    if (!this.#dueMs.has(key) && this.#dueMs.size >= MAX_ADDRESSES) {
      this.#dueMs.delete(this.#dueMs.keys().next().value!);
    }
    this.#dueMs.set(key, dueMs);
    return Math.max(0, dueMs - nowMs - BURST_MS);
  }
}
