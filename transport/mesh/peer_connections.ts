/**
 * The connections to one peer: the attempt, which is being made, beside the direct path that carries
 * frames. Decides when an attempt starts, fails and is made again, when it takes over, and when a silent
 * connection is restarted or replaced. Trying, waiting, restarting and giving up are one state machine.
 *
 * One timer ends the attempt, or starts the next one; `tries.ts` says how long it runs. `mesh_peer.ts`
 * reads the peer's offers, and knows its policy.
 */
import { Connection } from "./connection.ts";
import { DirectPath } from "./direct_path.ts";
import type {
  CreateDirectConnection,
  DirectConnection,
  DirectConnectionOptions,
  Signal,
} from "./direct_connection.ts";
import type { PeerFrameOf, Tier } from "../protocol/mod.ts";
import type { Clock } from "../transport.ts";
import { Tries } from "./tries.ts";

/** The newcomer offers. A resident steps in when no offer came within this time (it was lost). */
const RESIDENT_OFFER_DELAY_MS = 3_000;
/** Crossing offers are made within one round trip. A later remote offer tells that the local one was lost. */
const GLARE_MS = 1_500;
/** Delay before a lost connection is made again: its peer may just be leaving. */
const REOPEN_DELAY_MS = 300;
/**
 * Missed probes before ICE is restarted (2 s), before a second connection is tried (4 s), and before
 * the first one is given up (10 s).
 */
const RESTART_AFTER_MISSED = 8;
const BESIDE_AFTER_MISSED = 16;
const REPLACE_AFTER_MISSED = 40;

export interface PeerConnectionsHandlers {
  /** Sends a signal of `connection` to the peer. */
  sendSignal(connection: Connection, signal: Signal): void;
  /** A frame that came directly from the peer; `text` is not parsed yet. */
  onFrame(text: string): void;
  /**
   * The direct path opened or closed, or changed in any other way (`path`): it came alive, went dead,
   * was measured, is being tried.
   */
  onChange(change: "opened" | "closed" | "path"): void;
}

export interface PeerConnectionsOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly createConnection: CreateDirectConnection;
  /** The options of a new connection; `excludesRelays` when only a direct route is of use. */
  readonly connectionOptions: (connection: { excludesRelays: boolean }) => DirectConnectionOptions;
  /** A new `instance.n` for this end of a connection. */
  readonly nextConnectionId: () => string;
  /** Whether this session connects to the peer; see `neighbours.ts`. */
  readonly isNear: () => boolean;
  /** Whether the strategy of one side allows relayed connections alone. */
  readonly needsRelay: () => boolean;
  readonly handlers: PeerConnectionsHandlers;
}

export class PeerConnections {
  readonly path: DirectPath;
  readonly #options: PeerConnectionsOptions;
  /** The connection being made, to carry frames or to take over. The side that offered it decides. */
  #attempt: Connection | null = null;
  readonly #tries = new Tries();
  #gathered: ReadonlySet<string> = new Set();
  /** Cancels the timer that ends the attempt, or starts the next one. */
  #cancelTimer: () => void = () => {};

  constructor(options: PeerConnectionsOptions) {
    this.#options = options;
    this.path = new DirectPath(options.clock);
  }

  /** Types of the candidates that the last failed attempt gathered. */
  get gathered(): ReadonlySet<string> {
    return this.#gathered;
  }

  /** Whether it is too early to report that there is no direct path. */
  get isConnecting(): boolean {
    return this.#tries.isConnecting(this.#nowMs);
  }

  /** Whether the attempt is a local offer that the peer has not answered. */
  get hasUnansweredOffer(): boolean {
    return this.#attempt?.isUnanswered() === true;
  }

