/**
 * Which of two paths is better, and how a path is measured. Pure: no timers, no sockets.
 */
import type { Tier } from "./protocol/mod.ts";
import type { PathState } from "./transport.ts";

/** The ladder: higher is better. The gaps leave room for tiers to come. */
export const TIER_PRIORITY: Readonly<Record<Tier, number>> = {
  "webrtc-stun": 100,
  "webrtc-turn": 80,
  "websocket": 60,
  "http-polling": 40,
  "lan": 20,
};

/**
 * Whether a tier carries datagrams, over a DataChannel. It ends without a close code, and nobody tells of a
 * break.
 */
export function isDatagram(tier: Tier): boolean {
  return tier === "webrtc-stun" || tier === "webrtc-turn";
}

/** A path of the same tier must be faster by this much to take over, so that paths don't flap. */
const RTT_MARGIN = { ratio: 0.75, ms: 5 } as const;

/** Weight of a new RTT sample, as TCP's smoothed RTT (RFC 6298 section 2). */
const RTT_GAIN = 1 / 8;

/**
 * Total preorder of paths: negative when `a` is better. By liveness, then tier, then RTT; a path that
 * was never measured is the slowest of its tier.
 */
export function comparePaths(a: PathState, b: PathState): number {
  if (a.isAlive !== b.isAlive) return a.isAlive ? -1 : 1;
  const byTier = TIER_PRIORITY[b.tier] - TIER_PRIORITY[a.tier];
  if (byTier !== 0) return byTier;
  const rttA = a.rttMs ?? Number.MAX_VALUE;
  const rttB = b.rttMs ?? Number.MAX_VALUE;
  return rttA - rttB;
}

/**
 * Returns the path to use while `current` is in use: the better one by {@linkcode comparePaths}, but within
 * one tier `candidate` must be clearly faster.
 */
export function betterPath<P extends PathState>(current: P | null, candidate: P): P {
  if (current === null) return candidate;
  if (current.isAlive !== candidate.isAlive || current.tier !== candidate.tier) {
    return comparePaths(candidate, current) < 0 ? candidate : current;
  }
  if (candidate.rttMs === null || current.rttMs === null) return current;
  const limitMs = current.rttMs * RTT_MARGIN.ratio - RTT_MARGIN.ms;
  return candidate.rttMs < limitMs ? candidate : current;
}

/** Returns the worse of two tiers: a frame that takes both is shown with it. */
export function worseTier(a: Tier, b: Tier): Tier {
  return TIER_PRIORITY[a] < TIER_PRIORITY[b] ? a : b;
}

export interface PathMeterOptions {
  /** Time between two probes, in milliseconds. */
  readonly intervalMs: number;
  /** Unanswered probes after which a path is dead, not counting probes that are still in flight. */
  readonly maxMissed: number;
}

/** A path that was never measured may be this slow: a satellite and a sleepy phone. */
const UNKNOWN_RTT_MS = 1_200;

/** A path counts as in use for this long after a frame. After that, rare probes keep its NAT binding open. */
export const IN_USE_MS = 5_000;

/** On a path that is idle, or that other frames show to be alive, one tick in this many has a probe. */
const IDLE_TICKS = 4;

/**
 * Measures one path by probes. Its owner calls `tick` at a steady rate to learn whether to send a probe. The
 * meter counts ticks, not time, because a hidden page's timers are slowed down and must not kill its paths.
 */
export class PathMeter {
  readonly #options: PathMeterOptions;
  #rttMs: number | null = null;
  #missed = 0;
  #ticks = 0;
  #hasHeard = false;

  constructor(options: PathMeterOptions) {
    this.#options = options;
  }

  get rttMs(): number | null {
    return this.#rttMs;
  }

  get isAlive(): boolean {
    const { intervalMs, maxMissed } = this.#options;
    const onTheirWay = Math.floor((this.#rttMs ?? UNKNOWN_RTT_MS) * 1.5 / intervalMs);
    return this.#missed < maxMissed + onTheirWay;
  }

  /** Probes in a row with no sign of life after them. */
  get missed(): number {
    return this.#missed;
  }

  /** Whether nothing has come since the last probe. */
  get isWaiting(): boolean {
    return this.#missed > 0;
  }

  /**
   * Counts a tick and returns whether to probe in it. A path in use that has gone quiet is probed at once,
   * and so is a path with an unanswered probe. Otherwise one tick in `IDLE_TICKS` has a probe, to measure.
   */
  tick({ isInUse }: { isInUse: boolean }): boolean {
    const isQuiet = !this.#hasHeard;
    this.#hasHeard = false;
    const isMeasured = this.#ticks++ % IDLE_TICKS === 0;
    return isMeasured || this.isWaiting || (isInUse && isQuiet);
  }

  /** Counts a probe: call it when one goes out. */
  probed(): void {
    this.#missed++;
  }

  /** Notes that any frame arrived: the path is alive. */
  heard(): void {
    this.#missed = 0;
    this.#hasHeard = true;
  }

  /** Notes the round trip of a probe. Ignores impossible samples (negative or not finite). */
  answered(rttMs: number): void {
    this.heard();
    if (!Number.isFinite(rttMs) || rttMs < 0) return;
    this.#rttMs = this.#rttMs === null ? rttMs : this.#rttMs + (rttMs - this.#rttMs) * RTT_GAIN;
  }
}
