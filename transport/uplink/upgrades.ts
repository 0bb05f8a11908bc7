/**
 * Plans tries of the tiers above the one in use. Each tier has its own timer, and is tried less often the
 * more often it has failed. The owner does the dialling.
 */
import type { Clock } from "../transport.ts";

/** Pause between tries of one tier, doubling: blocked tiers rarely open. */
const INTERVAL_MS = { first: 5_000, max: 60_000 } as const;

export class Upgrades<T> {
  readonly #clock: Clock;
  readonly #tryOne: (transport: T) => void;
  readonly #failures = new Map<T, number>();
  readonly #timers = new Map<T, () => void>();

  constructor(clock: Clock, tryOne: (transport: T) => void) {
    this.#clock = clock;
    this.#tryOne = tryOne;
  }

  /** Plans tries of exactly these `transports`: after `delayMs` for a transport without a failure. */
  plan(transports: readonly T[], delayMs: number = INTERVAL_MS.first): void {
    this.stop();
    for (const transport of transports) {
      const failures = this.#failures.get(transport) ?? 0;
      this.#schedule(transport, failures === 0 ? delayMs : waitMs(failures));
    }
  }

  /** Forgets all failures: on a changed network, a failed tier may work now. */
  reset(): void {
    this.#failures.clear();
  }

  /** Notes a failed try, and plans the next one. */
  failed(transport: T): void {
    const failures = (this.#failures.get(transport) ?? 0) + 1;
    this.#failures.set(transport, failures);
    this.#schedule(transport, waitMs(failures));
  }

  stop(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #schedule(transport: T, delayMs: number): void {
    this.#timers.get(transport)?.();
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(transport);
      this.#tryOne(transport);
    });
    this.#timers.set(transport, cancel);
  }
}

function waitMs(failures: number): number {
  return Math.min(INTERVAL_MS.max, INTERVAL_MS.first * 2 ** (failures - 1));
}