  /** The first connection that `isMeant` accepts: of the attempt, then the active one. */
  find(isMeant: (connection: Connection) => boolean): Connection | null {
    const connections = [this.#attempt, this.path.active];
    return connections.filter((connection) => connection !== null).find(isMeant) ?? null;
  }

  /** Offers a new connection, beside the active one. */
  connect(): void {
    this.#dropAttempt();
    this.#open({ remoteId: null, offeredAtMs: this.#nowMs }).direct.offer();
  }

  /** Offers a new connection where none works. */
  ensureConnected(): void {
    // An unanswered offer may be lost with the previous connection to the node.
    if (this.hasUnansweredOffer || !this.path.isWell) this.connect();
  }

  /** Waits for an offer of the peer, a newcomer. This side offers when none comes. */
  awaitOffer(): void {
    this.#schedule(RESIDENT_OFFER_DELAY_MS, () => this.connect());
  }

  /** Makes the local end of a connection that the peer offered, in place of the current attempt. */
  accept(remoteId: string | null): Connection {
    this.#dropAttempt();
    return this.#open({ remoteId, offeredAtMs: null });
  }

  /**
   * Keeps to the unanswered local offer although the peer offers too. If the peer's offer came too late
   * for a crossing one, the local offer was lost and is made again.
   */
  insist(): void {
    const attempt = this.#attempt;
    if (!attempt?.isUnanswered()) return;
    const ageMs = this.#nowMs - attempt.offeredAtMs;
    if (ageMs > GLARE_MS) this.connect();
    else this.#schedule(GLARE_MS - ageMs, () => this.#answerDue(attempt));
  }

  /** Handles a change of the network: tries anew at once, beside a connection that may still work. */
  networkChanged(): void {
    this.#tries.networkChanged(this.#nowMs);
    if (!this.#options.isNear()) return;
    // If this probe has no answer when a new connection opens, the old one is lost.
    if (this.path.hasAnswered) this.path.ping();
    this.connect();
  }

  /** Handles a probe, or an answer to one, that came directly from the peer. */
  onPing(frame: PeerFrameOf<"ping" | "pong">): void {
    const t = frame.payload?.t;
    if (frame.type === "ping") return this.path.answer(t);
    if (t === undefined) return;
    this.path.answered(t);
    this.#changed("path");
  }

  /** Counts a tick of the probe interval. */
  tick(): void {
    const { active } = this.path;
    const wasAlive = active?.meter.isAlive;
    if (active === null || !this.path.tick()) return;
    if (wasAlive !== active.meter.isAlive) this.#changed("path");
    this.#mend(active);
  }

  /** Closes all connections and cancels all timers. Idempotent. */
  close(): void {
    this.#dropAttempt();
    this.path.close();
  }

  // Events of a connection

  /** Handles a connection that opened, or took another route. */
  #opened(connection: Connection, tier: Tier): void {
    const isNewTier = connection.tier !== tier;
    connection.tier = tier;
    if (connection === this.path.active) {
      if (isNewTier) this.#plan();
      this.#changed("path");
    } else if (connection === this.#attempt) {
      if (this.#takesOver(connection)) this.#promote(connection);
      else if (connection.isOwn) this.#failed();
    }
  }

  /** Whether an attempt that opened takes over now. The side that offered it decides. */
  #takesOver(attempt: Connection): boolean {
    const { active } = this.path;
    return attempt.isOwn ? attempt.isBetterThan(active) : attempt.isChosen || active === null;
  }

  #heard(connection: Connection, text: string): void {
    connection.meter.heard();
    if (connection === this.#attempt && !connection.isOwn) {
      connection.isChosen = true;
      if (connection.tier !== null) this.#promote(connection);
    }
    this.#options.handlers.onFrame(text);
  }

  #closed(connection: Connection): void {
    if (connection === this.path.active) this.#lost();
    else if (connection === this.#attempt) this.#failed();
  }

  // The attempt

  #open(end: Pick<Connection, "remoteId" | "offeredAtMs">): Connection {
    const localId = this.#options.nextConnectionId();
    const attempt = new Connection({ localId, ...end }, (made) => this.#createConnection(made));
    this.#attempt = attempt;
    this.#awaitOpen();
    return attempt;
  }

