/**
 * HTTP on a memory network: requests and answers are frames of a pipe, which a client opens when it first
 * needs it and shares between its requests, as HTTP/2 does. The network's faults, cuts and resets work on
 * them as on any pipe. A request whose frame is lost waits until it is aborted.
 */
import type { Clock, Path, PathHandlers } from "../../transport/transport.ts";

/** A client closes its connection when no request was under way for so long. */
const KEEP_ALIVE_MS = 50;

type ClientFrame =
  | { readonly id: number; readonly method: string; readonly url: string; readonly body?: string }
  | { readonly id: number; readonly isAborted: true };

interface Answer {
  readonly id: number;
  readonly status: number;
  readonly body: string;
}

interface UnderWay {
  resolve(response: Response): void;
  reject(reason: unknown): void;
}

export interface HttpClientOptions {
  readonly clock: Clock;
  /** Opens a pipe to the server; rejects when there is none. */
  readonly dial: (handlers: PathHandlers) => Promise<Path>;
}

export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #underWay = new Map<number, UnderWay>();
  #connection: Promise<Path> | null = null;
  #count = 0;
  #cancelClose = () => {};

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /** Has the signature of the platform's `fetch`; takes text as a body, and no headers. */
  readonly fetch = (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { method = "GET", body, signal } = init;
    const id = ++this.#count;
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    if (signal?.aborted) return Promise.reject(signal.reason);
    const connection = this.#open();
    this.#underWay.set(id, { resolve, reject });
    const send = async (frame: ClientFrame) => (await connection).send(JSON.stringify(frame));
    signal?.addEventListener("abort", () => {
      if (!this.#underWay.has(id)) return;
      this.#end(id)?.reject(signal.reason);
      send({ id, isAborted: true }).catch(() => {});
    }, { once: true });
    const url = String(input);
    send({ id, method, url, ...typeof body === "string" ? { body } : {} })
      .then((isSent) => {
        if (!isSent) throw new TypeError("The connection was lost");
      })
      .catch((error) => this.#end(id)?.reject(error));
    return promise;
  };

  #open(): Promise<Path> {
    this.#cancelClose();
    return this.#connection ??= this.#dial();
  }

  #dial(): Promise<Path> {
    const connection = this.#options.dial({
      onFrame: (text) => {
        const { id, status, body }: Answer = JSON.parse(text);
        this.#end(id)?.resolve(new Response(body, { status }));
      },
      onClose: () => this.#lost(connection),
    });
    connection.catch(() => this.#lost(connection));
    return connection;
  }

  #lost(connection: Promise<Path>): void {
    if (this.#connection !== connection) return;
    this.#connection = null;
    this.#cancelClose();
    for (const { reject } of this.#underWay.values()) reject(new TypeError("No connection"));
    this.#underWay.clear();
  }

  /** Ends a request; undefined when it had ended already. */
  #end(id: number): UnderWay | undefined {
    const ended = this.#underWay.get(id);
    this.#underWay.delete(id);
    const connection = this.#connection;
    if (ended === undefined || this.#underWay.size > 0 || connection === null) return ended;
    this.#cancelClose();
    this.#cancelClose = this.#options.clock.after(KEEP_ALIVE_MS, () => {
      this.#connection = null;
      void connection.then((path) => path.close());
    });
    return ended;
  }
}

/** Answers the requests that arrive on `path`, until it closes; their signals are aborted then. */
export function serveHttp(
  path: Path,
  answer: (request: Request) => Response | Promise<Response>,
): PathHandlers {
  const underWay = new Map<number, AbortController>();
  const respond = async (id: number, request: Request) => {
    const response = await answer(request);
    const body = await response.text();
    underWay.delete(id);
    path.send(JSON.stringify({ id, status: response.status, body } satisfies Answer));
  };
  return {
    onFrame(text) {
      const frame: ClientFrame = JSON.parse(text);
      if ("isAborted" in frame) return underWay.get(frame.id)?.abort();
      const controller = new AbortController();
      underWay.set(frame.id, controller);
      const { method, url, body } = frame;
      const init = { method, signal: controller.signal, ...body === undefined ? {} : sent(body) };
      void respond(frame.id, new Request(url, init));
    },
    onClose() {
      for (const controller of underWay.values()) controller.abort();
    },
  };
}

/** A body as it comes from a connection: a stream of bytes, with its length in a header. */
function sent(text: string): RequestInit {
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream({
    type: "bytes",
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  return { body, headers: { "content-length": String(bytes.length) } };
}
