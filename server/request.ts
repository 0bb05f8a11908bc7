/** What a request says, parsed at the edge: its query, its body within bounds, its address. */
import * as z from "zod/mini";
import { UserError } from "../transport/errors.ts";
import { describeIssue } from "../transport/protocol.ts";

/** What Hono hands on from `Deno.serve`; absent in tests that make no connection. */
export interface ServeEnv {
  readonly remoteAddr?: Deno.Addr;
}

/** The peer's IP address. */
export function remoteAddress(env: ServeEnv | undefined): string {
  const address = env?.remoteAddr;
  return address !== undefined && "hostname" in address ? address.hostname : "unknown";
}

/** @throws {UserError} `bad-request`, naming `what` and the first issue. */
export function parseRequest<T>(schema: z.ZodMiniType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UserError("bad-request", `${what}: ${describeIssue(result.error)}`);
}

/**
 * The request's body as text, of at most `maxBytes`; no more than that is ever held.
 * @throws {UserError} `text-too-large`, or `bad-request` when it breaks off.
 */
export async function readBody(request: Request, maxBytes: number): Promise<string> {
  const { headers } = request;
  if (Number(headers.get("content-length")) > maxBytes) throw tooLarge(maxBytes);
  // Chunks count more than a length, where both are told (RFC 9112 section 6.3).
  const isChunked = headers.has("transfer-encoding") || !headers.has("content-length");
  try {
    // Of a length that was told the server reads no more than that.
    return await (isChunked ? readChunked(request, maxBytes) : request.text());
  } catch (error) {
    if (error instanceof UserError) throw error;
    broken.add(request);
    throw new UserError("bad-request", "The body broke off before its end", { cause: error });
  }
}

/** Requests whose bodies could not be read to their end. */
const broken = new WeakSet<Request>();

/** Whether the body was malformed, or broke off. */
export function isBodyBroken(request: Request): boolean {
  return broken.has(request);
}

/** Requests whose bodies were begun and left. */
const halfRead = new WeakSet<Request>();

/** Whether nothing of the body is left on the connection. */
export function isBodyRead(request: Request): boolean {
  // No handler reads these, and once asked Deno holds on to there being none: see `raw_body.ts`.
  if (request.method === "GET" || request.method === "HEAD") return false;
  return request.bodyUsed && !halfRead.has(request);
}

async function readChunked(request: Request, maxBytes: number): Promise<string> {
  if (request.body === null) return "";
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  // Cancelled, the rest would close the connection before the answer.
  for await (const chunk of request.body.values({ preventCancel: true })) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      halfRead.add(request);
      throw tooLarge(maxBytes);
    }
    chunks.push(chunk);
  }
  return await new Blob(chunks).text();
}

function tooLarge(maxBytes: number): UserError {
  return new UserError(
    "text-too-large",
    `The body is larger than ${maxBytes / 1024} KiB, which is all that a request may have`,
  );
}

/** @throws {UserError} `bad-request` when `text` is not JSON. */
export function parseJsonBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError("bad-request", "The body is not JSON");
  }
}

/** A number in a query, with its bounds in the message. */
export function queryNumber(options: { min: number; max: number; int?: boolean }) {
  const { min, max, int = false } = options;
  const message = `must be a ${int ? "whole " : ""}number from ${min} to ${max}`;
  const value = z.number(message).check(z.gte(min, message), z.lte(max, message));
  return z.pipe(
    z.string().check(z.regex(int ? /^\d{1,16}$/ : /^\d{1,16}(\.\d{1,20})?$/, message)),
    z.pipe(z.transform(Number), value),
  );
}