  #createConnection(connection: Connection): DirectConnection {
    const { createConnection, connectionOptions, handlers } = this.#options;
    // A relayed connection works already: only a direct one is of use.
    const excludesRelays = this.#isOnlyRelayed && this.path.hasAnswered;
    return createConnection(connectionOptions({ excludesRelays }), {
      onSignal: (signal) => handlers.sendSignal(connection, signal),
      onOpen: (tier) => this.#opened(connection, tier),
      onFrame: (text) => this.#heard(connection, text),
      onClose: () => this.#closed(connection),
    });
  }

  /** Checks `attempt`, for which the peer's offer was ignored: its answer must be here by now. */
  #answerDue(attempt: Connection): void {
    if (attempt.remoteId === null) this.connect();
    else this.#awaitOpen();
  }

  #awaitOpen(): void {
    this.#schedule(this.#tries.timeoutMs(this.#nowMs), () => this.#failed());
  }

  #failed(): void {
    this.#gathered = new Set(this.#attempt?.direct.gathered);
    this.#tries.failed();
    this.#dropAttempt();
    this.#plan();
    this.#changed("path");
  }

  #dropAttempt(): void {
    this.#cancelTimer();
    this.#attempt?.direct.close();
    this.#attempt = null;
  }

  /** Plans the next attempt, if it can improve the path. */
  #plan(): void {
    if (this.#attempt !== null) return;
    this.#cancelTimer();
    if (!this.#canImprove) return;
    const pauseMs = this.#tries.pauseMs(this.#nowMs);
    this.#schedule(pauseMs * this.#jitter(), () => {
      if (this.#canImprove) this.connect();
    });
  }

  get #canImprove(): boolean {
    return this.#options.isNear() && (!this.path.isWell || this.#isOnlyRelayed);
  }

  /**
   * Whether the active connection is relayed and need not be: a relay may be needed for a moment only.
   */
  get #isOnlyRelayed(): boolean {
    const { isWell, active } = this.path;
    return isWell && active?.tier === "webrtc-turn" && !this.#options.needsRelay();
  }

  // The active connection

  /** Makes the attempt the active connection. */
  #promote(attempt: Connection): void {
    this.#cancelTimer();
    this.#attempt = null;
    this.#tries.opened();
    this.path.use(attempt);
    this.#plan();
    this.#changed("opened");
  }

  /** Looks for another route when the active connection no longer answers. */
  #mend({ direct, meter: { missed } }: Connection): void {
    if (missed >= REPLACE_AFTER_MISSED) return this.#lost();
    if (missed !== RESTART_AFTER_MISSED && missed !== BESIDE_AFTER_MISSED) return;
    if (missed === RESTART_AFTER_MISSED) this.#broke();
    if (missed === RESTART_AFTER_MISSED && direct.canRestart) direct.offer();
    else if (this.#attempt === null) this.connect();
  }

  /** Handles the loss of the active connection: another one takes over, or is made soon. */
  #lost(): void {
    const attempt = this.#attempt;
    const { active } = this.path;
    // Otherwise `#mend` noted the break when the probes were missed.
    if (active !== null && active.meter.missed < RESTART_AFTER_MISSED) this.#broke();
    this.path.closeActive();
    if (attempt !== null && attempt.tier !== null) return this.#promote(attempt);
    this.#changed("closed");
    // An attempt of the remote peer may still open. A local one may have been made without the relays
    // that are needed now.
    if (attempt?.isOwn === false) return;
    this.#dropAttempt();
    this.#schedule(REOPEN_DELAY_MS * this.#jitter(), () => this.connect());
  }

  #broke(): void {
    this.#tries.broke(this.#nowMs, { heldMs: this.path.heldMs });
  }

  #changed(change: "opened" | "closed" | "path"): void {
    this.#options.handlers.onChange(change);
  }

  #schedule(delayMs: number, run: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.clock.after(delayMs, run);
  }

  #jitter(): number {
    return 0.5 + this.#options.random() / 2;
  }

  get #nowMs(): number {
    return this.#options.clock.now();
  }
}
