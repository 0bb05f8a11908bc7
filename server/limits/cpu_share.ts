/**
 * The part of elapsed time in which this process really worked, so that no client is charged for a machine
 * that is busy with something else.
 */
import process from "node:process";

/** A shorter interval measures too coarsely: a process works in bursts. */
const LOOK_EVERY_MS = 1_000;

export class CpuShare {
  readonly #read: () => CpuReading;
  #last: CpuReading;
  #share = 1;

  /** `read`: reads the CPU time; default: of this process. */
  constructor(read: () => CpuReading = ofThisProcess) {
    this.#read = read;
    this.#last = read();
  }

  /**
   * Returns how many of `ms` milliseconds the process worked, by its CPU share in the last measured
   * interval (at least a second).
   */
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

/** CPU time that a process has used up to `atMs`, of all its threads together. */
export interface CpuReading {
  readonly atMs: number;
  readonly cpuMs: number;
}

function ofThisProcess(): CpuReading {
  const { user, system } = process.cpuUsage();
  return { atMs: performance.now(), cpuMs: (user + system) / 1000 };
}
