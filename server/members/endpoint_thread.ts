/**
 * The thread of the node's WebRTC endpoint, and the queue of requests for it. Only one batch of requests is
 * on its way at a time: when the thread can't keep up, requests wait here, counted and bounded. This class
 * knows nothing of connections.
 */
import type { EndpointEvent, EndpointRequest } from "../../transport/werift/endpoint_messages.ts";
import type { Clock } from "../../transport/transport.ts";

/** Limit of the queue in UTF-16 units: as much as two lagging sockets may hold, see `socket_connection.ts`. */
const MAX_WAITING_CHARS = 8 * 1024 * 1024;
/** When the node stops: time for a busy thread to take the last batch, then time to send it. */
const CLOSE_MS = 500;
const LINGER_MS = 50;

export interface EndpointThreadOptions {
  readonly createWorker: () => Worker;
  readonly clock: Clock;
  onEvent(event: Exclude<EndpointEvent, { op: "taken" }>): void;
  /** The queue was full, and has room again. */
  onDrained(): void;
  /** The thread failed, and carries nothing any more. */
  onError(reason: string): void;
}

export class EndpointThread {
  readonly #options: EndpointThreadOptions;
  readonly #worker: Worker;
  #waiting: EndpointRequest[] = [];
  #chars = 0;
  #isBusy = false;
  #isFull = false;
  #onIdle: (() => void) | null = null;

  constructor(options: EndpointThreadOptions) {
    this.#options = options;
    this.#worker = options.createWorker();
    this.#worker.onmessage = ({ data }: MessageEvent<EndpointEvent>) => {
      if (data.op === "taken") this.#taken();
      else options.onEvent(data);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      options.onError(event.message);
    };
  }

  /** Queues `request`, a `close` always. Returns false when the queue is full; `onDrained` follows. */
  post(request: EndpointRequest): boolean {
    this.#isFull ||= this.#chars > MAX_WAITING_CHARS;
    if (this.#isFull && request.op !== "close") return false;
    this.#waiting.push(request);
    this.#chars += charsOf(request);
    if (!this.#isBusy) this.#flush();
    return true;
  }

  /** Ends the thread after it had time to take and send the requests that were posted. */
  async close(): Promise<void> {
    const { clock } = this.#options;
    const end = Promise.withResolvers<void>();
    let cancel = clock.after(CLOSE_MS, end.resolve);
    const linger = () => {
      cancel();
      cancel = clock.after(LINGER_MS, end.resolve);
    };
    if (this.#isBusy) this.#onIdle = linger;
    else linger();
    await end.promise;
    cancel();
    this.terminate();
  }

  terminate(): void {
    this.#worker.terminate();
  }

  #flush(): void {
    this.#isBusy = true;
    this.#worker.postMessage(this.#waiting);
    this.#waiting = [];
    this.#chars = 0;
  }

  #taken(): void {
    this.#isBusy = false;
    if (this.#waiting.length > 0) this.#flush();
    else this.#onIdle?.();
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#options.onDrained();
  }
}

function charsOf(request: EndpointRequest): number {
  if (request.op === "send") return request.text.length;
  if (request.op === "close") return 0;
  const { signal } = request;
  return signal.type === "ice" ? signal.candidate?.length ?? 0 : signal.sdp.length;
}
