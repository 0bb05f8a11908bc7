/**
 * The time that messages are stamped with: what the wall clock says, unless it jumps ahead. A stamp is for
 * good, and all later ones are above it. Owns what of a jump is believed; that stamps increase is the
 * writer's.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** A clock that is set by hand or by the network is off by less, and a laptop that slept by more. */
const BELIEVED_JUMP_MS = HOUR_MS;
/** How long a larger jump has to last: a mistake is set right sooner. */
const PROOF_MS = MINUTE_MS;
/**
 * How often somebody looks at the clock at least, when it is watched: else the minute would begin with
 * the first message after a quiet night, which would be stamped with the evening before. A jump is
 * believed 90 s after it at the latest; half of the minute is as fine as that has to be.
 */
const LOOK_MS = PROOF_MS / 2;
/** Nobody sleeps for so long; a restart believes what the clock says then. */
const MAX_JUMP_MS = YEAR_MS;
/** 2025: a clock that says less was never set, as on boards without a battery; what it says later counts. */
const SET_MS = Date.UTC(2025, 0, 1);

export interface SteadyClockOptions {
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Milliseconds since 1970, by the wall clock. */
  readonly epochMs: () => number;
  /** Told once, when the clock jumps further than is ever believed. */
  readonly onJump?: (message: string) => void;
}

export class SteadyClock {
  readonly #options: SteadyClockOptions;
  /** What the wall clock is ahead of `now`: at the start, as believed, and where a jump led to. */
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

  /** Milliseconds since 1970: what the wall clock said before plus the time since, where it has jumped. */
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

  /** Looks at the clock from now on, whether or not anybody asks for the time, until `close`. */
  watch(everyMs: number = LOOK_MS): void {
    this.#timer ??= setInterval(() => this.epochMs(), everyMs);
    Deno.unrefTimer(this.#timer);
  }

  /** Idempotent. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #isBelieved(offsetMs: number, nowMs: number): boolean {
    // A clock that goes back is believed: stamps go on by microseconds until it has caught up.
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
