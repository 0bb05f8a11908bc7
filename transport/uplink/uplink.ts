/**
 * The session's connection to its node. It races the tiers with a short head start for the best, keeps the
 * connection alive by probes, dials again with backoff, and moves up when a better tier opens. It reads
 * `welcome`, `ping`, `pong`, `node_signal`, `ice_servers` and a closing `error`; its owner handles all else.
 *
 * Long because racing, holding, moving up and coming back are one state: which attempt is active.
 */
import type { ErrorBody } from "../errors.ts";
import { isPublicError, ProtocolError } from "../errors.ts";
import type { JoinTarget } from "./join.ts";
import { IN_USE_MS, PathMeter, TIER_PRIORITY } from "../path.ts";
import {
  CLOSE_CODES,
  closeCodeOfLastWord,
  encodeFrame,
  errorOfCloseCode,
  type IceServer,
  type MemberFrame,
  type NodeSignal,
  parsePeerFrame,
  type PeerFrame,
  type PeerId,
  type Tier,
  type Welcome,
} from "../protocol/mod.ts";
import type { Clock, CloseReason, NodeSignaling, Path, Transport } from "../transport.ts";
import { Upgrades } from "./upgrades.ts";
import type { UplinkView } from "../view.ts";

/** Head start of each tier over the next: a network that blocks it costs a fraction of a second. */
const HEAD_START_MS = 300;
/** From dialling to `welcome`. */
const DIAL_TIMEOUT_MS = 10_000;
/** After a wake-up or a network change, dials at least this old are given up: they may be from before. */
const STALE_DIAL_MS = 1_000;
/** Pause between races without a connection, doubling; each is drawn between half of it and all of it. */
const RETRY_MS = { first: 250, max: 10_000 } as const;
/** A connection that lasted this long was a good one: the backoff starts afresh. */
const STABLE_AFTER_MS = 5_000;
/** Streams mostly report a break themselves: two missed probes come before `peer_timeout`. */
const STREAM_METER = { intervalMs: 3_000, maxMissed: 2 } as const;
/** Datagrams vanish silently: a dead path is noticed within a second. */
const DATAGRAM_METER = { intervalMs: 300, maxMissed: 3 } as const;
/** Most frames held for a standby path, which waits for a round trip: a burst, not a conversation. */
const MAX_HELD_FRAMES = 1_000;
/** Timeout of a deciding probe: four round trips and at least `least`; without an RTT, `unmeasured`. */
const CHECK_MS = { least: 200, unmeasured: 350 } as const;

const PROBE_TYPES: ReadonlySet<string> = new Set(["ping", "pong"]);

export interface UplinkHandlers {
  /** A connection is open, for the first time or again. The frames that follow are from it. */
  onWelcome(welcome: Welcome): void;
  onFrame(frame: PeerFrame): void;
  onChange(view: UplinkView): void;
  /** Another page took this peer's place: `target` has to change before the next try. */
  onReplaced(): void;
  /**
   * The node refuses `peerId` because another peer has it. Returns whether `target` has another id now, so
   * that the uplink tries again at once.
   */
  onTaken(peerId: PeerId): boolean;
}

export interface UplinkOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** The tiers to try, best first. A `welcome` may change them, so the uplink asks each time. */
  readonly transports: () => readonly Transport<JoinTarget>[];
  readonly target: () => JoinTarget;
  /** Whether a negotiated tier is worth its cost now. */
  readonly wantsNegotiated: () => boolean;
  readonly handlers: UplinkHandlers;
}

/** One path that is being opened, or is open. */
interface Attempt {
  readonly transport: Transport<JoinTarget>;
  readonly target: JoinTarget;
  readonly dialledAtMs: number;
  readonly abort: AbortController;
  path: Path | null;
  /** The frames received on this standby path, from its `welcome` on; null when it is not on standby. */
  held: PeerFrame[] | null;
  cancelTimeout: () => void;
}

