/**
 * A time that many wait for at once, each for as long. One timer serves them all, because most are done
 * long before: a timer each would cost a small request a twentieth of what it takes.
 */
import type { Clock } from "../transport/transport.ts";

/** One that waits. */
export interface Waiting {
  readonly dueMs: number;
  readonly onLate: () => void;
}

export class Deadline {
  readonly #clock: Clock;
  readonly #ms: number;
  /** In the order of their due times. */
  readonly #waiting = new Set<Waiting>();
  #cancel: (() => void) | null = null;

  /** `ms`: how long everyone may take. */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  /** Calls `onLate` when it has not ended in time. */
  begin(onLate: () => void): Waiting {
    const waiting = { dueMs: this.#clock.now() + this.#ms, onLate };
    this.#waiting.add(waiting);
    this.#cancel ??= this.#clock.after(this.#ms, () => this.#check());
    return waiting;
  }

  /** It is done. Idempotent. */
  end(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  /** Nobody is late any more. Idempotent. */
  close(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#waiting.clear();
  }

  #check(): void {
    this.#cancel = null;
    const nowMs = this.#clock.now();
    for (const waiting of this.#waiting) {
      if (waiting.dueMs > nowMs) {
        this.#cancel = this.#clock.after(waiting.dueMs - nowMs, () => this.#check());
        return;
      }
      this.#waiting.delete(waiting);
      waiting.onLate();
    }
  }
}
