/**
 * How fast the node reads what an address sends over WebSockets and in large bodies (GCRA, as in ITU-T
 * I.371): who is quicker than that is read later, and TCP makes it wait. What it sends is not lost by it.
 */
import type { Clock } from "../transport/transport.ts";
import { ByAddress } from "./by_address.ts";

/** Far above what people and their files of 64 KiB need; a megabyte may come at once. */
const BYTES_PER_MS = 8 * 1024;
const BURST_MS = 125;

/** What taking a frame costs beside its bytes, in bytes. */
const FRAME_BYTES = 256;

export class IncomingRate {
  readonly #clock: Clock;
  /** When what each address has sent would have come at the rate that is allowed. */
  readonly #due = new ByAddress(() => ({ atMs: 0 }));

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts what has come; returns for how many milliseconds nothing more is to be read. */
  delayMs(address: string, { bytes, frames }: { bytes: number; frames: number }): number {
    const due = this.#due.get(address);
    const nowMs = this.#clock.now();
    due.atMs = Math.max(due.atMs, nowMs) + (bytes + frames * FRAME_BYTES) / BYTES_PER_MS;
    return Math.max(0, due.atMs - nowMs - BURST_MS);
  }
}
