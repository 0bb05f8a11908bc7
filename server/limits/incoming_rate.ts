/**
 * Limits how fast the node reads WebSockets and large bodies of one address (GCRA, as in ITU-T I.371). The
 * node delays its reads from a faster sender, and TCP backpressure slows the sender down. No data is lost.
 */
import type { Clock } from "../../transport/transport.ts";
import { ByAddress } from "./by_address.ts";

/** 8 MiB/s, far above what people and their files of 64 KiB need. A burst of 1 MiB may come at once. */
const BYTES_PER_MS = 8 * 1024;
const BURST_MS = 125;

/** Cost of one frame beside its bytes, in bytes. */
const FRAME_BYTES = 256;

export class IncomingRate {
  readonly #clock: Clock;
  /**
   * When the data of each address so far would have arrived at the allowed rate (GCRA's theoretical arrival
   * time).
   */
  readonly #due = new ByAddress(() => ({ atMs: 0 }));

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts received data. Returns for how many milliseconds the caller must not read more; 0: none. */
  delayMs(address: string, { bytes, frames }: { bytes: number; frames: number }): number {
    const due = this.#due.get(address);
    const nowMs = this.#clock.now();
    due.atMs = Math.max(due.atMs, nowMs) + (bytes + frames * FRAME_BYTES) / BYTES_PER_MS;
    return Math.max(0, due.atMs - nowMs - BURST_MS);
  }
}
