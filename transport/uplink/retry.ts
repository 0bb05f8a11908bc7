/**
 * Plans the next race of an uplink that has no connection left: a backoff that doubles, and starts afresh
 * after a good connection. It owns the pause, and does not decide whether a race is needed.
 */
import type { Clock } from "../transport.ts";

/** Pause between races without a connection, doubling; each is drawn between half of it and all of it. */
const PAUSE_MS = { first: 250, max: 10_000 } as const;
/** A connection that lasted this long was a good one: the backoff starts afresh. */
const STABLE_AFTER_MS = 5_000;

export interface RetryOptions {
  readonly clock: Clock;
  /** 0 (inclusive) to 1, as `Math.random`. */
  readonly random: () => number;
  /** Tries again. */
  readonly run: () => void;
}

export class Retry {
  readonly #options: RetryOptions;
  #count = 0;
  #openedAtMs = 0;
  #cancel: (() => void) | null = null;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  get isPlanned(): boolean {
    return this.#cancel !== null;
  }

  /** Whether no retry was planned since the backoff started afresh. */
  get isFresh(): boolean {
    return this.#count === 0;
  }

  /** Plans a retry, after a pause or at once. Both make the next pause longer. Returns the pause in ms. */
  plan({ isAtOnce }: { isAtOnce: boolean }): number {
    const { clock, random, run } = this.#options;
    const longestMs = Math.min(PAUSE_MS.max, PAUSE_MS.first * 2 ** this.#count++);
    const pauseMs = isAtOnce ? 0 : longestMs * (0.5 + random() / 2);
    this.#cancel = clock.after(pauseMs, () => {
      this.#cancel = null;
      run();
    });
    return pauseMs;
  }

  cancel(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Starts the backoff afresh. */
  reset(): void {
    this.#count = 0;
  }

  /** Notes that a connection has opened. */
  opened(): void {
    this.#openedAtMs = this.#options.clock.now();
  }

  /** Notes that the connection has closed. */
  closed(): void {
    if (this.#options.clock.now() - this.#openedAtMs >= STABLE_AFTER_MS) this.reset();
  }
}
