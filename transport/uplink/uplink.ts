/**
 * The session's connection to its node. It decides which attempt carries the session's frames: the first that
 * the node welcomes, a better one as soon as it opens, another one when it breaks. Its parts open paths
 * (`Dialler`), plan when (`Retry`, `BetterTiers`), test the active path (`Probes`), and show the outcome
 * (`UplinkStatus`).
 *
 * A frame goes one way: the active attempt parses it; the uplink reads `welcome`, `ping`, `pong`,
 * `node_signal`, `ice_servers` and a closing `error`; its owner handles all others.
 */
import type { ErrorBody } from "../errors.ts";
import { isDatagram, TIER_PRIORITY } from "../path.ts";
import {
  CLOSE_CODES,
  type MemberFrame,
  type PeerFrame,
  type PeerId,
  type Welcome,
} from "../protocol/mod.ts";
import type { Clock, CloseReason, Transport } from "../transport.ts";
import type { UplinkView } from "../view.ts";
import { type Attempt, DIAL_TIMEOUT_MS } from "./attempt.ts";
import { BetterTiers } from "./better_tiers.ts";
import { closeError, lastWord } from "./close_reasons.ts";
import { Dialler } from "./dialler.ts";
import type { JoinTarget } from "./join.ts";
import { Probes } from "./probes.ts";
import { Retry } from "./retry.ts";
import { UplinkSignaling } from "./signaling.ts";
import { UplinkStatus } from "./status.ts";

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

export class Uplink {
  readonly #options: UplinkOptions;
  readonly #status: UplinkStatus;
  readonly #dialler: Dialler;
  readonly #retry: Retry;
  readonly #betterTiers: BetterTiers;
  readonly #probes: Probes;
  readonly #signaling: UplinkSignaling;
  #active: Attempt | null = null;
  #cancelRejoin: (() => void) | null = null;