export class Uplink {
  readonly #options: UplinkOptions;
  readonly #attempts = new Set<Attempt>();
  readonly #upgrades: Upgrades<Transport<JoinTarget>>;
  readonly #signalListeners = new Map<string, (signal: NodeSignal["signal"]) => void>();
  #current: Attempt | null = null;
  #openedAtMs = 0;
  #inUseUntilMs = 0;
  #meter = new PathMeter(STREAM_METER);
  #iceServers: readonly IceServer[] = [];
  #nodeHasWebRtc = false;
  #retries = 0;
  #cancelRetry: (() => void) | null = null;
  #cancelHeadStart: (() => void) | null = null;
  #cancelProbe: (() => void) | null = null;
  #cancelCheck: (() => void) | null = null;
  #cancelRejoin: (() => void) | null = null;
  #view: UplinkView;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#upgrades = new Upgrades(options.clock, (transport) => this.#tryBetter(transport));
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

  /** Sends one frame on the best path. False when no path takes it. */
  send(frame: MemberFrame): boolean {
    if (!PROBE_TYPES.has(frame.type)) this.#inUseUntilMs = this.#options.clock.now() + IN_USE_MS;
    return this.#current?.path?.send(encodeFrame(frame)) ?? false;
  }

  /**
   * Dials at once after a network change. The current connection stays, and one probe tests it. Dials that
   * have just begun go on: repeated network changes must not keep every dial from finishing. The first
   * connection that the node welcomes wins.
   */
  networkChanged(): void {
    if (this.#view.state === "closed") return;
    if (this.#current !== null) this.#ping();
    this.#startAfresh();
    this.#dropStaleDials();
    this.#race();
  }

  /**
   * Joins again when the name in `target` has changed. The new connection replaces the current one. Repeats
   * this until a connection with the new name is active.
   */
  rejoin(): void {
    this.#cancelRejoin?.();
    if (this.#current === null || this.#current.target.name === this.#options.target().name) return;
    this.#race();
    this.#cancelRejoin = this.#options.clock.after(DIAL_TIMEOUT_MS, () => this.rejoin());
  }

  /** Tests the connection when the user looks again, since timers may have slept. */
  check(): void {
    if (this.#view.state === "closed") return;
    this.#startAfresh();
    if (this.#current === null) {
      const hasDropped = this.#dropStaleDials();
      if (hasDropped || this.#attempts.size === 0) this.#race();
      return;
    }
    this.suspect();
    this.#upgrades.plan(this.#betterTransports(), 0);
  }

  /** Resets the backoff: earlier failures say nothing about a possibly new network. */
  #startAfresh(): void {
    this.#retries = 0;
    this.#upgrades.reset();
  }

  /** Gives up dials that are older than `STALE_DIAL_MS`. Returns whether there were any. */
  #dropStaleDials(): boolean {
    const staleAtMs = this.#options.clock.now() - STALE_DIAL_MS;
    const stale = [...this.#attempts].filter((attempt) =>
      attempt !== this.#current && attempt.held === null && attempt.dialledAtMs <= staleAtMs
    );
    for (const attempt of stale) this.#discard(attempt);
    return stale.length > 0;
  }

  /** Sends a probe because an answer is late. A race starts when the probe is not answered soon. */
  suspect(): void {
    const attempt = this.#current;
    if (attempt === null || this.#cancelCheck !== null) return;
    this.#ping();
    const { rttMs } = this.#meter;
    const timeoutMs = rttMs === null ? CHECK_MS.unmeasured : Math.max(CHECK_MS.least, 4 * rttMs);
    this.#cancelCheck = this.#options.clock.after(timeoutMs, () => {
      this.#cancelCheck = null;
      // The connection may recover: it stays in use until another one is open.
      const isRacing = [...this.#attempts].some((other) =>
        other !== attempt && other.transport.needsUplink !== true
      );
      if (attempt === this.#current && this.#meter.isWaiting && !isRacing) this.#race();
    });
  }

  /** Says goodbye and closes everything. Idempotent. */
  close(): void {
    if (this.#view.state === "closed") return;
    this.send({ type: "leave" });
    this.#stopTimers();
    this.#current?.path?.close(1000);
    for (const attempt of [...this.#attempts]) this.#discard(attempt);
    this.#current = null;
    this.#show({ state: "closed", tier: null, rttMs: null, retryAtMs: null, error: null });
  }

  /** Dials the tiers in turn, each with a head start over the next, until the node welcomes us. */
  #race(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    if (this.#view.retryAtMs !== null) this.#show({ retryAtMs: null });
    const loser = this.#current;
    const waiting = this.#options.transports().filter(({ needsUplink }) => needsUplink !== true);
    const next = () => {
      this.#cancelHeadStart?.();
      this.#cancelHeadStart = null;
      if (this.#current !== loser || this.#view.state === "closed") return;
      const transport = waiting.shift();
      if (transport === undefined || !this.#options.transports().includes(transport)) return;
      if (waiting.length > 0) {
        this.#cancelHeadStart = this.#options.clock.after(HEAD_START_MS, next);
      }
      this.#dial(transport, next);
    };
    next();
  }

  /** Opens one path; `onFailure` runs when it fails before it becomes the active one. */
  async #dial(transport: Transport<JoinTarget>, onFailure: () => void): Promise<void> {
    const { clock } = this.#options;
    const target = this.#options.target();
    const attempt: Attempt = {
      transport,
      target,
      dialledAtMs: clock.now(),
      abort: new AbortController(),
      path: null,
      held: null,
      cancelTimeout: () => {},
    };
    this.#attempts.add(attempt);
    const fail = (error: ErrorBody | null) => {
      if (!this.#attempts.has(attempt)) return;
      this.#discard(attempt);
      const isTaken = error?.code === "peer-id-taken";
      if (isTaken && this.#options.handlers.onTaken(target.peerId)) return this.#race();
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
      const path = await transport.dial(target, handlers, {
        signal: attempt.abort.signal,
        signaling: transport.needsUplink ? this.#signaling() : undefined,
      });
      if (this.#attempts.has(attempt)) attempt.path = path;
      else path.close(this.#view.state === "closed" ? 1000 : CLOSE_CODES.abandoned);
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
      // Drops a broken frame from the node: the next sync restores its content.
      console.warn(`Ignored a frame from the node: ${error.message}`);
      return;
    }
    if (frame === null) return;
    if (attempt === this.#current) this.#take(frame);
    else if (attempt.held !== null) this.#hold(attempt, attempt.held, frame);
    else if (frame.type === "welcome") this.#welcomed(attempt, frame);
  }

  /** Handles a frame of the active path. */
  #take(frame: PeerFrame): void {
    const { handlers } = this.#options;
    this.#meter.heard();
    switch (frame.type) {
      case "welcome":
        this.#iceServers = frame.payload.ice_servers;
        this.#nodeHasWebRtc = frame.payload.webrtc ?? false;
        handlers.onWelcome(frame.payload);
        this.#giveUpForbidden();
        // The name may have changed since this connection was dialled.
        this.rejoin();
        return;
      case "node_signal":
        return this.#signalListeners.get(frame.payload.link)?.(frame.payload.signal);
      case "ping":
        this.send({ type: "pong", payload: frame.payload });
        break;
      case "pong":
        this.#measured(frame.payload?.t);
        break;
      case "ice_servers":
        this.#iceServers = frame.payload.ice_servers;
        break;
      case "error":
        if (isDatagram(this.#view.tier) && this.#isLastWord(frame.payload)) return;
    }
    handlers.onFrame(frame);
  }

  /** Closes the path when the error is the node's reason to close its channel, which has no close code. */
  #isLastWord({ code, message: reason }: ErrorBody): boolean {
    const closeCode = closeCodeOfLastWord(code);
    if (this.#current === null || closeCode === null) return false;
    this.#onClose(this.#current, { code: closeCode, reason });
    return true;
  }

  #hold(attempt: Attempt, held: PeerFrame[], frame: PeerFrame): void {
    held.push(frame);
    if (held.length > MAX_HELD_FRAMES) this.#discard(attempt);
  }

  /**
   * The node keeps one connection of a member, the last that reached it, and closes the other. Two
   * connections dialled shortly after each other may reach the node in either order. So no connection that
   * may have arrived is given up, and the better one stays active until the node closes it.
   */
  #welcomed(attempt: Attempt, welcome: PeerFrame): void {
    attempt.cancelTimeout();
    const current = this.#current;
    const isBetter = current !== null && this.#isAllowed(current) && !this.#meter.isWaiting &&
      TIER_PRIORITY[this.#tier(current)] >= TIER_PRIORITY[this.#tier(attempt)];
    if (isBetter) attempt.held = [welcome];
    else this.#promote(attempt, [welcome]);
  }

  /** Makes `attempt` the active path, beginning with `frames`. */
  #promote(attempt: Attempt, frames: readonly PeerFrame[]): void {
    const { clock } = this.#options;
    const before = this.#view.state === "online" ? this.#view.tier : null;
    this.#stopTimers();
    if (this.#current !== null) this.#discard(this.#current);
    attempt.held = null;
    this.#current = attempt;
    this.#openedAtMs = clock.now();
    const tier = this.#tier(attempt);
    this.#meter = new PathMeter(isDatagram(tier) ? DATAGRAM_METER : STREAM_METER);
    this.#show({
      state: "online",
      tier,
      rttMs: null,
      sinceMs: clock.epochMs(),
      retryAtMs: null,
      error: null,
    });
    this.#probe();
    for (const frame of frames) this.#take(frame);
    // A better tier worked a moment ago.
    const isDown = before !== null && TIER_PRIORITY[before] > TIER_PRIORITY[tier];
    const isUrgent = isDown || !this.#isAllowed(attempt);
    this.#upgrades.plan(this.#betterTransports(), isUrgent ? 0 : undefined);
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
    this.#stopTimers();
    if (code === CLOSE_CODES.replaced) handlers.onReplaced();
    // After a good connection, a new dial mostly works at once: on another tier, or address.
    const isFirst = this.#retries === 0 && code !== CLOSE_CODES.replaced;
    this.#lost(closeError({ code, reason }), isFirst ? { delayMs: 0 } : {});
  }

  /** Shows `offline` and plans a retry, unless a connection or a dial is left. */
  #lost(error: ErrorBody | null, { delayMs }: { delayMs?: number } = {}): void {
    if (this.#current !== null || this.#attempts.size > 0 || this.#cancelHeadStart !== null) return;
    if (this.#view.state === "closed" || this.#cancelRetry !== null) return;
    this.#stopTimers();
    const { clock, random } = this.#options;
    const limitMs = Math.min(RETRY_MS.max, RETRY_MS.first * 2 ** this.#retries++);
    const waitMs = delayMs ?? limitMs * (0.5 + random() / 2);
    this.#cancelRetry = clock.after(waitMs, () => this.#race());
    const wasOffline = this.#view.state === "offline";
    this.#show({
      state: "offline",
      tier: null,
      rttMs: null,
      sinceMs: wasOffline ? this.#view.sinceMs : clock.epochMs(),
      retryAtMs: clock.epochMs() + waitMs,
      error,
    });
  }

  #betterTransports(): Transport<JoinTarget>[] {
    const current = this.#current;
    if (current === null) return [];
    const priority = this.#isAllowed(current) ? TIER_PRIORITY[this.#tier(current)] : -Infinity;
    return this.#options.transports().filter(({ tier, needsUplink }) =>
      TIER_PRIORITY[tier] > priority && (needsUplink !== true || this.#nodeHasWebRtc)
    );
  }

  #tryBetter(transport: Transport<JoinTarget>): void {
    const isUnderWay = [...this.#attempts].some((attempt) => attempt.transport === transport);
    if (this.#current === null) return;
    if (isUnderWay || (transport.needsUplink && !this.#options.wantsNegotiated())) {
      this.#upgrades.failed(transport);
      return;
    }
    this.#dial(transport, () => {
      const current = this.#current;
      if (current === null) return;
      if (this.#isAllowed(current)) return this.#upgrades.failed(transport);
      current.path?.close(CLOSE_CODES.abandoned);
      const reason = "The node allows other connections than this one, and they do not get through";
      this.#onClose(current, { code: CLOSE_CODES.abandoned, reason });
    });
  }

  #isAllowed({ transport }: Attempt): boolean {
    return this.#options.transports().includes(transport);
  }

  /** Gives up forbidden paths. The active path stays until an allowed path has opened or failed. */
  #giveUpForbidden(): void {
    for (const attempt of [...this.#attempts]) {
      if (attempt !== this.#current && !this.#isAllowed(attempt)) this.#discard(attempt);
    }
    const isForbidden = this.#current !== null && !this.#isAllowed(this.#current);
    this.#upgrades.plan(this.#betterTransports(), isForbidden ? 0 : undefined);
  }

  #probe(): void {
    const attempt = this.#current;
    if (attempt === null) return;
    const isLossy = isDatagram(this.#tier(attempt));
    const { intervalMs } = isLossy ? DATAGRAM_METER : STREAM_METER;
    const isInUse = this.#options.clock.now() < this.#inUseUntilMs;
    if (!isLossy || this.#meter.tick({ isInUse })) this.#ping();
    this.#cancelProbe = this.#options.clock.after(intervalMs, () => {
      if (this.#meter.isAlive) return this.#probe();
      // The session stays in the room. A plain close, if it arrives after all, would mean that it has left.
      attempt.path?.close(CLOSE_CODES.abandoned);
      this.#onClose(attempt, { code: 1006, reason: "The node stopped answering" });
    });
  }

  #ping(): void {
    this.#meter.probed();
    this.send({ type: "ping", payload: { t: this.#options.clock.now() } });
  }

  #measured(t: number | undefined): void {
    if (t === undefined) return;
    this.#meter.answered(this.#options.clock.now() - t);
    this.#show({ rttMs: this.#meter.rttMs });
  }

  #signaling(): NodeSignaling {
    return {
      iceServers: this.#iceServers,
      send: (payload) => this.send({ type: "node_signal", payload }),
      listen: (link, take) => {
        this.#signalListeners.set(link, take);
        return () => this.#signalListeners.delete(link);
      },
    };
  }

  #tier({ path, transport }: Attempt): Tier {
    return path?.tier ?? transport.tier;
  }

  #discard(attempt: Attempt): void {
    attempt.cancelTimeout();
    this.#attempts.delete(attempt);
    attempt.abort.abort();
    attempt.path?.close(CLOSE_CODES.abandoned);
  }

  #stopTimers(): void {
    this.#upgrades.stop();
    for (
      const cancel of [
        this.#cancelRetry,
        this.#cancelHeadStart,
        this.#cancelProbe,
        this.#cancelCheck,
        this.#cancelRejoin,
      ]
    ) cancel?.();
    this.#cancelRetry =
      this.#cancelHeadStart =
      this.#cancelProbe =
      this.#cancelCheck =
      this.#cancelRejoin =
        null;
  }

  #show(change: Partial<UplinkView>): void {
    this.#view = { ...this.#view, ...change };
    this.#options.handlers.onChange(this.#view);
  }
}

function isDatagram(tier: Tier | null): boolean {
  return tier === "webrtc-stun" || tier === "webrtc-turn";
}

function publicError(error: unknown): ErrorBody {
  if (isPublicError(error)) return { code: error.code, message: error.message };
  return { code: "internal", message: error instanceof Error ? error.message : String(error) };
}

function closeError({ code, reason }: CloseReason): ErrorBody {
  const message = reason === "" ? "The connection to the node was lost" : reason;
  return { code: errorOfCloseCode(code) ?? "peer-gone", message };
}
