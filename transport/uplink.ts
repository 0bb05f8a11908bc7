/**
 * The session's way to its node: the ladder of uplink tiers, raced with a short head start for the
 * best, kept alive by probes, dialled again with backoff, and moved up when a better tier opens.
 * Knows frames only as far as `welcome`, `ping` and `pong`; everything else is its owner's.
 */
import type { ErrorBody } from "./errors.ts";
import { isPublicError, ProtocolError } from "./errors.ts";
import type { JoinTarget } from "./join.ts";
import { PathMeter, TIER_PRIORITY } from "./path.ts";
import {
  CLOSE_CODES,
  encodeFrame,
  type MemberFrame,
  parsePeerFrame,
  type PeerFrame,
  type Welcome,
} from "./protocol.ts";
import type { Clock, CloseReason, Path, Transport } from "./transport.ts";
import type { UplinkView } from "./view.ts";

/** Of the best tier before the next one starts: a network that blocks it costs a fraction of a second. */
const HEAD_START_MS = 300;
/** From dialling to `welcome`. */
const DIAL_TIMEOUT_MS = 10_000;
/** Between tries with no connection, doubling, each drawn between half of it and all of it. */
const RETRY_MS = { first: 250, max: 10_000 } as const;
/** Between tries of a better tier while a worse one works, doubling. */
const UPGRADE_MS = { first: 5_000, max: 60_000 } as const;
/** A connection that held this long was a good one: the backoff starts afresh. */
const STABLE_AFTER_MS = 5_000;
/** Between probes: two missed ones are a dead uplink, before `peer_timeout` announces us as gone. */
const PROBE_INTERVAL_MS = 3_000;
/** On a path that waits to carry us, which takes a round trip: a burst, not a conversation. */
const MAX_HELD_FRAMES = 1_000;
/** The one probe that decides when the platform says that the network changed. */
const CHECK_TIMEOUT_MS = 2_000;

export interface UplinkHandlers {
  /** A connection stands, for the first time or again. Frames that follow are its. */
  onWelcome(welcome: Welcome): void;
  onFrame(frame: PeerFrame): void;
  onChange(view: UplinkView): void;
  /** Another page took this peer's place: `target` has to change before the next try. */
  onReplaced(): void;
}

export interface UplinkOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Best tier first. */
  readonly transports: readonly Transport<JoinTarget>[];
  readonly target: () => JoinTarget;
  readonly handlers: UplinkHandlers;
}

/** One path that is being opened, or is open. */
interface Attempt {
  readonly transport: Transport<JoinTarget>;
  readonly abort: AbortController;
  path: Path | null;
  /** From its `welcome` on, while a better one carries us: what came on it. Null otherwise. */
  held: PeerFrame[] | null;
  cancelTimeout: () => void;
}

