import assert from "node:assert/strict";
import { ByteBudget } from "../../server/byte_budget.ts";
import type { ByteStream } from "../../server/deno_http.ts";
import { IncomingRate } from "../../server/incoming_rate.ts";
import { ServerSocket } from "../../server/server_socket.ts";
import { FakeClock } from "../fakes/clock.ts";
import { until } from "../fakes/until.ts";

/** A connection on which `bytes` come again and again, and that takes nothing. */
class Deaf implements ByteStream {
  readonly #bytes: Uint8Array;
  readonly #closed = Promise.withResolvers<null>();
  #left: number;

  constructor(bytes: Uint8Array, times: number) {
    this.#bytes = bytes;
    this.#left = times;
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<number | null> {
    if (this.#left === 0) return await this.#closed.promise;
    this.#left--;
    into.set(this.#bytes);
    return this.#bytes.length;
  }

  write(): Promise<number> {
    return new Promise(() => {});
  }

  close(): void {
    this.#closed.resolve(null);
  }

  get isRead(): boolean {
    return this.#left === 0;
  }
}

Deno.test("who pings and reads no answer makes the node hold little", async () => {
  const clock = new FakeClock();
  const ping = new Uint8Array([0x89, 0x80 | 125, 0, 0, 0, 0, ...new Uint8Array(125)]);
  const connection = new Deaf(ping, 10_000);
  const socket = new ServerSocket(connection, {
    clock,
    idleTimeoutMs: 0,
    budget: new ByteBudget(1_000_000),
    rate: new IncomingRate(clock),
    address: "192.0.2.1",
    onEnd() {},
  });
  void socket.start("dGhlIHNhbXBsZSBub25jZQ==");
  await until(async () => {
    await clock.advance(10);
    return connection.isRead;
  });
  assert.ok(socket.bufferedBytes < 70_000, `${socket.bufferedBytes}`);
  socket.destroy();
});
