/**
 * The time for the timestamps of messages: the wall clock, unless it jumps ahead. A timestamp is
 * permanent, and all later ones are above it. Owns the decision which jumps to believe. The writer
 * makes the timestamps increase.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const YEAR_MS = 365 * 24 * HOUR_MS;

/**
 * A smaller jump is believed at once. A clock that is set by hand or by the network moves by less; a
 * laptop that slept makes a larger jump.
 */
const BELIEVED_JUMP_MS = HOUR_MS;
/** How long a larger jump has to last before it is believed. A mistake is corrected sooner. */
const PROOF_MS = MINUTE_MS;
/**
 * How often `watch` looks at the clock. Without it, the minute would begin only with the first message
 * after a quiet night, and that message would get the time of the evening before. At the latest, a jump
 * is believed after 90 s; half a minute is precise enough for that.
 */
const LOOK_MS = PROOF_MS / 2;
/**
 * A larger jump since the start is never believed: no computer sleeps for so long. A restart believes
 * the clock as it is then.
 */
const MAX_JUMP_MS = YEAR_MS;
/**
 * 2025. A clock that was before this at the start was never set, as on boards without a battery. Then a
 * jump of any size can be believed.
 */
const SET_MS = Date.UTC(2025, 0, 1);

export interface SteadyClockOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Milliseconds since 1970, by the wall clock. */
  readonly epochMs: () => number;
  /** Called once, when the clock jumps further than is ever believed. */
  readonly onJump?: (message: string) => void;
}

export class SteadyClock {
  readonly #options: SteadyClockOptions;
  /**
   * How far the wall clock was ahead of `now` at the start. `#offsetMs` is the same as it is believed
   * at present, and `#jump.offsetMs` after a jump that is not believed yet.
   */
  readonly #startMs: number;
  readonly #wasSet: boolean;
  #offsetMs: number;
  #jump: { readonly offsetMs: number; readonly sinceMs: number } | null = null;
  #hasTold = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: SteadyClockOptions) {
    this.#options = options;
    const saidMs = options.epochMs();
    this.#wasSet = saidMs >= SET_MS;
    this.#startMs = saidMs - options.now();
    this.#offsetMs = this.#startMs;
  }

  /**
   * Milliseconds since 1970, by the wall clock. After a jump that is not believed: the time before the
   * jump plus the time since.
   */
  epochMs(): number {
    const nowMs = this.#options.now();
    const saidMs = this.#options.epochMs();
    const offsetMs = saidMs - nowMs;
    if (this.#wasSet && offsetMs - this.#startMs > MAX_JUMP_MS) this.#tell(saidMs);
    else if (this.#isBelieved(offsetMs, nowMs)) {
      this.#offsetMs = offsetMs;
      this.#jump = null;
      return saidMs;
    }
    return nowMs + this.#offsetMs;
  }

  /** Looks at the clock regularly until `close`, whether or not anybody asks for the time. */
  watch(everyMs: number = LOOK_MS): void {
    this.#timer ??= setInterval(() => this.epochMs(), everyMs);
    Deno.unrefTimer(this.#timer);
  }

  /** Ends `watch`. Idempotent. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #isBelieved(offsetMs: number, nowMs: number): boolean {
    // A clock that goes back is believed: timestamps go on by microseconds until it has caught up.
    if (offsetMs - this.#offsetMs <= BELIEVED_JUMP_MS) return true;
    const isSame = this.#jump !== null &&
      Math.abs(offsetMs - this.#jump.offsetMs) <= BELIEVED_JUMP_MS;
    if (!isSame) this.#jump = { offsetMs, sinceMs: nowMs };
    return nowMs - this.#jump!.sinceMs >= PROOF_MS;
  }

  #tell(saidMs: number): void {
    if (this.#hasTold) return;
    this.#hasTold = true;
    const said = new Date(saidMs);
    const year = Number.isNaN(said.getTime()) ? "a time without end" : said.toISOString();
    this.#options.onJump?.(
      `The clock jumped to ${year} and is not believed: messages get the time since the start. ` +
        `Set the clock, or restart the node if it is right`,
    );
  }
}
