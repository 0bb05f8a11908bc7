/**
 * The node's own end of WebRTC: members may reach it over a DataChannel as over a WebSocket. It begins
 * when the first one asks, in a Worker; this is its face in the node. A member that opens a channel is
 * moved to it, as to any other connection of the same page.
 */
import { CLOSE_CODES, type IceServer, type NodeSignal, type Tier } from "../transport/protocol.ts";
import type { EndpointEvent, EndpointRequest } from "../transport/endpoint_messages.ts";
import type { Clock } from "../transport/transport.ts";
import type { Log } from "./log.ts";
import type { Link } from "./member.ts";

/** From an offer to an open channel: longer than any client waits. */
const OPEN_TIMEOUT_MS = 15_000;

/** Connections of one node: each costs werift about 200 kB. */
const MAX_LINKS = 1000;

export interface EndpointOptions {
  /** Starts the thread; called once, when the first member wants it. */
  readonly createWorker: () => Worker;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a connection tells whoever opened it. */
export interface EndpointHandlers {
  onSignal(signal: NodeSignal["signal"]): void;
  onOpen(link: EndpointLink): void;
  onFrame(text: string): void;
  /** It was full, and is free again: what was sent meanwhile was dropped. */
  onDrained(): void;
  onClose(): void;
}

interface Entry {
  readonly handlers: EndpointHandlers;
  link: EndpointLink | null;
  /** Ends it when it does not open in time. */
  readonly cancelTimeout: () => void;
}

export class WebRtcEndpoint {
  readonly #options: EndpointOptions;
  readonly #entries = new Map<number, Entry>();
  #worker: Worker | null = null;
  #count = 0;
  #isClosed = false;

  constructor(options: EndpointOptions) {
    this.#options = options;
  }

  /** Connections that are open or being opened. */
  get size(): number {
    return this.#entries.size;
  }

  /** Begins a connection; null when there are too many. Its offer goes to `signal`. */
  begin(handlers: EndpointHandlers): number | null {
    if (this.#isClosed || this.#entries.size >= MAX_LINKS) return null;
    const id = ++this.#count;
    const cancelTimeout = this.#options.clock.after(OPEN_TIMEOUT_MS, () => this.end(id));
    this.#entries.set(id, { handlers, link: null, cancelTimeout });
    return id;
  }

  /** Takes what the other end of `id` signals. */
  signal(id: number, signal: NodeSignal["signal"], iceServers: readonly IceServer[]): void {
    if (this.#entries.has(id)) this.#post({ op: "signal", link: id, signal, iceServers });
  }

  send(id: number, text: string): void {
    this.#post({ op: "send", link: id, text });
  }

  /** Ends a connection without telling its opener. Idempotent. */
  end(id: number): void {
    if (this.#forget(id)) this.#post({ op: "close", link: id });
  }

  /** Ends the thread and every connection. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const id of [...this.#entries.keys()]) this.#forget(id);
    this.#worker?.terminate();
    this.#worker = null;
  }

  #forget(id: number): boolean {
    this.#entries.get(id)?.cancelTimeout();
    return this.#entries.delete(id);
  }

  #post(request: EndpointRequest): void {
    if (this.#isClosed) return;
    this.#worker ??= this.#start();
    this.#worker.postMessage(request);
  }

  #start(): Worker {
    const worker = this.#options.createWorker();
    worker.onmessage = ({ data }: MessageEvent<EndpointEvent>) => this.#onEvent(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#options.log.error(`The WebRTC thread failed and starts anew: ${event.message}`);
      this.#fail();
    };
    return worker;
  }

  /** The thread is gone, and all that it carried: members come back over another tier. */
  #fail(): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const [id, { handlers }] of [...this.#entries]) {
      this.#forget(id);
      handlers.onClose();
    }
  }

  #onEvent(event: EndpointEvent): void {
    const entry = this.#entries.get(event.link);
    if (entry === undefined) return;
    switch (event.op) {
      case "signal":
        return entry.handlers.onSignal(event.signal);
      case "open":
        if (entry.link !== null) return;
        entry.cancelTimeout();
        entry.link = new EndpointLink(this, event.link, event.tier);
        return entry.handlers.onOpen(entry.link);
      case "frame":
        return entry.handlers.onFrame(event.text);
      case "lagging":
        if (entry.link !== null) entry.link.isLagging = true;
        return;
      case "drained":
        if (entry.link !== null) entry.link.isLagging = false;
        return entry.handlers.onDrained();
      case "closed":
        this.#forget(event.link);
        return entry.handlers.onClose();
    }
  }
}

/** A member's DataChannel. */
export class EndpointLink implements Link {
  readonly tier: Tier;
  readonly isHeld = false;
  isLagging = false;
  readonly #endpoint: WebRtcEndpoint;
  readonly #id: number;

  constructor(endpoint: WebRtcEndpoint, id: number, tier: Tier) {
    this.#endpoint = endpoint;
    this.#id = id;
    this.tier = tier;
  }

  send(frame: string): boolean {
    if (this.isLagging) return false;
    this.#endpoint.send(this.#id, frame);
    return true;
  }

  takePending(): string[] {
    return [];
  }

  moveOn(): void {
    this.#endpoint.end(this.#id);
  }

  close(code: number, reason: string): void {
    // A channel has no close code: whoever has to know is told before.
    if (code === CLOSE_CODES.replaced) {
      this.send(JSON.stringify({ type: "error", payload: { code: "replaced", message: reason } }));
    }
    this.#endpoint.end(this.#id);
  }
}