export class Uplink {
  readonly #options: UplinkOptions;
  #attempts = new Set<Attempt>();
  #current: Attempt | null = null;
  #openedAtMs = 0;
  #meter = new PathMeter();
  #retries = 0;
  #upgrades = 0;
  #cancelRetry: (() => void) | null = null;
  #cancelHeadStart: (() => void) | null = null;
  #cancelUpgrade: (() => void) | null = null;
  #cancelProbe: (() => void) | null = null;
  #view: UplinkView;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#view = {
      state: "connecting",
      tier: null,
      rttMs: null,
      sinceMs: options.clock.epochMs(),
      retryAtMs: null,
      error: null,
    };
  }

  get view(): UplinkView {
    return this.#view;
  }

  /** Starts to connect. */
  start(): void {
    this.#race();
  }

  /** Sends one frame on the best path. False when there is none that takes it. */
  send(frame: MemberFrame): boolean {
    return this.#current?.path?.send(encodeFrame(frame)) ?? false;
  }

  /** The network may have changed: tries what is not there at once, and tests what is. */
  check(): void {
    if (this.#view.state === "closed") return;
    this.#retries = this.#upgrades = 0;
    if (this.#current === null) {
      if (this.#attempts.size === 0) this.#race();
      return;
    }
    this.#probe(CHECK_TIMEOUT_MS);
    this.#scheduleUpgrade(0);
  }

  /** Says goodbye and closes everything. Idempotent. */
  close(): void {
    if (this.#view.state === "closed") return;
    this.send({ type: "leave" });
    this.#stopTimers();
    for (const attempt of [...this.#attempts]) this.#discard(attempt);
    this.#current = null;
    this.#show({ state: "closed", tier: null, rttMs: null, retryAtMs: null, error: null });
  }

  /** Dials the tiers in turn, each with a head start over the next, until one welcomes us. */
  #race(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    if (this.#view.retryAtMs !== null) this.#show({ retryAtMs: null });
    const waiting = [...this.#options.transports];
    const next = () => {
      this.#cancelHeadStart?.();
      this.#cancelHeadStart = null;
      if (this.#current !== null || this.#view.state === "closed") return;
      const transport = waiting.shift();
      if (transport === undefined) return;
      if (waiting.length > 0) {
        this.#cancelHeadStart = this.#options.clock.after(HEAD_START_MS, next);
      }
      this.#dial(transport, next);
    };
    next();
  }

  /** Opens one path; `onFailure` runs when it comes to nothing before its `welcome`. */
  async #dial(transport: Transport<JoinTarget>, onFailure: () => void): Promise<void> {
    const { clock, target } = this.#options;
    const attempt: Attempt = {
      transport,
      abort: new AbortController(),
      path: null,
      held: null,
      cancelTimeout: () => {},
    };
    this.#attempts.add(attempt);
    const fail = (error: ErrorBody | null) => {
      if (!this.#attempts.has(attempt)) return;
      this.#discard(attempt);
      onFailure();
      this.#lost(error);
    };
    attempt.cancelTimeout = clock.after(
      DIAL_TIMEOUT_MS,
      () => fail({ code: "peer-gone", message: "The node did not answer in time" }),
    );
    const handlers = {
      onFrame: (text: string) => this.#onFrame(attempt, text),
      onClose: (reason: CloseReason) => {
        if (attempt === this.#current) this.#onClose(attempt, reason);
        else fail(closeError(reason));
      },
    };
    try {
      const path = await transport.dial(target(), handlers, { signal: attempt.abort.signal });
      if (this.#attempts.has(attempt)) attempt.path = path;
      else path.close();
    } catch (error) {
      if (attempt.abort.signal.aborted) return;
      fail(publicError(error));
    }
  }

  #onFrame(attempt: Attempt, text: string): void {
    if (!this.#attempts.has(attempt)) return;
    let frame: PeerFrame | null;
    try {
      frame = parsePeerFrame(text);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // A frame of ours that the node got wrong costs that frame: the next sync mends what it held.
      console.warn(`Ignored a frame from the node: ${error.message}`);
      return;
    }
    if (frame === null) return;
    if (attempt === this.#current) this.#take(frame);
    else if (attempt.held !== null) this.#hold(attempt, attempt.held, frame);
    else if (frame.type === "welcome") this.#welcomed(attempt, frame);
  }

  /** A frame of the path that carries us. */
  #take(frame: PeerFrame): void {
    const { handlers } = this.#options;
    this.#meter.heard();
    if (frame.type === "welcome") return handlers.onWelcome(frame.payload);
    if (frame.type === "ping") this.send({ type: "pong", payload: frame.payload });
    if (frame.type === "pong") this.#measured(frame.payload?.t);
    handlers.onFrame(frame);
  }

  #hold(attempt: Attempt, held: PeerFrame[], frame: PeerFrame): void {
    held.push(frame);
    if (held.length > MAX_HELD_FRAMES) this.#discard(attempt);
  }

  /**
   * The node has a member on one connection, the one that reached it last, and closes the other. Two
   * that were dialled shortly one after the other may reach it in either order, so none is given up
   * that may have arrived, and the better one carries us until the node closes it.
   */
  #welcomed(attempt: Attempt, welcome: PeerFrame): void {
    attempt.cancelTimeout();
    const current = this.#current;
    if (current !== null && priority(current) > priority(attempt)) attempt.held = [welcome];
    else this.#promote(attempt, [welcome]);
  }

  /** From here on `attempt` carries us, beginning with `frames`. */
  #promote(attempt: Attempt, frames: readonly PeerFrame[]): void {
    const { clock } = this.#options;
    const before = this.#view.state === "online" ? this.#view.tier : null;
    this.#stopTimers();
    if (this.#current !== null) this.#discard(this.#current);
    attempt.held = null;
    this.#current = attempt;
    this.#openedAtMs = clock.now();
    this.#meter = new PathMeter();
    this.#show({
      state: "online",
      tier: attempt.transport.tier,
      rttMs: null,
      sinceMs: clock.epochMs(),
      retryAtMs: null,
      error: null,
    });
    this.#probe(PROBE_INTERVAL_MS);
    // A better one worked a moment ago.
    const isDown = before !== null && TIER_PRIORITY[before] > priority(attempt);
    this.#scheduleUpgrade(isDown ? 0 : UPGRADE_MS.first);
    for (const frame of frames) this.#take(frame);
  }

  #onClose(attempt: Attempt, { code, reason }: CloseReason): void {
    const { clock, handlers } = this.#options;
    this.#discard(attempt);
    this.#current = null;
    if (clock.now() - this.#openedAtMs >= STABLE_AFTER_MS) this.#retries = 0;
    const standby = [...this.#attempts].find(({ held }) => held !== null);
    if (standby?.held && code !== CLOSE_CODES.replaced) {
      return this.#promote(standby, standby.held);
    }
    // A newer connection of this page took the place of this one: its `welcome` is under way.
    if (code === 1000 && this.#attempts.size > 0) return;
    for (const other of [...this.#attempts]) this.#discard(other);
    if (code === CLOSE_CODES.replaced) handlers.onReplaced();
    this.#lost(closeError({ code, reason }));
  }

  /** There may be no way to the node left: says so, and tries again in a while. */
  #lost(error: ErrorBody | null): void {
    if (this.#current !== null || this.#attempts.size > 0 || this.#cancelHeadStart !== null) return;
    if (this.#view.state === "closed" || this.#cancelRetry !== null) return;
    this.#stopTimers();
    const { clock, random } = this.#options;
    const limitMs = Math.min(RETRY_MS.max, RETRY_MS.first * 2 ** this.#retries++);
    const delayMs = limitMs * (0.5 + random() / 2);
    this.#cancelRetry = clock.after(delayMs, () => this.#race());
    const wasOnline = this.#view.state === "online";
    this.#show({
      state: "offline",
      tier: null,
      rttMs: null,
      sinceMs: wasOnline || this.#view.state === "connecting"
        ? clock.epochMs()
        : this.#view.sinceMs,
      retryAtMs: clock.epochMs() + delayMs,
      error,
    });
  }

  /** While a worse tier carries us, the better ones are tried now and then. */
  #scheduleUpgrade(delayMs: number): void {
    this.#cancelUpgrade?.();
    this.#cancelUpgrade = null;
    const current = this.#current?.transport;
    const better = this.#options.transports.find((transport) =>
      current !== undefined && TIER_PRIORITY[transport.tier] > TIER_PRIORITY[current.tier]
    );
    if (better === undefined) return;
    this.#cancelUpgrade = this.#options.clock.after(delayMs, () => {
      this.#cancelUpgrade = null;
      const isDialling = [...this.#attempts].some(({ transport }) => transport === better);
      if (isDialling) return this.#scheduleUpgrade(UPGRADE_MS.first);
      this.#dial(better, () => {
        const limitMs = Math.min(UPGRADE_MS.max, UPGRADE_MS.first * 2 ** ++this.#upgrades);
        if (this.#current !== null) this.#scheduleUpgrade(limitMs);
      });
    });
  }

  #probe(intervalMs: number): void {
    this.#cancelProbe?.();
    const attempt = this.#current;
    if (attempt === null) return;
    this.#meter.probed();
    this.send({ type: "ping", payload: { t: this.#options.clock.now() } });
    this.#cancelProbe = this.#options.clock.after(intervalMs, () => {
      // A probe that was to decide has had its one chance.
      const isDead = !this.#meter.isAlive ||
        (intervalMs < PROBE_INTERVAL_MS && this.#meter.isWaiting);
      if (!isDead) return this.#probe(PROBE_INTERVAL_MS);
      attempt.path?.close();
      this.#onClose(attempt, { code: 1006, reason: "The node stopped answering" });
    });
  }

  #measured(t: number | undefined): void {
    if (t === undefined) return;
    this.#meter.answered(this.#options.clock.now() - t);
    this.#show({ rttMs: this.#meter.rttMs });
  }

  #discard(attempt: Attempt): void {
    attempt.cancelTimeout();
    this.#attempts.delete(attempt);
    attempt.abort.abort();
    attempt.path?.close();
  }

  #stopTimers(): void {
    for (
      const cancel of [
        this.#cancelRetry,
        this.#cancelHeadStart,
        this.#cancelUpgrade,
        this.#cancelProbe,
      ]
    ) cancel?.();
    this.#cancelRetry =
      this.#cancelHeadStart =
      this.#cancelUpgrade =
      this.#cancelProbe =
        null;
  }

  #show(change: Partial<UplinkView>): void {
    this.#view = { ...this.#view, ...change };
    this.#options.handlers.onChange(this.#view);
  }
}

function priority({ transport }: Attempt): number {
  return TIER_PRIORITY[transport.tier];
}

function publicError(error: unknown): ErrorBody {
  if (isPublicError(error)) return { code: error.code, message: error.message };
  return { code: "internal", message: error instanceof Error ? error.message : String(error) };
}

function closeError({ code, reason }: CloseReason): ErrorBody {
  const named: Readonly<Record<number, ErrorBody["code"]>> = {
    [CLOSE_CODES.peerIdTaken]: "peer-id-taken",
    [CLOSE_CODES.roomFull]: "room-full",
    [CLOSE_CODES.rateLimited]: "rate-limited",
    [CLOSE_CODES.shuttingDown]: "shutting-down",
    [CLOSE_CODES.replaced]: "replaced",
    [CLOSE_CODES.protocolError]: "bad-request",
  };
  const message = reason === "" ? "The connection to the node was lost" : reason;
  return { code: named[code] ?? "peer-gone", message };
}
