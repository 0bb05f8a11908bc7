/**
 * Decides when a direct connection to one peer is tried again, and how long each try may take. Handles times
 * only: the mesh makes the tries, and decides whether one is wanted.
 */

/** Pause between tries when none has worked yet, doubling: such networks rarely change. */
const UNPROVEN_MS = { first: 15_000, max: 300_000 } as const;
/**
 * A path that had worked mostly comes back soon. A try may take a fifth of the time that the path has been
 * gone, and so may the pause after it. So a path that returns is found within 6 s, or two thirds of the time
 * that it was gone. A path that stays away costs some 20 tries in twenty minutes, then one in five minutes.
 */
const SHARE = 1 / 5;
/** Opening a channel takes eight round trips and a TURN server's answer; a slow server takes longest. */
const TRY_MS = { min: 4_000, max: 15_000 } as const;
const PAUSE_MS = { min: 1_000, max: 300_000 } as const;
/** For this long after a path broke, the peer still counts as connecting. */
const RECENT_MS = 25_000;
/** A path that breaks sooner than this after opening had not really come back. */
const STABLE_AFTER_MS = 10_000;

export class Tries {
  #failures = 0;
  /** Null when nothing has broken yet. */
  #brokeAtMs: number | null = null;

  /** Notes that a try failed. */
  failed(): void {
    this.#failures++;
  }

  opened(): void {
    this.#failures = 0;
  }

  /** Notes the loss of a path that had been active for `heldMs`. */
  broke(nowMs: number, { heldMs }: { heldMs: number }): void {
    this.#failures = 0;
    if (this.#brokeAtMs === null || heldMs >= STABLE_AFTER_MS) this.#brokeAtMs = nowMs;
  }

  /** Notes a network change: failures on the old network no longer count. */
  networkChanged(nowMs: number): void {
    this.#failures = 0;
    if (this.#brokeAtMs !== null) this.#brokeAtMs = nowMs;
  }

  /** Whether it is too early to report that there is no direct path. */
  isConnecting(nowMs: number): boolean {
    return this.#failures === 0 || this.#brokenForMs(nowMs) < RECENT_MS;
  }

  /** How long a try that starts now may take. */
  timeoutMs(nowMs: number): number {
    return clamp(this.#brokenForMs(nowMs) * SHARE, TRY_MS);
  }

  /** The pause before the next try. */
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
