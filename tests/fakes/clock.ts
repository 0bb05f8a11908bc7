/** A clock that stands still until a test moves it. It runs timers in order, and promises in between. */
import type { Clock } from "../../transport/transport.ts";

interface Timer {
  readonly dueMs: number;
  readonly seq: number;
  readonly run: () => void;
}

/** Runs everything that waits for promises, but for no timer. */
export async function settle(rounds = 30): Promise<void> {
  for (let round = 0; round < rounds; round++) await Promise.resolve();
}

export class FakeClock implements Clock {
  /** A date in 2026, so that timestamps look real. */
  readonly #startMs = 1_795_000_000_000;
  #nowMs = 0;
  #seq = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return this.#startMs + this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), seq: this.#seq++, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Number of pending timers. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on, and runs due timers in order. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(endMs); next !== null; next = this.#next(endMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.run();
      await settle();
    }
    this.#nowMs = endMs;
  }

  /** Lets time pass without running anything, as while a computer sleeps. */
  stall(ms: number): void {
    this.#nowMs += ms;
  }

  #next(endMs: number): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.dueMs > endMs) continue;
      if (first === null || timer.dueMs < first.dueMs) first = timer;
      else if (timer.dueMs === first.dueMs && timer.seq < first.seq) first = timer;
    }
    return first;
  }
}
