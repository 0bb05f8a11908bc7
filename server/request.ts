/** What a request says, parsed at the edge: its query, its address. */
import * as z from "zod/mini";
import { UserError } from "../transport/errors.ts";
import type { Connection } from "./connections.ts";
import { describeIssue } from "../transport/protocol.ts";

/** What Hono hands on from `Deno.serve`; absent in tests that make no connection. */
export interface ServeEnv {
  readonly remoteAddr?: Deno.Addr;
  readonly connection?: Connection;
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

/** @throws {UserError} `bad-request` when `text` is not JSON. */
export function parseJsonBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError("bad-request", "The body is not JSON");
  }
}

/** A timestamp in a query: seconds, of which whole microseconds are exact integers. */
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
