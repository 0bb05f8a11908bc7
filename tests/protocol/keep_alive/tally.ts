/** The results of connections after early answers, in the same form for every client. */
import assert from "node:assert/strict";
import type { Ask } from "./early_answers.ts";

/** The requests that a client tries. */
export interface Plan {
  readonly url: string;
  readonly asks: readonly Ask[];
  /** The request that follows each ask. A node at its rate limit still answers `health`. */
  readonly next: "send" | "health";
}

/** The result of every client. The programs in other languages print it as JSON. */
export interface Tally {
  /** Connections on which the next request was answered. */
  readonly kept: number;
  /** Connections whose end was announced. The next request was answered on a new connection. */
  readonly announced: number;
  /** Errors, each with the ask before it. */
  readonly failures: readonly string[];
}

/** The request that shows whether a connection is usable: it must get its own answer. */
export interface NextRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body: string | null;
  /** Text that the answer contains. */
  readonly expects: string;
}

export function nextRequest({ next }: Plan): NextRequest {
  if (next === "health") return { method: "GET", path: "/health", body: null, expects: '"ok"' };
  const id = crypto.randomUUID();
  const body = JSON.stringify({ room: "next", peer_id: "next", text: "Still there?", id });
  return { method: "POST", path: "/send", body, expects: `"${id}"` };
}

export function describeAsk(ask: Ask): string {
  const { name, bytes, isChunked, isApart } = ask;
  return `${name}, ${bytes} bytes${isChunked ? ", chunked" : ""}${isApart ? ", apart" : ""}`;
}

/** Fails when a connection was unusable, with the first reasons. */
export function assertAllUsable(who: string, { asks }: Plan, tally: Tally): void {
  const { kept, announced, failures } = tally;
  const count = asks.length;
  const text =
    `${who}: ${kept} kept, ${announced} announced, ${failures.length} failed of ${count}`;
  if (Deno.env.get("EGOAT_KEEP_ALIVE_RUNS") !== undefined) console.log(text);
  assert.equal(failures.length, 0, `${text}\n${failures.slice(0, 10).join("\n")}`);
  assert.equal(kept + announced, count, text);
}
