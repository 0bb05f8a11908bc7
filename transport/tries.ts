/**
 * When a direct connection to one peer is tried again, and how long each try gets. Counts times alone:
 * what a try is, and whether one is wanted, is the mesh's.
 */

/** Between tries where none has worked yet, doubling: such networks rarely change. */
const UNPROVEN_MS = { first: 15_000, max: 300_000 } as const;
/**
 * What had worked comes back soon, mostly: a try gets a fifth of the time that it has been gone, and so
 * does the pause after it. So it is found within 6 s, or two thirds of the time that it was gone, and
 * what stays away costs some 20 tries in twenty minutes, then one in five.
 */
const SHARE = 1 / 5;
/** An open channel takes eight round trips and a TURN server's answer; a slow one's takes the longest. */
const TRY_MS = { min: 4_000, max: 15_000 } as const;
const PAUSE_MS = { min: 1_000, max: 300_000 } as const;
/** For so long after it broke, it is no failure yet. */
const RECENT_MS = 25_000;
/** What broke sooner than that had not come back. */
const STABLE_AFTER_MS = 10_000;

export class Tries {
  #failures = 0;
  /** Null when nothing has broken yet. */
  #brokeAtMs: number | null = null;

  /** A try came to nothing. */
  failed(): void {
    this.#failures++;
  }

  opened(): void {
    this.#failures = 0;
  }

  /** A path that had been active for `heldMs` is gone. */
  broke(nowMs: number, { heldMs }: { heldMs: number }): void {
    this.#failures = 0;
    if (this.#brokeAtMs === null || heldMs >= STABLE_AFTER_MS) this.#brokeAtMs = nowMs;
  }

  /** What was learned of the old network no longer counts. */
  networkChanged(nowMs: number): void {
    this.#failures = 0;
    if (this.#brokeAtMs !== null) this.#brokeAtMs = nowMs;
  }

  /** Whether it is too early to say that there is no direct path. */
  isConnecting(nowMs: number): boolean {
    return this.#failures === 0 || this.#brokenForMs(nowMs) < RECENT_MS;
  }

  /** For how long a try that starts now may go on. */
  timeoutMs(nowMs: number): number {
    return clamp(this.#brokenForMs(nowMs) * SHARE, TRY_MS);
  }

  /** Before the next try. */
  pauseMs(nowMs: number): number {
    if (this.#brokeAtMs !== null) return clamp(this.#brokenForMs(nowMs) * SHARE, PAUSE_MS);
    const { first, max } = UNPROVEN_MS;
    return Math.min(max, first * 2 ** Math.max(0, this.#failures - 1));
  }

  #brokenForMs(nowMs: number): number {
    return this.#brokeAtMs === null ? Infinity : nowMs - this.#brokeAtMs;
  }
}

function clamp(value: number, { min, max }: { min: number; max: number }): number {
  return Math.min(max, Math.max(min, value));
}
