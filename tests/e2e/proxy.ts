/**
 * A proxy on the loopback between a client and a node. It passes incoming connections on, and closes
 * them when it is closed. Its subclasses decide what happens to the bytes.
 */
export abstract class LoopbackProxy implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #targetPort: number;
  readonly #open = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;
  readonly #passing: Promise<unknown>[] = [];

  /** Passes connections on to `targetPort` of the loopback. */
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
    for (const connection of this.#open) this.close(connection);
    await Promise.all(this.#passing);
  }

  /** Carries one connection until it ends. */
  protected abstract pass(client: Deno.Conn): Promise<void>;

  /** Opens a connection to the node. */
  protected async connect(): Promise<Deno.Conn> {
    const node = await Deno.connect({ hostname: "127.0.0.1", port: this.#targetPort });
    this.#open.add(node);
    return node;
  }

  protected isOpen(connection: Deno.Conn): boolean {
    return this.#open.has(connection);
  }

  /** Idempotent. */
  protected close(connection: Deno.Conn): void {
    if (this.#open.delete(connection)) connection.close();
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) {
        this.#open.add(client);
        this.#passing.push(this.pass(client));
      }
    } catch {
      // The listener was closed.
    }
  }
}

/** Yields incoming bytes. Each part is valid until the next one. */
export async function* readParts(from: Deno.Conn): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(64 * 1024);
  for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
    yield buffer.subarray(0, count);
  }
}

export async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await to.write(bytes.subarray(done));
}
