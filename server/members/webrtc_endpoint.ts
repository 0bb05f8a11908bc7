/**
 * The node's own WebRTC endpoint: members may reach the node over a DataChannel as over a WebSocket. It
 * runs in a Worker, which starts when the first member asks. This file is its interface in the node. A
 * member that opens a channel is moved to it, as to any other connection of the same page.
 */
import { lastWordOf, type NodeSignal, type Tier } from "../../transport/protocol/mod.ts";
import type {
  EndpointEvent,
  EndpointRequest,
  EndpointSignal,
} from "../../transport/werift/endpoint_messages.ts";
import type { Clock } from "../../transport/transport.ts";
import { SharedBudget } from "../limits/shared_budget.ts";
import { EndpointThread } from "./endpoint_thread.ts";
import { errorFrame } from "../rooms/frames.ts";
import type { Log } from "../log.ts";
import type { MemberConnection } from "../rooms/member_connection.ts";

/** Time limit from an offer to an open channel: longer than any client waits. */
const OPEN_TIMEOUT_MS = 15_000;

/**
 * Connections of one node; each costs werift about 200 kB. Once half of them are taken, one address may
 * have an eighth of all: a school may have many, and no address gets all.
 */
const MAX_CONNECTIONS = 1000;

export interface EndpointOptions {
  /** Starts the thread: called when the first member needs it, and again after the thread has failed. */
  readonly createWorker: () => Worker;
  readonly clock: Clock;
  readonly log: Log;
  /** A channel that stays full for so long is given up. */
  readonly giveUpMs: number;
}

/** Events of a connection, for its opener. */
export interface EndpointHandlers {
  onSignal(signal: NodeSignal["signal"]): void;
  onOpen(connection: DataChannelConnection): void;
  onFrame(text: string): void;
  /** The connection was full, and has room again. Frames sent in between were dropped. */
  onDrained(): void;
  onClose(): void;
}

interface Entry {
  /** The address that the opener signals from; the connection counts for it. */
  readonly from: string;
  readonly handlers: EndpointHandlers;
  connection: DataChannelConnection | null;
  /** Cancels the timer that ends the connection when it does not open in time, or stays full. */
  cancelTimeout: () => void;
}

export class WebRtcEndpoint {
  readonly #options: EndpointOptions;
  readonly #entries = new Map<number, Entry>();
  /** Each connection counts as one. */
  readonly #places = new SharedBudget(MAX_CONNECTIONS);
  #thread: EndpointThread | null = null;
  #count = 0;
  #isClosed = false;

  constructor(options: EndpointOptions) {
    this.#options = options;
  }

  /** Connections that are open or being opened. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Begins a connection for a member that signals from the address `from`, and returns its id; null when
   * there are too many. The member's offer goes to `signal`.
   */
  begin(from: string, handlers: EndpointHandlers): number | null {
    if (this.#isClosed || !this.#places.take(from, 1)) return null;
    const id = ++this.#count;
    const cancelTimeout = this.#options.clock.after(OPEN_TIMEOUT_MS, () => this.end(id));
    this.#entries.set(id, { from, handlers, connection: null, cancelTimeout });
    return id;
  }

  /** Takes a signal of the other end of `id`. */
  signal(id: number, signal: EndpointSignal): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) {
      this.#post({ op: "signal", connection: id, from: entry.from, ...signal });
    }
  }

  /** Sends a frame. Returns false when the thread can't keep up; `onDrained` follows. */
  send(id: number, text: string, canWait: boolean): boolean {
    return this.#post({ op: "send", connection: id, text, canWait });
  }

  /** Ends a connection without telling its opener. Idempotent. */
  end(id: number): void {
    if (this.#forget(id)) this.#post({ op: "close", connection: id });
  }

  /** Ends every connection, after the frames that were sent on it, and then the thread. Idempotent. */
  async close(): Promise<void> {
    for (const id of [...this.#entries.keys()]) this.end(id);
    this.#isClosed = true;
    const thread = this.#thread;
    this.#thread = null;
    await thread?.close();
  }

  #forget(id: number): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    entry.cancelTimeout();
    this.#places.give(entry.from, 1);
    return this.#entries.delete(id);
  }

  #post(request: EndpointRequest): boolean {
    if (this.#isClosed) return true;
    this.#thread ??= this.#start();
    return this.#thread.post(request);
  }

  #start(): EndpointThread {
    const { createWorker, clock, log } = this.#options;
    return new EndpointThread({
      createWorker,
      clock,
      onEvent: (event) => this.#onEvent(event),
      onDrained: () => this.#onThreadDrained(),
      onError: (reason) => {
        log.error(`The WebRTC thread failed and starts anew: ${reason}`);
        this.#fail();
      },
    });
  }

  #onThreadDrained(): void {
    for (const { connection, handlers } of this.#entries.values()) {
      if (!connection?.isStarved) continue;
      connection.isStarved = false;
      if (!connection.isLagging) handlers.onDrained();
    }
  }

  /** Drops all connections after the thread has failed: members come back over another tier. */
  #fail(): void {
    this.#thread?.terminate();
    this.#thread = null;
    for (const [id, { handlers }] of [...this.#entries]) {
      this.#forget(id);
      handlers.onClose();
    }
  }

  #giveUp(id: number, { handlers }: Entry): void {
    this.end(id);
    handlers.onClose();
  }

  #onEvent(event: Exclude<EndpointEvent, { op: "taken" }>): void {
    const entry = this.#entries.get(event.connection);
    if (entry === undefined) return;
    switch (event.op) {
      case "signal":
        return entry.handlers.onSignal(event.signal);
      case "open":
        if (entry.connection !== null) return;
        entry.cancelTimeout();
        entry.connection = new DataChannelConnection(this, event.connection, event.tier);
        return entry.handlers.onOpen(entry.connection);
      case "frame":
        return entry.handlers.onFrame(event.text);
      case "lagging":
        if (entry.connection === null) return;
        entry.connection.isLagging = true;
        entry.cancelTimeout = this.#options.clock.after(
          this.#options.giveUpMs,
          () => this.#giveUp(event.connection, entry),
        );
        return;
      case "drained":
        if (entry.connection === null) return;
        entry.cancelTimeout();
        entry.connection.isLagging = false;
        return entry.handlers.onDrained();
      case "closed":
        this.#forget(event.connection);
        return entry.handlers.onClose();
    }
  }
}

/** A member's DataChannel. */
export class DataChannelConnection implements MemberConnection {
  readonly tier: Tier;
  readonly isHeld = false;
  readonly address = null;
  /** The channel's queue is full. */
  isLagging = false;
  /** A frame was dropped because the thread had no room. */
  isStarved = false;
  readonly #endpoint: WebRtcEndpoint;
  readonly #id: number;

  constructor(endpoint: WebRtcEndpoint, id: number, tier: Tier) {
    this.#endpoint = endpoint;
    this.#id = id;
    this.tier = tier;
  }

  send(frame: string, canWait = false): boolean {
    if (this.isLagging || this.isStarved) return false;
    this.isStarved = !this.#endpoint.send(this.#id, frame, canWait);
    return !this.isStarved;
  }

  takePending(): string[] {
    return [];
  }

  moveOn(): void {
    this.#endpoint.end(this.#id);
  }

  close(code: number, reason: string): void {
    const error = lastWordOf(code);
    // A channel has no close code, so an error frame tells the member the reason before.
    if (error !== null) this.send(errorFrame({ code: error, message: reason }));
    this.#endpoint.end(this.#id);
  }
}
