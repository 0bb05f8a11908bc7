/**
 * Signaling frames between `addSignal` and their commit. Bounded: they age within seconds, so the
 * oldest are let go and counted.
 */
import type { SignalTuple } from "./writer_protocol.ts";

/** Frames that wait at most: a second of a node at its busiest. */
const MAX_SIGNALS = 4096;
/** UTF-16 units of frames that wait at most, for frames as large as the wire allows. */
const MAX_CHARS = 16 * 1024 * 1024;

export class PendingSignals {
  #waiting: SignalTuple[] = [];
  #waitingChars = 0;
  #inFlight: SignalTuple[] = [];
  #dropped = 0;

  /** Those that no commit has taken yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Those let go since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  add(signal: SignalTuple): void {
    this.#waiting.push(signal);
    this.#waitingChars += signal[4].length;
    this.#trim();
  }

  /** The oldest, at most `limit`; followed by `settle`. */
  take(limit: number): readonly SignalTuple[] {
    this.#inFlight = this.#waiting.splice(0, limit);
    this.#waitingChars -= chars(this.#inFlight);
    return this.#inFlight;
  }

  /** What was taken is on disk, or waits again. */
  settle(isStored: boolean): void {
    if (!isStored) {
      this.#waiting.unshift(...this.#inFlight);
      this.#waitingChars += chars(this.#inFlight);
    }
    this.#inFlight = [];
    this.#trim();
  }

  /** All that is not known to be on disk, ascending. */
  list(): SignalTuple[] {
    return [...this.#inFlight, ...this.#waiting];
  }

  #trim(): void {
    while (this.#waiting.length > MAX_SIGNALS || this.#waitingChars > MAX_CHARS) {
      const oldest = this.#waiting.shift();
      this.#waitingChars -= oldest?.[4].length ?? 0;
      this.#dropped++;
    }
  }
}

function chars(signals: readonly SignalTuple[]): number {
  return signals.reduce((sum, signal) => sum + signal[4].length, 0);
}