  constructor(options: UplinkOptions) {
    const { clock, random, transports, target, wantsNegotiated, handlers } = options;
    this.#options = options;
    this.#status = new UplinkStatus(clock, (view) => handlers.onChange(view));
    this.#signaling = new UplinkSignaling((payload) => this.send({ type: "node_signal", payload }));
    this.#dialler = new Dialler({
      clock,
      transports,
      target,
      signaling: this.#signaling,
      onStandby: (attempt) => this.#onStandby(attempt),
      onTaken: (peerId) => this.#onTaken(peerId),
      onFailure: (error) => this.#lost(error),
    });
    this.#retry = new Retry({ clock, random, run: () => this.#startRace() });
    this.#betterTiers = new BetterTiers({
      clock,
      dialler: this.#dialler,
      signaling: this.#signaling,
      wantsNegotiated,
      active: () => this.#active,
      onForbidden: () => this.#onForbidden(),
    });
    this.#probes = new Probes({
      clock,
      hasPath: () => this.#active !== null,
      sendPing: (t) => this.send({ type: "ping", payload: { t } }),
      onRtt: (rttMs) => this.#status.measured(rttMs),
      onLate: () => this.#onLate(),
      onSilent: () => this.#onClose({ code: 1006, reason: "The node stopped answering" }),
    });
  }

  get view(): UplinkView {
    return this.#status.view;
  }

  /** Starts to connect. */
  start(): void {
    this.#startRace();
  }

  /** Sends one frame on the best path. False when no path takes it. */
  send(frame: MemberFrame): boolean {
    if (!PROBE_TYPES.has(frame.type)) this.#probes.used();
    return this.#active?.send(frame) ?? false;
  }

  /**
   * Dials at once after a network change. The current connection stays, and one probe tests it. Dials that
   * have just begun go on: repeated network changes must not keep every dial from finishing. The first
   * connection that the node welcomes wins.
   */
  networkChanged(): void {
    if (this.#status.isClosed) return;
    if (this.#active !== null) this.#probes.ping();
    this.#startAfresh();
    this.#dialler.dropStale();
    this.#startRace();
  }

  /**
   * Joins again when the name in `target` has changed. The new connection replaces the current one. Repeats
   * this until a connection with the new name is active.
   */
  rejoin(): void {
    this.#cancelRejoin?.();
    if (this.#active === null || this.#active.target.name === this.#options.target().name) return;
    this.#startRace();
    this.#cancelRejoin = this.#options.clock.after(DIAL_TIMEOUT_MS, () => this.rejoin());
  }

  /** Tests the connection when the user looks again, since timers may have slept. */
  check(): void {
    if (this.#status.isClosed) return;
    this.#startAfresh();
    if (this.#active === null) {
      const hasDropped = this.#dialler.dropStale();
      if (hasDropped || !this.#dialler.hasAttempts) this.#startRace();
      return;
    }
    this.suspect();
    this.#betterTiers.plan({ isUrgent: true });
  }

  /** Sends a probe because an answer is late. A race starts when the probe is not answered soon. */
  suspect(): void {
    if (this.#active !== null) this.#probes.suspect();
  }

  /** Says goodbye and closes everything. Idempotent. */
  close(): void {
    if (this.#status.isClosed) return;
    this.#stopTimers();
    this.#active?.leave();
    this.#dialler.close();
    this.#active = null;
    this.#status.closed();
  }

  // Dialling

  /** Dials the tiers in turn, each with a head start over the next, until the node welcomes one. */
  #startRace(): void {
    this.#retry.cancel();
    this.#status.retrying();
    const loser = this.#active;
    this.#dialler.race(() => this.#active === loser);
  }

  #onTaken(peerId: PeerId): boolean {
    const isRenewed = this.#options.handlers.onTaken(peerId);
    if (isRenewed) this.#startRace();
    return isRenewed;
  }

  /** Resets the backoff: earlier failures say nothing about a possibly new network. */
  #startAfresh(): void {
    this.#retry.reset();
    this.#betterTiers.reset();
  }

  // Which attempt is active

  /**
   * The node keeps one connection of a member, the last that reached it, and closes the other. Two
   * connections dialled shortly after each other may reach the node in either order. So no connection that
   * may have arrived is given up, and the better one stays active until the node closes it.
   */
  #onStandby(attempt: Attempt): void {
    const active = this.#active;
    const isBetter = active !== null && this.#isAllowed(active) && !this.#probes.isWaiting &&
      TIER_PRIORITY[active.tier] >= TIER_PRIORITY[attempt.tier];
    if (!isBetter) this.#activate(attempt);
  }

  /** Makes `attempt` the active one, and handles the frames that it holds. */
  #activate(attempt: Attempt): void {
    const { tier: before } = this.#status.view;
    const { tier } = attempt;
    this.#stopTimers();
    this.#active?.end();
    const frames = attempt.activate({
      onFrame: (frame) => this.#onFrame(frame),
      onClose: (reason) => this.#onClose(reason),
    });
    this.#active = attempt;
    this.#retry.opened();
    this.#probes.renew(tier);
    this.#status.online(tier);
    this.#probes.start();
    for (const frame of frames) this.#onFrame(frame);
    // A better tier worked a moment ago.
    const isDown = before !== null && TIER_PRIORITY[before] > TIER_PRIORITY[tier];
    this.#betterTiers.plan({ isUrgent: isDown || !this.#isAllowed(attempt) });
  }

  /** The active path has closed, or is given up. */
  #onClose({ code, reason }: CloseReason): void {
    this.#active?.end();
    this.#active = null;
    this.#retry.closed();
    const isReplaced = code === CLOSE_CODES.replaced;
    const { standby } = this.#dialler;
    if (standby !== undefined && !isReplaced) return this.#activate(standby);
    // A newer connection of this page took the place of this one: its `welcome` is under way.
    if (code === 1000 && this.#dialler.hasAttempts) return;
    this.#dialler.dropAll();
    this.#stopTimers();
    if (isReplaced) this.#options.handlers.onReplaced();
    // After a good connection, a new dial mostly works at once: on another tier, or address.
    const isAtOnce = this.#retry.isFresh && !isReplaced;
    this.#lost(closeError({ code, reason }), { isAtOnce });
  }

  /** Gives up the active path, which the node no longer allows. */
  #onForbidden(): void {
    const reason = "The node allows other connections than this one, and they do not get through";
    this.#onClose({ code: CLOSE_CODES.abandoned, reason });
  }

  /** Shows `offline` and plans a retry, unless a connection or a dial is left. */
  #lost(error: ErrorBody, { isAtOnce = false }: { isAtOnce?: boolean } = {}): void {
    if (this.#active !== null || this.#dialler.hasAttempts || this.#dialler.hasNext) return;
    if (this.#status.isClosed || this.#retry.isPlanned) return;
    this.#stopTimers();
    this.#status.offline(error, this.#retry.plan({ isAtOnce }));
  }

  /** Races against the active path, which may recover: it stays in use until another one is open. */
  #onLate(): void {
    if (this.#active !== null && !this.#dialler.isRacing) this.#startRace();
  }

  // Frames of the active path

  #onFrame(frame: PeerFrame): void {
    this.#probes.heard();
    switch (frame.type) {
      case "welcome":
        return this.#onWelcome(frame.payload);
      case "node_signal":
        return this.#signaling.deliver(frame.payload);
      case "ping":
        this.send({ type: "pong", payload: frame.payload });
        break;
      case "pong":
        this.#probes.answered(frame.payload?.t);
        break;
      case "ice_servers":
        this.#signaling.iceServers = frame.payload.ice_servers;
        break;
      case "error":
        if (this.#isLastWord(frame.payload)) return;
    }
    this.#options.handlers.onFrame(frame);
  }

  #onWelcome(welcome: Welcome): void {
    this.#signaling.welcomed(welcome);
    this.#options.handlers.onWelcome(welcome);
    this.#giveUpForbidden();
    // The name may have changed since this connection was dialled.
    this.rejoin();
  }

  /** Closes a DataChannel, which has no close code, when the error is the node's reason to close it. */
  #isLastWord(error: ErrorBody): boolean {
    const reason = lastWord(error);
    if (reason === null || this.#active === null || !isDatagram(this.#active.tier)) return false;
    this.#onClose(reason);
    return true;
  }

  #isAllowed({ transport }: Attempt): boolean {
    return this.#dialler.isAllowed(transport);
  }

  /** Gives up forbidden paths. The active path stays until an allowed path has opened or failed. */
  #giveUpForbidden(): void {
    this.#dialler.dropForbidden();
    const isForbidden = this.#active !== null && !this.#isAllowed(this.#active);
    this.#betterTiers.plan({ isUrgent: isForbidden });
  }

  #stopTimers(): void {
    this.#betterTiers.stop();
    this.#retry.cancel();
    this.#dialler.endHeadStart();
    this.#probes.stop();
    this.#cancelRejoin?.();
    this.#cancelRejoin = null;
  }
}
