/**
 * A proxy between a browser and a node that lets plain HTTP through and no WebSocket: it takes
 * `Upgrade` out of every request, as middleboxes do that know only HTTP.
 */

const HEAD_END = "\r\n\r\n";
/** One request a connection keeps it simple: nothing behind the first head has to be looked at. */
const DROPPED = /^(upgrade|connection|sec-websocket-[a-z]+):/i;

/** Listens on a free port of the loopback and passes what comes on to `port` there. */
export class UpgradeStrippingProxy implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #targetPort: number;
  readonly #open = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;
  #passing: Promise<void>[] = [];

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#accepting = this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const connection of this.#open) this.#close(connection);
    await Promise.all(this.#passing);
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) {
        this.#open.add(client);
        this.#passing.push(this.#pass(client));
      }
    } catch {
      // Closed.
    }
  }

  async #pass(client: Deno.Conn): Promise<void> {
    let node: Deno.Conn | null = null;
    try {
      const start = await readHead(client);
      if (start === null) return;
      node = await Deno.connect({ hostname: "127.0.0.1", port: this.#targetPort });
      this.#open.add(node);
      await writeAll(node, start);
      await Promise.race([copy(client, node), copy(node, client)]);
    } catch {
      // Either side went away: so does the other.
    } finally {
      this.#close(client);
      if (node) this.#close(node);
    }
  }

  #close(connection: Deno.Conn): void {
    if (!this.#open.delete(connection)) return;
    connection.close();
  }
}

/** The bytes to pass on first: the request's head as it should be, and what came behind it. */
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
  const buffer = new Uint8Array(64 * 1024);
  for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
    await writeAll(to, buffer.subarray(0, count));
  }
}

async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await to.write(bytes.subarray(done));
}
