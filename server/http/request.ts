/** Parses requests at the edge: query, address and host. */
import * as z from "zod/mini";
import { UserError } from "../../transport/errors.ts";
import type { Connection } from "../connections/connections.ts";
import type { Forwarded } from "../connections/forwarded.ts";
import { describeIssue } from "../../transport/protocol/mod.ts";

/** The `RequestInfo` of `connections.ts`, which Hono hands on. Absent in tests that make no connection. */
export interface ServeEnv {
  readonly remoteAddr?: Deno.Addr;
  readonly connection?: Connection;
  /** Set when the request came from a trusted proxy. */
  readonly forwarded?: Forwarded;
}

/** Returns the client's IP address: the TCP peer's, or the one that a trusted proxy names. */
export function remoteAddress(env: ServeEnv | undefined): string {
  if (env?.forwarded !== undefined) return env.forwarded.address;
  const address = env?.remoteAddr;
  return address !== undefined && "hostname" in address ? address.hostname : "unknown";
}

/**
 * Returns the `host:port` that the client sent the request to: its `Host`, or the one that a trusted proxy
 * names.
 */
export function requestHost(request: Request, env: ServeEnv | undefined): string {
  return env?.forwarded?.host ?? hostOfUrl(request.url);
}

/** Returns the request's `Host` header, which the server puts into the URL. */
function hostOfUrl(url: string): string {
  const start = url.indexOf("//") + 2;
  const end = url.indexOf("/", start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}

/** @throws {UserError} `bad-request`, naming `what` and the first issue. */
export function parseRequest<T>(schema: z.ZodMiniType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UserError("bad-request", `${what}: ${describeIssue(result.error)}`);
}

/** @throws {UserError} `bad-request` when `text` is not JSON. */
export function parseJsonBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError("bad-request", "The body is not JSON");
  }
}

/** A timestamp in a query, in seconds. Within the bounds, its whole microseconds are exact integers. */
export const queryTimestamp = () => queryNumber({ min: 0, max: 9_007_199_253 });

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
