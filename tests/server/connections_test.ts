/** Connections on real sockets: how many there are, whose, and for how long. */
import assert from "node:assert/strict";
import { type Connection, Connections } from "../../server/connections.ts";
import { silentLog } from "../../server/log.ts";
import { FakeClock } from "../fakes/clock.ts";
import { until } from "../fakes/until.ts";

const hasIpv6 = Deno.networkInterfaces().some(({ address }) => address === "::1");

class Fixture {
  readonly clock = new FakeClock();
  readonly connections: Connections;
  readonly seen: Connection[] = [];
  readonly #listener = Deno.listen({ hostname: hasIpv6 ? "::" : "127.0.0.1", port: 0 });
  readonly #opened: Deno.TcpConn[] = [];
  readonly #served: { shutdown(): Promise<void> };

  constructor(limit: number) {
    this.connections = new Connections({ clock: this.clock, log: silentLog, limit });
    this.#served = this.connections.serve(this.#listener, (_request, { connection }) => {
      this.seen.push(connection);
      return new Response("hello");
    });
  }

  async open(hostname = "127.0.0.1"): Promise<Deno.TcpConn> {
    const { port } = this.#listener.addr as Deno.NetAddr;
    const connection = await Deno.connect({ hostname, port });
    this.#opened.push(connection);
    return connection;
  }

  async close(): Promise<void> {
    for (const connection of this.#opened) connection.close();
    await this.#served.shutdown();
    await until(() => this.connections.count === 0);
  }
}

async function ask(connection: Deno.TcpConn): Promise<string> {
  await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nhost: a\r\n\r\n"));
  const buffer = new Uint8Array(1_000);
  const count = await connection.read(buffer).catch(() => null);
  return count === null ? "" : new TextDecoder().decode(buffer.subarray(0, count));
}

const hasEnded = async (connection: Deno.TcpConn) =>
  await connection.read(new Uint8Array(1)).catch(() => null) === null;

Deno.test("an address that has all connections gets no more", async () => {
  const fixture = new Fixture(3);
  const held = [];
  for (let n = 0; n < 3; n++) held.push(await fixture.open());
  await until(() => fixture.connections.count === 3);
  assert.ok(await hasEnded(await fixture.open()));
  for (const connection of held) assert.match(await ask(connection), /hello/);
  await fixture.close();
});

Deno.test({
  name: "an address that has all connections gives one up for another address",
  ignore: !hasIpv6,
  fn: async () => {
    const fixture = new Fixture(3);
    const held = [];
    for (let n = 0; n < 3; n++) held.push(await fixture.open());
    await until(() => fixture.connections.count === 3);
    const other = await fixture.open("::1");
    assert.match(await ask(other), /hello/);
    assert.ok(await hasEnded(held[0]!), "who was idle for longest");
    assert.match(await ask(held[1]!), /hello/);
    await fixture.close();
  },
});

Deno.test("a connection that asks for nothing ends", async () => {
  const fixture = new Fixture(10);
  const [silent, asking] = [await fixture.open(), await fixture.open()];
  assert.match(await ask(asking), /hello/);
  await until(() => fixture.connections.count === 2);
  await fixture.clock.advance(15_000);
  assert.ok(await hasEnded(silent));
  assert.match(await ask(asking), /hello/, "it has asked for something");
  await fixture.clock.advance(80_000);
  assert.ok(await hasEnded(asking));
  await until(() => fixture.connections.count === 0);
  await fixture.close();
});

Deno.test("connections that end at any moment leave nothing behind", async () => {
  const fixture = new Fixture(1_000);
  for (let round = 0; round < 20; round++) {
    const opened = await Promise.all(Array.from({ length: 10 }, () => fixture.open()));
    await Promise.all(opened.map(async (connection, n) => {
      if (n % 2 === 0) await ask(connection);
      else await connection.write(new TextEncoder().encode("nonsense\r\n\r\n"));
    }));
    for (const connection of fixture.seen.splice(0)) connection.destroy();
  }
  await fixture.close();
});
