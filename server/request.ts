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
 * @throws {UserError} `text-too-large` or `bad-request`.
 */
export async function readBody(request: Request, maxBytes: number): Promise<string> {
  const length = request.headers.get("content-length");
  if (length !== null) {
    if (Number(length) > maxBytes) throw tooLarge(maxBytes);
    // The server reads no more than the length that was told.
    return await request.text();
  }
  return await readChunked(request, maxBytes);
}

async function readChunked(request: Request, maxBytes: number): Promise<string> {
  if (request.body === null) return "";
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
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
