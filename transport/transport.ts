/**
 * The interfaces of every module that carries frames. Frames cross them as text, so that every implementation
 * carries the same bytes and every reader parses at its own edge.
 */
import type { IceServer, NodeSignal, Tier } from "./protocol/mod.ts";

/** Why a path closed. */
export interface CloseReason {
  /** A WebSocket close code (RFC 6455 7.4, or `CLOSE_CODES`); 1000 when we closed it ourselves. */
  readonly code: number;
  /** For people; may be empty. */
  readonly reason: string;
}

/** The callbacks of a path to its one owner. */
export interface PathHandlers {
  /** One frame, in the order in which the other side sent them. */
  onFrame(text: string): void;
  /** Called once, as the last callback. Not called when the owner closed the path. */
  onClose(reason: CloseReason): void;
}

/** One concrete, open route to another party. It delivers frames whole and in order. */
export interface Path {
  readonly tier: Tier;
  readonly isOpen: boolean;
  /** Sends one frame. False when the path is closed or its queue is full: nothing was sent. */
  send(text: string): boolean;
  /** Idempotent. Frames sent before are still delivered where the route allows it. */
  close(code?: number, reason?: string): void;
}

/** Signaling with the node over the current uplink, for a tier that is negotiated. */
export interface NodeSignaling {
  readonly iceServers: readonly IceServer[];
  send(signal: NodeSignal): boolean;
  /** Calls `take` with the node's signals of `connection` until the returned function is called. */
  listen(connection: string, take: (signal: NodeSignal["signal"]) => void): () => void;
}

export interface DialOptions {
  readonly signal: AbortSignal;
  /** For transports with `needsUplink`. */
  readonly signaling?: NodeSignaling | undefined;
}

/** A way to open paths to `Target`s of one kind. */
export interface Transport<Target> {
  readonly tier: Tier;
  /** Whether it is negotiated over another path to the same target, which has to be open first. */
  readonly needsUplink?: boolean;
  /**
   * Opens a path. Frames that arrive before `dial` has returned reach `handlers` after it.
   * @throws {UserError} with the reason when it can't be opened.
   * @throws {DOMException} `AbortError` when `signal` is aborted; nothing stays open then.
   */
  dial(target: Target, handlers: PathHandlers, options: DialOptions): Promise<Path>;
}

/** A clock, so that tests can control time. */
export interface Clock {
  /** Monotonic time in milliseconds. */
  now(): number;
  /** Milliseconds since 1970. */
  epochMs(): number;
  /** Calls `run` once after `delayMs`; returns a function that cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

/** The platform's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  epochMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** The properties by which a path is chosen; see `path.ts`. */
export interface PathState {
  readonly tier: Tier;
  /** Whether it has answered lately. */
  readonly isAlive: boolean;
  /** Smoothed round-trip time in milliseconds; null before the first answer. */
  readonly rttMs: number | null;
}
