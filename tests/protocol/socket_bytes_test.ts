/** A node's WebSockets, byte by byte: bytes that clients must not send, and the node's reactions. */
import assert from "node:assert/strict";
import { frameOf, OPCODE } from "../../server/connections/websocket_frames.ts";
import { until } from "../fakes/until.ts";
import { FOREIGN_URL, withNode } from "./node_under_test.ts";
import { metric } from "./metric.ts";

const KEY = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
const HEAD = ["connection: upgrade", "upgrade: websocket", "sec-websocket-version: 13", KEY];

async function open(url: string, path: string, headers: readonly string[] = HEAD) {
  const { hostname, port } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const head = [`GET ${path} HTTP/1.1`, "host: localhost", ...headers].join("\r\n");
  await connection.write(new TextEncoder().encode(`${head}\r\n\r\n`));
  return connection;
}

/** All bytes until the node ends the connection. */
async function rest(connection: Deno.TcpConn): Promise<Uint8Array> {
  const parts: number[] = [];
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) return new Uint8Array(parts);
    parts.push(...buffer.subarray(0, count));
  }
}

/** A frame with a mask of zeros. */
function masked(opcode: number, payload: string | Uint8Array, { isLast = true } = {}): Uint8Array {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  const frame = frameOf(opcode, bytes);
  const headBytes = frame.length - bytes.length;
  if (!isLast) frame[0]! &= 0x0f;
  frame[1]! |= 0x80;
  return new Uint8Array([...frame.slice(0, headBytes), 0, 0, 0, 0, ...bytes]);
}

const chat = (id: string) => JSON.stringify({ type: "chat", payload: { id, text: "hi" } });

Deno.test("a message in parts, with a ping between them, is one message", () =>
  withNode(async ({ url, room }) => {
    const connection = await open(url, `/signal?room=${room}&peer_id=ann`);
    const text = chat("in-parts");
    await connection.write(masked(OPCODE.text, text.slice(0, 10), { isLast: false }));
    await connection.write(masked(OPCODE.ping, "ping!"));
    await connection.write(masked(OPCODE.continuation, text.slice(10)));
    let got = "";
    const buffer = new Uint8Array(4096);
    while (!got.includes("in-parts")) {
      const count = await connection.read(buffer);
      if (count === null) break;
      got += new TextDecoder().decode(buffer.subarray(0, count));
    }
    assert.match(got, /ping!/);
    assert.match(got, /"ack".*in-parts/);
    await connection.write(masked(OPCODE.close, new Uint8Array([3, 232])));
    const end = await rest(connection);
    assert.deepEqual([...end.slice(-4)], [0x88, 2, 3, 232], "the close is answered");
    connection.close();
  }));

for (
  const [what, code, bytes] of [
    ["without a mask", 1002, () => frameOf(OPCODE.text, new Uint8Array(3))],
    ["that continues nothing", 1002, () => masked(OPCODE.continuation, "x")],
    ["that is not UTF-8", 1007, () => masked(OPCODE.text, new Uint8Array([0xff]))],
    ["of 64 MiB", 1009, () => new Uint8Array([0x81, 0xff, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0])],
  ] as const
) {
  Deno.test(`a frame ${what} ends its connection with ${code}`, () =>
    withNode(async ({ url, room }) => {
      const connection = await open(url, `/signal?room=${room}&peer_id=ann`);
      await connection.write(bytes());
      const got = await rest(connection);
      const close = got.findLastIndex((byte, at) => byte === 0x88 && got[at + 2] === code >> 8);
      assert.notEqual(close, -1);
      assert.equal(got[close + 3], code & 0xff);
      connection.close();
    }));
}

for (
  const [what, headers] of [
    ["a key", HEAD.filter((header) => header !== KEY)],
    ["a whole key", [...HEAD.slice(0, 3), "sec-websocket-key: short"]],
    ["its version", HEAD.filter((header) => !header.includes("version"))],
    ["Connection: upgrade", HEAD.slice(1)],
  ] as const
) {
  Deno.test(`a handshake without ${what} is a 400 that says so`, () =>
    withNode(async ({ url, room }) => {
      const connection = await open(url, `/signal?room=${room}&peer_id=ann`, [
        ...headers,
      ]);
      const buffer = new Uint8Array(4096);
      const answer = new TextDecoder().decode(
        buffer.subarray(0, await connection.read(buffer) ?? 0),
      );
      assert.match(answer, /^HTTP\/1.1 400 /);
      assert.match(answer, /"bad-request".*WebSocket/);
      connection.close();
    }));
}

Deno.test({
  name: "a socket that does not answer a close is ended all the same",
  ignore: FOREIGN_URL !== undefined,
  fn: () =>
    withNode(async ({ url, room }) => {
      const path = `/signal?room=${room}&peer_id=ann&token=0123456789abcdef&protocol=1`;
      const first = await open(url, `${path}&instance=one`);
      await until(async () => await metric(url, "egoat_members") === 1);
      const second = await open(url, `${path}&instance=two`);
      // Another page replaces the first one. The first is told, does not answer, and its connection is
      // ended.
      const got = new TextDecoder().decode(await rest(first));
      assert.match(got, /another/);
      for (const connection of [first, second]) connection.close();
    }),
});
