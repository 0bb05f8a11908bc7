/**
 * A time limit that many operations share, the same for each. One timer serves them all, because most end
 * long before: a timer for each would take a twentieth of the time of a small request.
 */
import type { Clock } from "../../transport/transport.ts";

/** An operation that must end in time. */
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

  /** `ms`: the time limit of each operation. */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  /** Starts an operation. Calls `onLate` when it has not ended in time. */
  begin(onLate: () => void): Waiting {
    const waiting = { dueMs: this.#clock.now() + this.#ms, onLate };
    this.#waiting.add(waiting);
    this.#cancel ??= this.#clock.after(this.#ms, () => this.#check());
    return waiting;
  }

  /** Ends an operation. Idempotent. */
  end(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  /** Forgets all operations: none is late any more. Idempotent. */
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
