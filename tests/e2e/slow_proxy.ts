/**
 * A slow network between a session and a node: everything takes `oneWayMs` each way, including the
 * opening of a connection. Bytes keep their order; nothing is lost.
 */
import { LoopbackProxy, readParts, writeAll } from "./proxy.ts";

export class SlowProxy extends LoopbackProxy {
  readonly #oneWayMs: number;

  constructor(targetPort: number, oneWayMs: number) {
    super(targetPort);
    this.#oneWayMs = oneWayMs;
  }

  protected override async pass(client: Deno.Conn): Promise<void> {
    // The client sends its first bytes when its connection is open: after a round trip.
    await this.#delay(2);
    const node = await this.connect();
    if (!this.isOpen(client)) return this.close(node);
    await Promise.all([this.#copy(client, node), this.#copy(node, client)]);
  }

  async #copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    let last: Promise<void> = Promise.resolve();
    try {
      for await (const bytes of readParts(from)) last = this.#write(to, bytes.slice(), last);
    } catch {
      // The connection was closed.
    }
    await last;
    await this.#delay(1);
    this.close(to);
  }

  async #write(to: Deno.Conn, bytes: Uint8Array, before: Promise<void>): Promise<void> {
    await Promise.all([this.#delay(1), before]);
    // When the other side is gone, its bytes are lost too.
    await writeAll(to, bytes).catch(() => {});
  }

  #delay(ways: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ways * this.#oneWayMs));
  }
}
