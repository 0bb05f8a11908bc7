/** Reads the body of a request: up to a size, with memory only for bytes that have arrived, and in time. */
import { UserError } from "../../transport/errors.ts";
import type { Clock } from "../../transport/transport.ts";
import { BudgetShare, type SharedBudget } from "../limits/shared_budget.ts";
import type { Deadline } from "../limits/deadline.ts";
import type { IncomingRate } from "../limits/incoming_rate.ts";

/**
 * A large body must bring `FLOW_BYTES` in each `FLOW_MS`, about 3 kbit/s: less than a phone at the edge of
 * its network.
 */
const FLOW_MS = 5_000;
const FLOW_BYTES = 2 * 1024;

/** Bodies that announce at most this length are read at once. Most do. */
const SMALL_BYTES = 16 * 1024;

/** How long a small body may take to arrive. */
export const SMALL_BODY_MS = 5_000;

/**
 * After `pieces` pieces, their average size must be at least `bytes`: a smaller piece costs more to take
 * than to send.
 */
const TINY = { pieces: 1_000, bytes: 16 } as const;

/** First buffer for a body that is not small. */
const FIRST_BYTES = 4 * 1024;

const decoder = new TextDecoder("utf-8", { fatal: true });

export interface BodyOptions {
  readonly maxBytes: number;
  readonly clock: Clock;
  /** The shared time limit of `SMALL_BODY_MS`. */
  readonly deadline: Deadline;
  /** The memory budget of all bodies, and the rate at which large ones are read. */
  readonly budget: SharedBudget;
  readonly rate: IncomingRate;
  /** The sender's IP address, which the budget and the rate count for. */
  readonly address: string;
}

/** Requests whose body was left unread in part, or is broken. */
const left = new WeakMap<Request, "unread" | "broken">();

/** Whether the body was malformed, broke off, or came too slowly or in tiny pieces. */
export function isBodyBroken(request: Request): boolean {
  return left.get(request) === "broken";
}

/** Whether no byte of the body is left on the connection. */
export function isBodyRead(request: Request): boolean {
  // No handler reads the body of a GET or HEAD. Once asked, Deno remembers that there is none: see
  // `raw_body.ts`.
  if (request.method === "GET" || request.method === "HEAD") return false;
  return request.bodyUsed && !left.has(request);
}

/**
 * Returns the request's body as text.
 * @throws {UserError} `text-too-large`; `bad-request` when the body breaks off, stalls, comes in tiny
 * pieces or is not UTF-8; `rate-limited` when the node holds too much that is still arriving.
 */
export async function readBody(request: Request, options: BodyOptions): Promise<string> {
  const { maxBytes, deadline } = options;
  const { headers } = request;
  const length = headers.get("content-length");
  if (Number(length) > maxBytes) throw tooLarge(maxBytes);
  // `Transfer-Encoding` overrides `Content-Length` (RFC 9112 section 6.3).
  const isSmall = length !== null && Number(length) <= SMALL_BYTES &&
    !headers.has("transfer-encoding");
  const bytes = await (isSmall ? readSmall(request, deadline) : readLarge(request, options));
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new UserError("bad-request", "The body is not UTF-8", { cause: error });
  }
}

function readSmall(request: Request, deadline: Deadline): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const waiting = deadline.begin(() => reject(tooSlow(request)));
    request.bytes().then(
      (bytes) => {
        deadline.end(waiting);
        resolve(bytes);
      },
      (error) => {
        deadline.end(waiting);
        reject(broken(request, error));
      },
    );
  });
}

async function readLarge(
  request: Request,
  { maxBytes, clock, budget, rate, address }: BodyOptions,
): Promise<Uint8Array> {
  const { body } = request;
  if (body === null) return new Uint8Array(0);
  // Reads into one buffer: each chunk by itself would hold 64 KiB, however small it is.
  const reader = byobReader(body);
  if (reader === null) return await readChunks(request, body, maxBytes);
  let buffer = new ArrayBuffer(FIRST_BYTES);
  let filled = 0;
  const share = new BudgetShare(budget, address);
  let pieces = 0;
  const stalled = Promise.withResolvers<never>();
  stalled.promise.catch(() => {});
  const cancel = watchFlow(clock, () => filled, () => stalled.reject(tooSlow(request)));
  try {
    for (;;) {
      const grow = filled === buffer.byteLength ? Math.min(filled, maxBytes + 1 - filled) : 0;
      if (grow > 0) {
        if (!share.hold(share.held + grow)) throw tooMuch(request);
        buffer = buffer.transfer(filled + grow);
      }
      const read = reader.read(new Uint8Array(buffer, filled));
      const { done, value } = await Promise.race([read, stalled.promise]);
      if (value !== undefined) {
        filled += value.length;
        buffer = value.buffer;
      }
      if (done) return new Uint8Array(buffer, 0, filled);
      if (++pieces > TINY.pieces && filled < pieces * TINY.bytes) throw tooTiny(request);
      if (filled > maxBytes) {
        left.set(request, "unread");
        throw tooLarge(maxBytes);
      }
      const delayMs = rate.delayMs(address, { bytes: value?.length ?? 0, frames: 0 });
      if (delayMs > 0) await new Promise<void>((resolve) => clock.after(delayMs, resolve));
    }
  } catch (error) {
    throw error instanceof UserError ? error : broken(request, error);
  } finally {
    cancel();
    share.hold(0);
    if (!isBodyBroken(request)) reader.releaseLock();
  }
}

/** Reads a body that was made in this process, which holds its chunks already. */
async function readChunks(
  request: Request,
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunk of body.values({ preventCancel: true })) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      left.set(request, "unread");
      throw tooLarge(maxBytes);
    }
    chunks.push(chunk as Uint8Array<ArrayBuffer>);
  }
  return await new Blob(chunks).bytes();
}

/** Returns a reader; null when the body is no byte stream. Bodies of connections are byte streams. */
function byobReader(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return null;
  }
}

/** Calls `onStall` once when the count grows too slowly. The returned function ends the watch. */
function watchFlow(clock: Clock, count: () => number, onStall: () => void): () => void {
  let before = count();
  const check = () => {
    if (count() - before < FLOW_BYTES) return onStall();
    before = count();
    cancel = clock.after(FLOW_MS, check);
  };
  let cancel = clock.after(FLOW_MS, check);
  return () => cancel();
}

function broken(request: Request, cause: unknown): UserError {
  left.set(request, "broken");
  return new UserError("bad-request", "The body broke off before its end", { cause });
}

function tooSlow(request: Request): UserError {
  left.set(request, "broken");
  return new UserError("bad-request", "The body came too slowly: send it again");
}

function tooTiny(request: Request): UserError {
  left.set(request, "broken");
  return new UserError("bad-request", "The body came in pieces that are too small: send it in one");
}

function tooMuch(request: Request): UserError {
  left.set(request, "unread");
  return new UserError(
    "rate-limited",
    "The node is receiving as much as it can hold: send it again in a moment",
  );
}

function tooLarge(maxBytes: number): UserError {
  return new UserError(
    "text-too-large",
    `The body is larger than ${maxBytes / 1024} KiB, which is all that a request may have`,
  );
}
