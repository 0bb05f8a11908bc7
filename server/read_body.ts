/** Reads the body of a request: within its bound, in the memory of what has come, and in time. */
import { UserError } from "../transport/errors.ts";
import type { Clock } from "../transport/transport.ts";
import { BudgetShare, type SharedBudget } from "./shared_budget.ts";
import type { Deadline } from "./deadline.ts";
import type { IncomingRate } from "./incoming_rate.ts";

/** As in `unread_body.ts`: 64 kbit/s is a phone at the edge of its network. */
const FLOW_MS = 5_000;
const FLOW_BYTES = 2 * 1024;

/** Most bodies are told to be smaller, and are read at once. */
const SMALL_BYTES = 16 * 1024;

/** What a small body may take to come. */
export const SMALL_BODY_MS = 5_000;

/** A body whose pieces are smaller than this costs more to take than to send. */
const TINY = { pieces: 1_000, bytes: 16 } as const;

/** What reading another body begins with. */
const FIRST_BYTES = 4 * 1024;

const decoder = new TextDecoder("utf-8", { fatal: true });

export interface BodyOptions {
  readonly maxBytes: number;
  readonly clock: Clock;
  /** Of `SMALL_BODY_MS`. */
  readonly deadline: Deadline;
  /** What all bodies may hold, and how fast large ones are read. */
  readonly budget: SharedBudget;
  readonly rate: IncomingRate;
  /** Whose body it is, for its share of the budget. */
  readonly address: string;
}

/** Requests whose bodies were begun and left, or were no bodies. */
const left = new WeakMap<Request, "unread" | "broken">();

/** Whether the body was malformed, broke off or came too slowly. */
export function isBodyBroken(request: Request): boolean {
  return left.get(request) === "broken";
}

/** Whether nothing of the body is left on the connection. */
export function isBodyRead(request: Request): boolean {
  // No handler reads these, and once asked Deno holds on to there being none: see `raw_body.ts`.
  if (request.method === "GET" || request.method === "HEAD") return false;
  return request.bodyUsed && !left.has(request);
}

/**
 * The request's body as text.
 * @throws {UserError} `text-too-large`; `bad-request` when it breaks off, stalls or is not UTF-8;
 * `rate-limited` when the node holds too much that is still coming.
 */
export async function readBody(request: Request, options: BodyOptions): Promise<string> {
  const { maxBytes, deadline } = options;
  const { headers } = request;
  const length = headers.get("content-length");
  if (Number(length) > maxBytes) throw tooLarge(maxBytes);
  // Chunks count more than a length, where both are told (RFC 9112 section 6.3).
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
  // Read into one buffer: each chunk by itself would hold 64 KiB, however small it is.
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

/** A body that was made in this process, whose chunks it holds already. */
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

/** Null where the body is no stream of bytes, which those of connections are. */
function byobReader(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return null;
  }
}

/** Calls `onStall` once when the count has grown by too little; until the returned function is called. */
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
