/**
 * One path to the node, from its dial to its end. It encodes and parses the path's frames, waits for the
 * node's `welcome`, and holds the frames that come while it is on standby. It does not know of other paths:
 * its owner decides when it becomes the active one.
 */
import { type ErrorBody, isPublicError, ProtocolError } from "../errors.ts";
import {
  CLOSE_CODES,
  encodeFrame,
  type MemberFrame,
  parsePeerFrame,
  type PeerFrame,
  type Tier,
} from "../protocol/mod.ts";
import type { Clock, CloseReason, NodeSignaling, Path, Transport } from "../transport.ts";
import { closeError } from "./close_reasons.ts";
import type { JoinTarget } from "./join.ts";

/** From dialling to `welcome`. */
export const DIAL_TIMEOUT_MS = 10_000;
/** After a wake-up or a network change, dials at least this old are given up: they may be from before. */
const STALE_DIAL_MS = 1_000;
/** Most frames held for a standby path, which waits for a round trip: a burst, not a conversation. */
const MAX_HELD_FRAMES = 1_000;

export interface AttemptOptions {
  readonly clock: Clock;
  readonly transport: Transport<JoinTarget>;
  readonly target: JoinTarget;
  /** For a transport with `needsUplink`. */
  readonly signaling?: NodeSignaling | undefined;
}

/** Callbacks to the dialler. */
export interface AttemptHandlers {
  /** The node has welcomed the path, which is on standby from now on. */
  onStandby(): void;
  /** The path failed before it became the active one. The attempt has ended. */
  onFailure(error: ErrorBody): void;
  /** The attempt has become the active one, or ends. */
  onLeave(): void;
  /** The path has opened after the end. The dialler closes it. */
  onLatePath(path: Path): void;
}

/** Callbacks to the owner of the active path. */
export interface ActiveHandlers {
  onFrame(frame: PeerFrame): void;
  /** The path has closed. The owner ends the attempt. */
  onClose(reason: CloseReason): void;
}

type State =
  | { readonly phase: "dialling" }
  /** The node has welcomed it; another path is active. `held` begins with the `welcome`. */
  | { readonly phase: "standby"; readonly held: PeerFrame[] }
  | { readonly phase: "active"; readonly handlers: ActiveHandlers }
  | { readonly phase: "ended" };

export class Attempt {
  readonly transport: Transport<JoinTarget>;
  readonly target: JoinTarget;
  readonly #options: AttemptOptions;
  readonly #handlers: AttemptHandlers;
  readonly #dialledAtMs: number;
  readonly #abort = new AbortController();
  #state: State = { phase: "dialling" };
  #path: Path | null = null;
  #cancelTimeout = () => {};

  constructor(options: AttemptOptions, handlers: AttemptHandlers) {
    this.transport = options.transport;
    this.target = options.target;
    this.#options = options;
    this.#handlers = handlers;
    this.#dialledAtMs = options.clock.now();
  }

  get tier(): Tier {
    return this.#path?.tier ?? this.transport.tier;
  }

  get isOnStandby(): boolean {
    return this.#state.phase === "standby";
  }

  /** Whether it was dialled so long ago that its packets may have gone out on an earlier network. */
  get isStale(): boolean {
    const ageMs = this.#options.clock.now() - this.#dialledAtMs;
    return this.#state.phase === "dialling" && ageMs >= STALE_DIAL_MS;
  }

  /** Opens the path. Its outcome goes to the handlers. */
  async dial(): Promise<void> {
    const { clock, signaling } = this.#options;
    const error: ErrorBody = { code: "peer-gone", message: "The node did not answer in time" };
    this.#cancelTimeout = clock.after(DIAL_TIMEOUT_MS, () => this.#fail(error));
    const handlers = {
      onFrame: (text: string) => this.#onFrame(text),
      onClose: (reason: CloseReason) => this.#onClose(reason),
    };
    try {
      const { signal } = this.#abort;
      const path = await this.transport.dial(this.target, handlers, { signal, signaling });
      if (this.#state.phase === "ended") this.#handlers.onLatePath(path);
      else this.#path = path;
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#fail(publicError(error));
    }
  }

  /** Makes it the active path. Returns the frames received on standby, beginning with `welcome`. */
  activate(handlers: ActiveHandlers): readonly PeerFrame[] {
    const held = this.#state.phase === "standby" ? this.#state.held : [];
    this.#state = { phase: "active", handlers };
    this.#handlers.onLeave();
    return held;
  }

  /** Sends one frame. False when the path does not take it. */
  send(frame: MemberFrame): boolean {
    return this.#path?.send(encodeFrame(frame)) ?? false;
  }

  /** Says goodbye, as far as the path is open, and closes it: the session leaves the room. */
  leave(): void {
    // Polling and DataChannels have no close code.
    this.send({ type: "leave" });
    this.end(1000);
  }

  /**
   * Gives up the dial or closes the path with `code`. Idempotent. After the default code the session stays in
   * the room; after a plain close, 1000, it has left.
   */
  end(code: number = CLOSE_CODES.abandoned): void {
    if (this.#state.phase === "ended") return;
    this.#state = { phase: "ended" };
    this.#cancelTimeout();
    this.#handlers.onLeave();
    this.#abort.abort();
    this.#path?.close(code);
  }

  #onFrame(text: string): void {
    const state = this.#state;
    if (state.phase === "ended") return;
    const frame = parseFrame(text);
    if (frame === null) return;
    if (state.phase === "active") state.handlers.onFrame(frame);
    else if (state.phase === "standby") this.#hold(state.held, frame);
    else if (frame.type === "welcome") this.#welcomed(frame);
  }

  #hold(held: PeerFrame[], frame: PeerFrame): void {
    held.push(frame);
    if (held.length > MAX_HELD_FRAMES) this.end();
  }

  #welcomed(welcome: PeerFrame): void {
    this.#cancelTimeout();
    this.#state = { phase: "standby", held: [welcome] };
    this.#handlers.onStandby();
  }

  #onClose(reason: CloseReason): void {
    if (this.#state.phase === "active") this.#state.handlers.onClose(reason);
    else this.#fail(closeError(reason));
  }

  #fail(error: ErrorBody): void {
    if (this.#state.phase === "ended") return;
    this.end();
    this.#handlers.onFailure(error);
  }
}

/** Returns null for a frame of an unknown type, and for a broken one: the next sync restores its content. */
function parseFrame(text: string): PeerFrame | null {
  try {
    return parsePeerFrame(text);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    console.warn(`Ignored a frame from the node: ${error.message}`);
    return null;
  }
}

function publicError(error: unknown): ErrorBody {
  if (isPublicError(error)) return { code: error.code, message: error.message };
  return { code: "internal", message: error instanceof Error ? error.message : String(error) };
}
