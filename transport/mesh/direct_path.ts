/**
 * The direct path to one peer: the active connection, which carries frames, and the one that it
 * replaced, which only receives for a moment. Sends, probes and measures. `peer_connections.ts` decides
 * which connection is active, and what to do about one that no longer answers.
 */
import type { Connection } from "./connection.ts";
import { IN_USE_MS } from "../path.ts";
import { encodeFrame } from "../protocol/mod.ts";
import type { Clock, PathState } from "../transport.ts";

/** A replaced connection stays open for this long, as frames sent on it before still arrive. */
const RETIRE_MS = 1_000;

export class DirectPath {
  readonly #clock: Clock;
  #active: Connection | null = null;
  #activeSinceMs = 0;
  /** The previous active connection: it only receives. */
  #retired: Connection | null = null;
  #cancelRetirement: () => void = () => {};
  #inUseUntilMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The active connection; null when there is none. */
  get active(): Connection | null {
    return this.#active;
  }

  /** Whether the active connection is open and its probes are answered. */
  get isWell(): boolean {
    return this.#active?.isWell === true;
  }

  /** Whether something has come over the active connection since its last probe. */
  get hasAnswered(): boolean {
    return this.#active?.meter.isWaiting === false;
  }

  /** How long the active connection has been active, in milliseconds. */
  get heldMs(): number {
    return this.#clock.now() - this.#activeSinceMs;
  }

  /** The path as others see it; null while no connection is open. */
  get state(): PathState | null {
    const active = this.#active;
    if (active?.tier == null || !active.isOpen) return null;
    return { tier: active.tier, isAlive: active.meter.isAlive, rttMs: active.meter.rttMs };
  }

  /** Makes `connection` the active one; the first frame on it tells the remote peer. */
  use(connection: Connection): void {
    const previous = this.#active;
    this.#active = connection;
    this.#activeSinceMs = this.#clock.now();
    if (previous !== null) this.#retire(previous);
    this.ping();
  }

  /** Closes the active connection. */
  closeActive(): void {
    this.#active?.direct.close();
    this.#active = null;
  }

  /** Closes the active and the retired connection. Idempotent. */
  close(): void {
    this.closeActive();
    this.#closeRetired();
  }

  /** Sends one frame. False when no connection takes it. */
  send(text: string): boolean {
    if (this.#active?.direct.send(text) !== true) return false;
    this.#inUseUntilMs = this.#clock.now() + IN_USE_MS;
    return true;
  }

  /** Sends a probe at once. */
  ping(): void {
    this.#active?.ping(this.#clock.now());
  }

  /** Counts a tick, and sends a probe if one is due. Returns whether it did. */
  tick(): boolean {
    const active = this.#active;
    if (active?.isOpen !== true) return false;
    const isInUse = this.#clock.now() < this.#inUseUntilMs;
    if (!active.meter.tick({ isInUse })) return false;
    this.ping();
    return true;
  }

  /** Answers a probe of the remote peer, which sent it at its own time `t`. */
  answer(t: number | undefined): void {
    this.#active?.direct.send(encodeFrame({ type: "pong", payload: t === undefined ? {} : { t } }));
  }

  /** Notes the answer to the probe that was sent at `sentAtMs`. */
  answered(sentAtMs: number): void {
    this.#active?.meter.answered(this.#clock.now() - sentAtMs);
  }

  #retire(connection: Connection): void {
    this.#closeRetired();
    this.#retired = connection;
    this.#cancelRetirement = this.#clock.after(RETIRE_MS, () => this.#closeRetired());
  }

  #closeRetired(): void {
    this.#cancelRetirement();
    this.#retired?.direct.close();
    this.#retired = null;
  }
}
