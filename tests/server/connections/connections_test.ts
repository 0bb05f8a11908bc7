/** Connections on real sockets: their number, their owners, and their lifetime. */
import assert from "node:assert/strict";
import { type Connection, Connections } from "../../../server/connections/connections.ts";
import { SharedBudget } from "../../../server/limits/shared_budget.ts";
import { TrustedProxies } from "../../../server/connections/forwarded.ts";
import { IncomingRate } from "../../../server/limits/incoming_rate.ts";
import { silentLog } from "../../../server/log.ts";
import { jsonStream } from "../../../server/http/respond.ts";
import { acceptWebSocket } from "../../../server/connections/websocket_handshake.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { until } from "../../fakes/until.ts";

const hasIpv6 = Deno.networkInterfaces().some(({ address }) => address === "::1");

class Fixture {
  readonly clock = new FakeClock();
  readonly connections: Connections;
  readonly seen: Connection[] = [];
  readonly #listener = Deno.listen({ hostname: hasIpv6 ? "::" : "127.0.0.1", port: 0 });
  readonly #opened: Deno.TcpConn[] = [];
  readonly #served: { shutdown(): Promise<void> };

  /** `/held` is not answered before this resolves. */
  readonly gate = Promise.withResolvers<void>();

  constructor(limit: number, trusted: readonly string[] = []) {
    const proxies = new TrustedProxies(trusted);
    this.connections = new Connections({ clock: this.clock, log: silentLog, limit, proxies });
    this.#served = this.connections.serve(this.#listener, async (request, { connection }) => {
      this.seen.push(connection);
      if (request.headers.has("upgrade")) return await this.#upgrade(request, connection);
      if (request.url.endsWith("/held")) await this.gate.promise;
      if (request.url.endsWith("/slow")) return this.#slow();
      return new Response("hello");
    });
  }

  /** An answer whose end waits for the gate. */
  #slow(): Response {
    const ended = Promise.withResolvers<void>();
    let isBegun = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        if (!isBegun) {
          isBegun = true;
          return controller.enqueue(new TextEncoder().encode("begin"));
        }
        await this.gate.promise;
        controller.close();
        ended.resolve();
      },
    }, { highWaterMark: 0 });
    return jsonStream(stream, ended.promise);
  }

  #upgrade(request: Request, connection: Connection): Response | Promise<Response> {
    const { socket, response } = acceptWebSocket(request, {
      clock: this.clock,
      idleTimeoutMs: 0,
      budget: new SharedBudget(1_000_000),
      rate: new IncomingRate(this.clock),
      address: "192.0.2.1",
      onEnd: () => connection.ended(),
    });
    connection.upgraded = socket;
    return response;
  }

  async open(hostname = "127.0.0.1"): Promise<Deno.TcpConn> {
    const { port } = this.#listener.addr as Deno.NetAddr;
    const connection = await Deno.connect({ hostname, port });
    this.#opened.push(connection);
    return connection;
  }

  async close(): Promise<void> {
    this.gate.resolve();
    for (const connection of this.#opened) connection.close();
    await this.#served.shutdown();
    await until(() => this.connections.count === 0);
  }
}

async function write(connection: Deno.TcpConn, path: string, headers: readonly string[] = []) {
  const lines = [`GET ${path} HTTP/1.1`, "host: a", ...headers];
  await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
}

async function ask(connection: Deno.TcpConn, headers: readonly string[] = []): Promise<string> {
  await write(connection, "/", headers);
  const buffer = new Uint8Array(1_000);
  const count = await connection.read(buffer).catch(() => null);
  return count === null ? "" : new TextDecoder().decode(buffer.subarray(0, count));
}

async function readSome(connection: Deno.TcpConn): Promise<Uint8Array> {
  const buffer = new Uint8Array(1_000);
  return buffer.subarray(0, await connection.read(buffer) ?? 0);
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

Deno.test("a connection whose answer is still going out is not silent", async () => {
  const fixture = new Fixture(3);
  const connection = await fixture.open();
  await write(connection, "/slow");
  await until(() => fixture.seen.length === 1);
  const [seen] = fixture.seen;
  await readSome(connection);
  for (let n = 0; n < 10; n++) await fixture.clock.advance(30_000);
  assert.equal(fixture.connections.count, 1);
  assert.equal(seen?.isIdle, false);
  fixture.gate.resolve();
  await until(() => seen?.isIdle === true);
  for (let n = 0; n < 3; n++) await fixture.clock.advance(30_000);
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

const of = (client: string) => `x-forwarded-for: ${client}`;
const UPGRADE = [
  "upgrade: websocket",
  "connection: Upgrade",
  "sec-websocket-version: 13",
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
];

Deno.test("a trusted proxy that keeps its connections is nobody who has too many", async () => {
  const fixture = new Fixture(4, ["127.0.0.1"]);
  const kept = [];
  for (let n = 0; n < 3; n++) kept.push(await fixture.open());
  // Each connection serves another client; one client comes twice.
  for (const n of [0, 1, 2, 0]) assert.match(await ask(kept[n]!, [of(`192.0.2.${n}`)]), /hello/);
  for (const connection of [await fixture.open(), ...kept]) {
    assert.match(await ask(connection, [of("192.0.2.9")]), /hello/);
  }
  await fixture.close();
});

Deno.test("behind a proxy the client that has the most connections gives one up", async () => {
  const fixture = new Fixture(4, ["127.0.0.1"]);
  const greedy = [];
  for (let n = 0; n < 2; n++) {
    greedy.push(await fixture.open());
    assert.match(await ask(greedy[n]!, [...UPGRADE, of("192.0.2.1")]), / 101 /);
  }
  greedy.push(await fixture.open());
  await write(greedy[2]!, "/held", [of("192.0.2.1")]);
  const other = await fixture.open();
  assert.match(await ask(other, [...UPGRADE, of("192.0.2.2")]), / 101 /);
  await until(() => fixture.seen.length === 4);
  const third = await fixture.open();
  assert.match(await ask(third, [...UPGRADE, of("192.0.2.3")]), / 101 /);
  assert.ok(await hasEnded(greedy[2]!), "who came last");
  assert.match(await ask(await fixture.open(), [of("192.0.2.4")]), /hello/);
  assert.ok(await hasEnded(greedy[1]!));
  for (const left of fixture.seen.filter(({ upgraded }) => upgraded !== null)) left.destroy();
  await fixture.close();
});

Deno.test({
  name: "a connection on which a proxy asks for nothing makes room when nobody has too many",
  ignore: !hasIpv6,
  fn: async () => {
    const fixture = new Fixture(2, ["127.0.0.1"]);
    const [idle, busy] = [await fixture.open(), await fixture.open()];
    assert.match(await ask(idle, [of("192.0.2.1")]), /hello/);
    await write(busy, "/held", [of("192.0.2.2")]);
    await until(() => fixture.seen.length === 2);
    assert.match(await ask(await fixture.open("::1")), /hello/);
    assert.ok(await hasEnded(idle));
    fixture.gate.resolve();
    assert.match(new TextDecoder().decode(await readSome(busy)), /hello/);
    await fixture.close();
  },
});

Deno.test("a header of who is no trusted proxy makes nobody of its connections", async () => {
  const fixture = new Fixture(3, ["192.0.2.1"]);
  const held = [];
  for (let n = 0; n < 3; n++) {
    held.push(await fixture.open());
    assert.match(await ask(held[n]!, [of(`192.0.2.${n}`)]), /hello/);
  }
  assert.ok(await hasEnded(await fixture.open()));
  await fixture.close();
});
