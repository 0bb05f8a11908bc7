import assert from "node:assert/strict";
import { SharedBudget } from "../../../server/limits/shared_budget.ts";
import type { ByteStream } from "../../../server/connections/deno_http.ts";
import { IncomingRate } from "../../../server/limits/incoming_rate.ts";
import { NOBODY, ServerSocket } from "../../../server/connections/server_socket.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";
import { until } from "../../fakes/until.ts";

/** A connection that delivers `bytes` again and again, and takes no output. */
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

function newSocket(connection: ByteStream, clock: FakeClock): ServerSocket {
  return new ServerSocket(connection, {
    clock,
    idleTimeoutMs: 0,
    budget: new SharedBudget(1_000_000),
    rate: new IncomingRate(clock),
    address: "192.0.2.1",
    onEnd() {},
  });
}

Deno.test("who pings and reads no answer makes the node hold little", async () => {
  const clock = new FakeClock();
  const ping = new Uint8Array([0x89, 0x80 | 125, 0, 0, 0, 0, ...new Uint8Array(125)]);
  const connection = new Deaf(ping, 10_000);
  const socket = newSocket(connection, clock);
  void socket.start("dGhlIHNhbXBsZSBub25jZQ==");
  await until(async () => {
    await clock.advance(10);
    return connection.isRead;
  });
  assert.ok(socket.bufferedBytes < 70_000, `${socket.bufferedBytes}`);
  socket.destroy();
});

/** A connection that takes written bytes when the test tells it to. */
class Slow implements ByteStream {
  readonly #ended = Promise.withResolvers<null>();
  #take: (() => void)[] = [];

  read(): Promise<null> {
    return this.#ended.promise;
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve) => this.#take.push(() => resolve(bytes.length)));
  }

  take(): void {
    for (const take of this.#take.splice(0)) take();
  }

  close(): void {
    this.#ended.resolve(null);
  }
}

Deno.test("its owner hears when all has gone out, and when nothing waits any more", async () => {
  const clock = new FakeClock();
  const connection = new Slow();
  const socket = newSocket(connection, clock);
  const heard: string[] = [];
  socket.handlers = {
    ...NOBODY,
    onOpen: () => heard.push("open"),
    onSent: () => heard.push(`sent, ${socket.bufferedBytes} left`),
    onClose: () => heard.push("close"),
    onEnd: () => heard.push("end"),
  };
  void socket.start("dGhlIHNhbXBsZSBub25jZQ==");
  await until(() => socket.isOpen);
  connection.take();
  await until(() => heard.includes("sent, 0 left"));
  heard.length = 0;
  socket.send("one");
  socket.send("two");
  connection.take();
  await settle();
  assert.deepEqual(heard, []);
  connection.take();
  await settle();
  assert.deepEqual(heard, ["sent, 0 left"]);
  socket.send("three");
  socket.close(1000, "");
  await clock.advance(5_000);
  assert.deepEqual(heard, ["sent, 0 left", "close", "end"]);
});
