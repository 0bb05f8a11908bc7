/**
 * A proxy that lets plain HTTP through and no WebSocket. It removes `Upgrade` from every request, like
 * middleboxes that know only HTTP.
 */
import { LoopbackProxy, readParts, writeAll } from "./proxy.ts";

const HEAD_END = "\r\n\r\n";
/** Headers that are removed. Each connection carries one request, so only the first head is looked at. */
const DROPPED = /^(upgrade|connection|sec-websocket-[a-z]+):/i;

export class UpgradeStrippingProxy extends LoopbackProxy {
  protected override async pass(client: Deno.Conn): Promise<void> {
    let node: Deno.Conn | null = null;
    try {
      const start = await readHead(client);
      if (start === null) return;
      node = await this.connect();
      await writeAll(node, start);
      await Promise.race([copy(client, node), copy(node, client)]);
    } catch {
      // One side went away. Both are closed below.
    } finally {
      this.close(client);
      if (node) this.close(node);
    }
  }
}

/**
 * Reads the bytes to pass on first: the changed head of the request, and the bytes after it. Null when
 * the connection ends before.
 */
async function readHead(client: Deno.Conn): Promise<Uint8Array | null> {
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  while (!text.includes(HEAD_END)) {
    const count = await client.read(buffer);
    if (count === null) return null;
    // Latin-1 keeps every byte as one character, so the body survives.
    text += String.fromCharCode(...buffer.subarray(0, count));
  }
  const end = text.indexOf(HEAD_END);
  const lines = text.slice(0, end).split("\r\n").filter((line) => !DROPPED.test(line));
  const head = [...lines, "Connection: close"].join("\r\n");
  return Uint8Array.from(head + text.slice(end), (character) => character.charCodeAt(0));
}

async function copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  for await (const bytes of readParts(from)) await writeAll(to, bytes);
}
