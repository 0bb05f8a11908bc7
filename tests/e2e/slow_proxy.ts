/**
 * A slow network between a session and a node: everything takes `oneWayMs` each way, the making of a
 * connection too. Bytes keep their order; nothing is lost.
 */

export class SlowProxy implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #targetPort: number;
  readonly #oneWayMs: number;
  readonly #open = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;
  readonly #passing: Promise<unknown>[] = [];

  constructor(targetPort: number, oneWayMs: number) {
    this.#targetPort = targetPort;
    this.#oneWayMs = oneWayMs;
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
    // The first bytes leave the client when its connection stands: after a round trip.
    await this.#delay(2);
    const node = await Deno.connect({ hostname: "127.0.0.1", port: this.#targetPort });
    this.#open.add(node);
    if (!this.#open.has(client)) return this.#close(node);
    await Promise.all([this.#copy(client, node), this.#copy(node, client)]);
  }

  async #copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    let last: Promise<void> = Promise.resolve();
    try {
      for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
        last = this.#write(to, buffer.slice(0, count), last);
      }
    } catch {
      // Closed under way.
    }
    await last;
    await this.#delay(1);
    this.#close(to);
  }

  async #write(to: Deno.Conn, bytes: Uint8Array, before: Promise<void>): Promise<void> {
    await Promise.all([this.#delay(1), before]);
    try {
      for (let done = 0; done < bytes.length;) done += await to.write(bytes.subarray(done));
    } catch {
      // The other side is gone, and what was meant for it too.
    }
  }

  #delay(ways: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ways * this.#oneWayMs));
  }

  #close(connection: Deno.Conn): void {
    if (this.#open.delete(connection)) connection.close();
  }
}
