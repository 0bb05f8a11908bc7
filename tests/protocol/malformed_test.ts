/** Malformed requests: each gets a 400 that gives the reason, and has no other effect. */
import assert from "node:assert/strict";
import { RawConnection } from "./keep_alive/raw_client.ts";
import { withNode } from "./node_under_test.ts";
import { RawSocket } from "./raw_socket.ts";

const HOST = "host: localhost\r\n";

/** Sends `request`, and expects a 400 whose one line matches `reason`. */
async function assertRefused(url: string, request: string, reason: RegExp): Promise<void> {
  const connection = await RawConnection.open(url);
  await connection.send(request);
  const { status, text } = await connection.answer();
  assert.equal(status, 400, request);
  const { code, message } = JSON.parse(text).error;
  assert.equal(code, "bad-request");
  assert.match(message, reason);
  assert.ok(message.length < 120 && !message.includes("\n"), message);
  connection.close();
}

Deno.test("a WebSocket without its key, or with half of the handshake, is refused", () =>
  withNode(async ({ url, room }) => {
    const ask = (headers: string) =>
      `GET /signal?room=${room}&peer_id=ann HTTP/1.1\r\n${HOST}upgrade: websocket\r\n${headers}\r\n`;
    const connection = "connection: upgrade\r\n";
    const version = "sec-websocket-version: 13\r\n";
    await assertRefused(url, ask(connection + version), /Sec-WebSocket-Key/);
    await assertRefused(url, ask(`${connection}${version}sec-websocket-key: abc\r\n`), /Key/);
    await assertRefused(url, ask(""), /Connection: Upgrade/);
    await assertRefused(url, ask(connection), /Sec-WebSocket/);
  }));

Deno.test("malformed chunks are refused, with the end of their connection", () =>
  withNode(async ({ url }) => {
    const head = `POST /send HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\n`;
    const bad = ["zz\r\n{}\r\n", "-1\r\n{}\r\n", "0x2\r\n{}\r\n", "2\r\n{}XX", "2\n{}\n0\n\n"];
    for (const chunks of [...bad, "ffffffffffffffffff\r\n{}\r\n"]) {
      const connection = await RawConnection.open(url);
      await connection.send(head + chunks);
      const { status, isLast, text } = await connection.answer();
      assert.deepEqual([status, isLast], [400, true], chunks);
      assert.match(text, /broke off/);
      assert.equal(await connection.rest(), "");
      connection.close();
    }
  }));

Deno.test("a query that is not UTF-8 in percent-encoding is refused, on every route", () =>
  withNode(async ({ url, room }) => {
    const escapes = ["%ff", "%C3", "%C3%28", "%ED%A0%80", "%F5%80%80%80", "%zz", "%", "%2"];
    const paths = ["/history", "/signal", "/api/v2/messages", "/transport/status"];
    for (const escape of escapes) {
      for (const path of paths) {
        const query = `room=${escape}&peer_id=ann`;
        await assertRefused(url, `GET ${path}?${query} HTTP/1.1\r\n${HOST}\r\n`, /query.*UTF-8/);
      }
      const socket = await RawSocket.open(url, `/signal?room=${room}&peer_id=ann&name=${escape}`);
      assert.equal(socket.status, 400);
      socket.close();
    }
    for (const fine of ["%C3%A9", "%25", "%F0%9F%90%90", "a%20b+c"]) {
      const response = await fetch(`${url}/history?room=${fine}`);
      assert.deepEqual([response.status, await response.json()], [200, []]);
    }
  }));

Deno.test("two Host headers are refused, whichever they are", () =>
  withNode(async ({ url, room }) => {
    const evil = "host: evil.example\r\n";
    for (const hosts of [HOST + HOST, HOST + evil, evil + HOST]) {
      for (const path of ["/health", `/history?room=${room}`, "/nothing"]) {
        await assertRefused(url, `GET ${path} HTTP/1.1\r\n${hosts}\r\n`, /two Host/);
      }
    }
  }));
