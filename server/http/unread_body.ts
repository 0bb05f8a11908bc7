/**
 * Handles a body that is still unread when its answer is made. The answer to every request with a body goes
 * through {@linkcode settleBody}. A small rest is read and dropped, so that the connection can be used
 * again. For a large or slow rest, the answer announces the end with `Connection: close` (RFC 9112 section
 * 9.3), and the node reads on while the rest flows: closing while the client still writes resets the
 * connection, and the client may then lose the answer (section 9.6).
 *
 * `Deno.serve` does neither: it closes the connection in silence, and the next request on it fails.
 */
import type { Clock } from "../../transport/transport.ts";
import { rawBody } from "./raw_body.ts";
import { isBodyBroken, isBodyRead } from "./read_body.ts";

/**
 * As in Go's net/http: about what TCP buffers hold. So much has arrived already, and reading it costs less
 * than a new connection.
 */
const SMALL_BYTES = 256 * 1024;

/**
 * How long an answer waits for a small rest: a head and a body that were sent apart arrive a round trip and
 * a delayed acknowledgement (40 ms) apart. A slower client gets its answer after this time.
 */
const SMALL_MS = 250;

/** How long a flowing rest is read: 25 MB arrive in this time over a slow uplink of 10 Mbit/s. */
const LINGER_MS = 20_000;
/**
 * A rest flows while it brings `FLOW_BYTES` in each `FLOW_MS`: 64 kbit/s is a phone at the edge of its
 * network. If a client has read the answer and stopped sending, it waits no longer than that for the end of
 * the answer.
 */
const FLOW_MS = 500;
const FLOW_BYTES = 4 * 1024;

/** Whether the headers of `request` announce a body. */
export function hasBody({ headers }: Request): boolean {
  const length = headers.get("content-length");
  return length === null ? headers.has("transfer-encoding") : length !== "0";
}

/** Returns the answer to a `request` that has a body, once the unread rest can't harm the next request. */
export async function settleBody(
  request: Request,
  answer: Response | Promise<Response>,
  clock: Clock,
): Promise<Response> {
  const response = await answer;
  if (response.status === 101) return response;
  // Deno closes a connection on which trailers came, and one whose body was malformed.
  if (request.headers.has("trailer") || isBodyBroken(request)) return announceEnd(response);
  if (isBodyRead(request)) return response;
  // Reading would ask the client for a body that it holds back (RFC 9110 section 10.1.1).
  if (request.headers.has("expect") && !request.bodyUsed) return announceEnd(response);
  const body = rawBody(request);
  if (body === null) return announceEnd(response);
  return await settle(new Rest(body, clock), { request, response });
}

async function settle(
  rest: Rest,
  { request, response }: { request: Request; response: Response },
): Promise<Response> {
  const isLarge = Number(request.headers.get("content-length")) > SMALL_BYTES;
  if (!isLarge && await rest.endsSoon()) return response;
  if (response.body !== null) return announceEnd(holdEnd(response, () => rest.lingered()));
  // The answer is only a head, so the whole answer waits.
  await rest.lingered();
  return announceEnd(response);
}

function announceEnd(response: Response): Response {
  response.headers.set("connection", "close");
  return response;
}

/**
 * Sends `response`, but delays its end until `lingered` resolves, because Deno then closes the connection.
 */
function holdEnd({ body, status, headers }: Response, lingered: () => Promise<void>): Response {
  const held = new TransformStream<Uint8Array, Uint8Array>({ flush: lingered });
  return new Response(body!.pipeThrough(held), { status, headers });
}

/** One buffer for all reads: a connection whose client stalls holds this much and no more. */
const BUFFER_BYTES = 16 * 1024;

/**
 * Reads the rest of a body and drops it. In Deno, a pending read can't be canceled: a client that stalls
 * and ignores the announced end keeps its connection, as an idle client does, until it sends or closes, or
 * `connections.ts` ends the silent connection.
 */
class Rest {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #clock: Clock;
  /** Resolves when the body has ended, or the client is gone. */
  readonly #ended: Promise<void>;
  #hasEnded = false;
  #isWhole = false;
  #bytes = 0;
  #onLarge = () => {};

  constructor(body: ReadableStream<Uint8Array>, clock: Clock) {
    this.#reader = body.getReader({ mode: "byob" });
    this.#clock = clock;
    this.#ended = this.#readOn().catch(() => {}).then(() => {
      this.#hasEnded = true;
    });
  }

  async #readOn(): Promise<void> {
    let buffer = new ArrayBuffer(BUFFER_BYTES);
    for (;;) {
      const { done, value } = await this.#reader.read(new Uint8Array(buffer));
      this.#isWhole = done;
      if (done) return;
      buffer = value.buffer;
      this.#bytes += value.length;
      if (this.#bytes > SMALL_BYTES) this.#onLarge();
    }
  }

  /** Whether the rest is small and arrives within `SMALL_MS`. */
  async endsSoon(): Promise<boolean> {
    const enough = Promise.withResolvers<void>();
    this.#onLarge = enough.resolve;
    const cancel = this.#clock.after(SMALL_MS, enough.resolve);
    await Promise.race([this.#ended, enough.promise]);
    cancel();
    return this.#isWhole;
  }

  /** Resolves when the rest has ended, flows no more or has taken too long. Nothing is read after that. */
  async lingered(): Promise<void> {
    const untilMs = this.#clock.now() + LINGER_MS;
    let before = -Infinity;
    while (!this.#hasEnded && this.#bytes - before >= FLOW_BYTES && this.#clock.now() < untilMs) {
      before = this.#bytes;
      const enough = Promise.withResolvers<void>();
      const cancel = this.#clock.after(FLOW_MS, enough.resolve);
      await Promise.race([this.#ended, enough.promise]);
      cancel();
    }
    this.#reader.cancel().catch(() => {});
  }
}
