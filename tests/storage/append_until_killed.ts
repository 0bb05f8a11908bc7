/**
 * A process for tests: appends to the given database from 32 writers. It prints the id and timestamp of
 * each message once it is acknowledged, or why it was refused.
 *
 * `deno run -A append_until_killed.ts <path> <run> <text size>`
 */
import { messageId, peerId } from "../../transport/protocol/mod.ts";
import { message, openStore } from "./temp_store.ts";

const WRITERS = 32;
const [path = "", run = "", size = "10"] = Deno.args;
const store = await openStore(path);
const encoder = new TextEncoder();

// Synchronous, so that a line has left the process before the next write begins.
const print = (line: string) => Deno.stdout.writeSync(encoder.encode(`${line}\n`));

async function write(writer: number): Promise<void> {
  for (let round = 0;; round++) {
    const id = messageId.parse(`${run}-${writer}-${round}`);
    const text = `${id} ${"x".repeat(Number(size))}`;
    try {
      const result = await store.append(message({ id, text, peerId: peerId.parse(`w${writer}`) }));
      print(result.ok ? `stored ${id} ${result.timestampUs}` : `conflict ${id}`);
    } catch (error) {
      print(`refused ${id} ${(error as { code?: string }).code} ${error}`);
    }
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
