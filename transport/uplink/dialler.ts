/**
 * Opens paths to the node: races of tiers, and tries of single tiers. It owns the attempts that are under way
 * or on standby. An attempt leaves it when its owner makes it the active one, or when it ends.
 */
import type { ErrorBody } from "../errors.ts";
import { CLOSE_CODES, type PeerId } from "../protocol/mod.ts";
import type { Clock, NodeSignaling, Path, Transport } from "../transport.ts";
import { Attempt } from "./attempt.ts";
import type { JoinTarget } from "./join.ts";

/** Head start of each tier over the next: a network that blocks it costs a fraction of a second. */
const HEAD_START_MS = 300;

export interface DiallerOptions {
  readonly clock: Clock;
  /** The tiers to try, best first. A `welcome` may change them, so the dialler asks each time. */
  readonly transports: () => readonly Transport<JoinTarget>[];
  readonly target: () => JoinTarget;
  /** For tiers that are negotiated over the active path. */
  readonly signaling: NodeSignaling;
  /** The node has welcomed `attempt`. */
  readonly onStandby: (attempt: Attempt) => void;
  /** The node refuses `peerId`. Returns whether the owner has begun a race with another id instead. */
  readonly onTaken: (peerId: PeerId) => boolean;
  /** An attempt has failed, and the next tier of its race has had its turn. */
  readonly onFailure: (error: ErrorBody) => void;
}

export class Dialler {
  readonly #options: DiallerOptions;
  readonly #attempts = new Set<Attempt>();
  #cancelHeadStart: (() => void) | null = null;
  #isClosed = false;

  constructor(options: DiallerOptions) {
    this.#options = options;
  }

  /** The tiers that may be used, best first. */
  get allowed(): readonly Transport<JoinTarget>[] {
    return this.#options.transports();
  }

  isAllowed(transport: Transport<JoinTarget>): boolean {
    return this.allowed.includes(transport);
  }

  get hasAttempts(): boolean {
    return this.#attempts.size > 0;
  }

  /** Whether a tier of a race waits for the end of a head start. */
  get hasNext(): boolean {
    return this.#cancelHeadStart !== null;
  }

  /** Whether a tier that needs no other path is under way or on standby. */
  get isRacing(): boolean {
    return [...this.#attempts].some(({ transport }) => transport.needsUplink !== true);
  }

  isDialling(transport: Transport<JoinTarget>): boolean {
    return [...this.#attempts].some((attempt) => attempt.transport === transport);
  }

  /** The oldest attempt on standby; undefined when there is none. */
  get standby(): Attempt | undefined {
    return [...this.#attempts].find(({ isOnStandby }) => isOnStandby);
  }

  /**
   * Dials the tiers in turn, each with a head start over the next, while `isOn` returns true. Leaves out the
   * tiers that are negotiated over another path. Dials of an earlier race go on.
   */
  race(isOn: () => boolean): void {
    const waiting = this.allowed.filter(({ needsUplink }) => needsUplink !== true);
    const next = () => {
      this.endHeadStart();
      if (this.#isClosed || !isOn()) return;
      const transport = waiting.shift();
      if (transport === undefined) return;
      if (!this.isAllowed(transport)) return next();
      if (waiting.length > 0) {
        this.#cancelHeadStart = this.#options.clock.after(HEAD_START_MS, next);
      }
      this.dial(transport, next);
    };
    next();
  }

  /** Opens one path; `onFailure` runs when it fails before it becomes the active one. */
  dial(transport: Transport<JoinTarget>, onFailure: () => void): void {
    const { clock, target, onStandby, ...options } = this.#options;
    const signaling = transport.needsUplink ? options.signaling : undefined;
    const attempt: Attempt = new Attempt({ clock, transport, target: target(), signaling }, {
      onStandby: () => onStandby(attempt),
      onFailure: (error) => this.#onFailure(attempt, error, onFailure),
      onLeave: () => this.#attempts.delete(attempt),
      onLatePath: (path) => this.#onLatePath(path),
    });
    this.#attempts.add(attempt);
    attempt.dial();
  }

  /** Gives up dials that may be from before a network change. Returns whether there were any. */
  dropStale(): boolean {
    return this.#endWhere(({ isStale }) => isStale);
  }

  /** Gives up attempts of tiers that are no longer allowed. */
  dropForbidden(): void {
    this.#endWhere(({ transport }) => !this.isAllowed(transport));
  }

  dropAll(): void {
    this.#endWhere(() => true);
  }

  /** Ends the head start: the tiers that wait are dialled only after a failure. */
  endHeadStart(): void {
    this.#cancelHeadStart?.();
    this.#cancelHeadStart = null;
  }

  /**
   * Gives up everything, and dials nothing again. Each path says goodbye, because the node may have welcomed it
   * already.
   */
  close(): void {
    this.#isClosed = true;
    this.endHeadStart();
    for (const attempt of [...this.#attempts]) attempt.leave();
  }

  #endWhere(isEnding: (attempt: Attempt) => boolean): boolean {
    const ending = [...this.#attempts].filter(isEnding);
    for (const attempt of ending) attempt.end();
    return ending.length > 0;
  }

  #onFailure({ target }: Attempt, error: ErrorBody, dialNext: () => void): void {
    const { onTaken, onFailure } = this.#options;
    if (error.code === "peer-id-taken" && onTaken(target.peerId)) return;
    dialNext();
    onFailure(error);
  }

  /** Closes a path that opened too late. It must not look like leaving the room while the session is in it. */
  #onLatePath(path: Path): void {
    path.close(this.#isClosed ? 1000 : CLOSE_CODES.abandoned);
  }
}
