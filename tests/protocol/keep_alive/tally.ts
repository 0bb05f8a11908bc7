/** What became of connections after early answers, however they were tried. */
import assert from "node:assert/strict";
import type { Ask } from "./early_answers.ts";

/** What a client is to try. */
export interface Plan {
  readonly url: string;
  readonly asks: readonly Ask[];
  /** What is asked next; the health is what a node at its rate limit still tells. */
  readonly next: "send" | "health";
}

/** What every client tells; the programs in other languages print it as JSON. */
export interface Tally {
  /** Connections on which the next request was answered. */
  readonly kept: number;
  /** Connections whose end was announced, and the new ones on which it was. */
  readonly announced: number;
  /** What went wrong, each with the ask that it followed. */
  readonly failures: readonly string[];
}

/** The request that shows whether a connection is usable: its answer is its own and nobody else's. */
export interface NextRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body: string | null;
  /** What its answer has in it. */
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
