/** Bodies that arrive slowly, in tiny parts, in large amounts, or not as text. */
import assert from "node:assert/strict";
import { RawConnection } from "./keep_alive/raw_client.ts";
import { withNode } from "./node_under_test.ts";

const HEAD = "POST /send HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";

for (
  const [what, sent] of [
    ["stalls", `${HEAD}content-length: 100000\r\n\r\n{`],
    ["stalls, and is small", `${HEAD}content-length: 10\r\n\r\n{`],
    ["stalls in its chunks", `${HEAD}transfer-encoding: chunked\r\n\r\n1\r\n{\r\n`],
  ] as const
) {
  Deno.test(`a body that ${what} is refused, with the end of its connection`, () =>
    withNode(async ({ url }) => {
      const connection = await RawConnection.open(url);
      await connection.send(sent);
      const { status, isLast, text } = await connection.answer();
      assert.deepEqual([status, isLast], [400, true]);
      assert.match(text, /too slowly/);
      connection.close();
    }));
}

Deno.test("a body in crumbs is refused", () =>
  withNode(async ({ url }) => {
    const connection = await RawConnection.open(url);
    await connection.send(
      `${HEAD}transfer-encoding: chunked\r\n\r\n${"1\r\nx\r\n".repeat(20_000)}`,
    );
    const { status, text } = await connection.answer();
    assert.equal(status, 400);
    assert.match(text, /too small/);
    connection.close();
  }));

Deno.test("a body that is not UTF-8 is refused, and the connection goes on", () =>
  withNode(async ({ url, room }) => {
    const body = new TextEncoder().encode(JSON.stringify({ room, peer_id: "ann", text: "?" }));
    body[body.indexOf(63)] = 0xff;
    const response = await fetch(`${url}/send`, { method: "POST", body });
    assert.equal(response.status, 400);
    assert.match((await response.json()).error.message, /UTF-8/);
  }));
