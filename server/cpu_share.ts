/**
 * What of the time that passes on the clock this process has really worked, so that nobody is charged for a
 * machine that is busy with something else.
 */
import process from "node:process";

/** Shorter is too coarse: a process works in bursts. */
const LOOK_EVERY_MS = 1_000;

export class CpuShare {
  readonly #read: () => CpuReading;
  #last: CpuReading;
  #share = 1;

  /** `read`: default, of this process. */
  constructor(read: () => CpuReading = ofThisProcess) {
    this.#read = read;
    this.#last = read();
  }

  /** How much of `ms` it worked, as far as the last second tells. */
  workedMs(ms: number): number {
    const reading = this.#read();
    const passedMs = reading.atMs - this.#last.atMs;
    if (passedMs >= LOOK_EVERY_MS) {
      this.#share = Math.min(1, (reading.cpuMs - this.#last.cpuMs) / passedMs);
      this.#last = reading;
    }
    return ms * this.#share;
  }
}

/** What a process has worked until then, all its threads together. */
export interface CpuReading {
  readonly atMs: number;
  readonly cpuMs: number;
}

function ofThisProcess(): CpuReading {
  const { user, system } = process.cpuUsage();
  return { atMs: performance.now(), cpuMs: (user + system) / 1000 };
}
