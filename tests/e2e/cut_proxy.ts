/**
 * A network between a page and its node that can be cut. A cut closes open connections and refuses new
 * ones.
 */
import { LoopbackProxy, readParts, writeAll } from "./proxy.ts";

export class CutProxy extends LoopbackProxy {
  /** Number of connections carried to the node so far. */
  carried = 0;
  readonly #clients = new Set<Deno.Conn>();
  #isCut = false;

  cut(): void {
    this.#isCut = true;
    for (const client of this.#clients) this.close(client);
  }

  mend(): void {
    this.#isCut = false;
  }

  protected override async pass(client: Deno.Conn): Promise<void> {
    if (this.#isCut) return this.close(client);
    this.carried++;
    this.#clients.add(client);
    const node = await this.connect();
    await Promise.all([this.#copy(client, node), this.#copy(node, client)]);
    this.#clients.delete(client);
  }

  async #copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    try {
      for await (const bytes of readParts(from)) await writeAll(to, bytes);
    } catch {
      // The connection was cut, or closed by the other side.
    }
    this.close(to);
  }
}
