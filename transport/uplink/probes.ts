/**
 * Tests the active path of an uplink by pings: often on datagrams, seldom on streams, and at once when an
 * answer is late. It owns the meter and the times. The owner sends the pings, and decides what follows when
 * no answer comes.
 */
import { IN_USE_MS, isDatagram, PathMeter } from "../path.ts";
import type { Tier } from "../protocol/mod.ts";
import type { Clock } from "../transport.ts";

/** Streams mostly report a break themselves: two missed probes come before `peer_timeout`. */
const STREAM_METER = { intervalMs: 3_000, maxMissed: 2 } as const;
/** Datagrams vanish silently: a dead path is noticed within a second. */
const DATAGRAM_METER = { intervalMs: 300, maxMissed: 3 } as const;
/** Timeout of a deciding probe: four round trips and at least `least`; without an RTT, `unmeasured`. */
const CHECK_MS = { least: 200, unmeasured: 350 } as const;

export interface ProbesOptions {
  readonly clock: Clock;
  /** Whether there is a path to probe. */
  readonly hasPath: () => boolean;
  /** Sends a ping; the pong's `t` goes to `answered`. */
  readonly sendPing: (t: number) => void;
  /** The smoothed round trip after each pong, in milliseconds. */
  readonly onRtt: (rttMs: number | null) => void;
  /** Nothing came soon enough after a suspicion. The path may recover. */
  readonly onLate: () => void;
  /** The path is dead: it left too many probes without an answer. Probing has ended. */
  readonly onSilent: () => void;
}

export class Probes {
  readonly #options: ProbesOptions;
  #meter = new PathMeter(STREAM_METER);
  #isLossy = false;
  #inUseUntilMs = 0;
  #cancelTick: (() => void) | null = null;
  #cancelCheck: (() => void) | null = null;

  constructor(options: ProbesOptions) {
    this.#options = options;
  }

  /** Whether nothing has come since the last probe. */
  get isWaiting(): boolean {
    return this.#meter.isWaiting;
  }

  /** Takes a new path of `tier`, of which nothing is known. */
  renew(tier: Tier): void {
    this.#isLossy = isDatagram(tier);
    this.#meter = new PathMeter(this.#isLossy ? DATAGRAM_METER : STREAM_METER);
  }

  /** Begins to probe. */
  start(): void {
    this.#tick();
  }

  stop(): void {
    this.#cancelTick?.();
    this.#cancelCheck?.();
    this.#cancelTick = this.#cancelCheck = null;
  }

  /** Notes that any frame arrived. */
  heard(): void {
    this.#meter.heard();
  }

  /** Notes that a frame other than a probe was sent: a path in use is probed more often. */
  used(): void {
    this.#inUseUntilMs = this.#options.clock.now() + IN_USE_MS;
  }

  ping(): void {
    this.#meter.probed();
    this.#options.sendPing(this.#options.clock.now());
  }

  /** Notes a pong with the `t` of its ping. Measures nothing without it. */
  answered(t: number | undefined): void {
    if (t === undefined) return;
    this.#meter.answered(this.#options.clock.now() - t);
    this.#options.onRtt(this.#meter.rttMs);
  }

  /** Sends a probe whose answer decides; `onLate` runs when none comes in time. */
  suspect(): void {
    if (this.#cancelCheck !== null) return;
    this.ping();
    const { rttMs } = this.#meter;
    const timeoutMs = rttMs === null ? CHECK_MS.unmeasured : Math.max(CHECK_MS.least, 4 * rttMs);
    this.#cancelCheck = this.#options.clock.after(timeoutMs, () => {
      this.#cancelCheck = null;
      if (this.#meter.isWaiting) this.#options.onLate();
    });
  }

  #tick(): void {
    const { clock, hasPath, onSilent } = this.#options;
    if (!hasPath()) return;
    const isInUse = clock.now() < this.#inUseUntilMs;
    if (!this.#isLossy || this.#meter.tick({ isInUse })) this.ping();
    const { intervalMs } = this.#isLossy ? DATAGRAM_METER : STREAM_METER;
    this.#cancelTick = clock.after(intervalMs, () => {
      if (this.#meter.isAlive) this.#tick();
      else onSilent();
    });
  }
}
