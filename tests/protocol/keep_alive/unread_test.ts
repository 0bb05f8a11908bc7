/** Bodies that arrive late, slowly, in large amounts or not at all, and bodies that look like requests. */
import assert from "node:assert/strict";
import { withNode } from "../node_under_test.ts";
import { withProcess } from "../own_process.ts";
import { metric } from "../metric.ts";
import type { Ask } from "./early_answers.ts";
import { CLIENT_PROGRAMS, isInstalled, tryProgram } from "./programs.ts";
import { RawConnection, tryRaw } from "./raw_client.ts";
import { assertAllUsable, type Plan } from "./tally.ts";

/** Tens of MB: more than all buffers between a client and a node hold. */
const HUGE = 30_000_000;

async function withConnection(
  url: string,
  run: (connection: RawConnection) => Promise<void>,
): Promise<void> {
  const connection = await RawConnection.open(url);
  try {
    await run(connection);
  } finally {
    connection.close();
  }
}

const HEALTH = "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";
const METRICS = "GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n";

function head(line: string, ...headers: string[]): string {
  return `${[line, "host: localhost", ...headers].join("\r\n")}\r\n\r\n`;
}

Deno.test("a client that stops in the middle of its body is answered, and not waited for", () =>
  withNode(async ({ url }) => {
    for (const length of [1000, 1_000_000]) {
      for (const method of ["POST", "GET", "HEAD"]) {
        await withConnection(url, async (connection) => {
          await connection.send(
            head(`${method} /nope HTTP/1.1`, `content-length: ${length}`) + "x",
          );
          const { status, isLast } = await connection.answer({ isHead: method === "HEAD" });
          assert.deepEqual([status, isLast], [404, true], `${method} ${length}`);
          await connection.send("x");
          assert.equal(await connection.rest(), "", "what comes after that ends the connection");
        });
      }
    }
  }));

Deno.test("a client that waits for 100 Continue is refused without it", () =>
  withNode(async ({ url }) => {
    for (const path of ["/nope", "/send"]) {
      await withConnection(url, async (connection) => {
        const headers = ["content-length: 1000000", "expect: 100-continue"];
        await connection.send(head(`POST ${path} HTTP/1.1`, ...headers));
        const { status, isLast } = await connection.answer();
        assert.deepEqual([status, isLast], [path === "/nope" ? 404 : 413, true]);
        assert.equal(await connection.rest(), "");
      });
    }
  }));

Deno.test("what a body holds is never taken for a request", () =>
  withNode(async ({ url }) => {
    const chunked = `${METRICS.length.toString(16)}\r\n${METRICS}\r\n0\r\n\r\n`;
    const small: [string, string][] = [
      [`content-length: ${METRICS.length}`, METRICS],
      ["transfer-encoding: chunked", chunked],
    ];
    for (const line of ["GET /health", "POST /nope", "PUT /send", "OPTIONS *", "POST /send"]) {
      for (const [framing, body] of small) {
        await withConnection(url, async (connection) => {
          const request = head(`${line} HTTP/1.1`, framing) + body;
          // Everything is sent at once, as a pipelining client or an attacker behind a proxy would do.
          await connection.send(request + HEALTH + HEALTH);
          await connection.answer();
          for (let n = 0; n < 2; n++) {
            assert.equal((await connection.answer()).text, '{"status":"ok"}', `${line} ${framing}`);
          }
        });
      }
    }
  }));

Deno.test("after an announced end nothing is answered, whatever the body holds", () =>
  withNode(async ({ url }) => {
    const body = METRICS.repeat(20_000);
    await withConnection(url, async (connection) => {
      const request = head("POST /nope HTTP/1.1", `content-length: ${body.length}`) + body;
      const sending = connection.send(request + HEALTH).catch(() => {});
      const { status, isLast } = await connection.answer();
      assert.deepEqual([status, isLast], [404, true]);
      assert.equal(await connection.rest(), "");
      await sending;
    });
  }));

Deno.test("framing that can be read in two ways is refused, and the connection ends", () =>
  withNode(async ({ url }) => {
    const doubtful = [
      head("POST /nope HTTP/1.1", "transfer-encoding: gzip") + HEALTH,
      head("POST /nope HTTP/1.1", "content-length: 5", "content-length: 6") + "abcdef" + HEALTH,
      head("POST /nope HTTP/1.0", "transfer-encoding: chunked") + "0\r\n\r\n" + HEALTH,
    ];
    for (const request of doubtful) {
      await withConnection(url, async (connection) => {
        await connection.send(request);
        const { status, isLast } = await connection.answer();
        assert.deepEqual([status, isLast], [400, true], request);
        assert.equal(await connection.rest(), "");
      });
    }
  }));

Deno.test("HTTP/1.0 is answered too, and its connection kept when it asks for that", () =>
  withNode(async ({ url }) => {
    await withConnection(url, async (connection) => {
      await connection.send(head("POST /nope HTTP/1.0", "content-length: 5") + "abcde" + HEALTH);
      const all = await connection.rest();
      assert.match(all, /^HTTP\/1\.0 404 /);
      assert.doesNotMatch(all, /"ok"/);
    });
    await withConnection(url, async (connection) => {
      const headers = ["content-length: 5", "connection: keep-alive"];
      await connection.send(head("POST /nope HTTP/1.0", ...headers) + "abcde" + HEALTH);
      assert.equal((await connection.answer()).status, 404);
      assert.equal((await connection.answer()).text, '{"status":"ok"}');
    });
  }));

Deno.test("an upload that breaks off is the client's mistake, not the node's", () =>
  withNode(async ({ url }) => {
    await withConnection(url, async (connection) => {
      await connection.send(head("POST /send HTTP/1.1", "content-length: 1000") + "x");
      await connection.closeWrite();
      assert.equal((await connection.answer()).status, 400);
    });
    await withConnection(url, async (connection) => {
      await connection.send(head("POST /send HTTP/1.1", "transfer-encoding: chunked") + "5\r\nab");
      await connection.closeWrite();
      assert.equal((await connection.answer()).status, 400);
    });
  }));

const huge = (method: string, path: string, status: number): Ask[] =>
  [true, false].map((isChunked) => ({
    name: `${method} ${path}`,
    method,
    path,
    status,
    bytes: HUGE,
    isChunked,
    isApart: false,
  }));

const HUGE_ASKS = [
  ...huge("POST", "/send", 413),
  ...huge("POST", "/nope", 404),
  ...huge("PUT", "/send", 405),
  ...huge("GET", "/nope", 404),
  ...huge("HEAD", "/health", 200),
];

Deno.test("a client that sends tens of megabytes before it reads still gets its answer", () =>
  withProcess(async (url) => {
    const plan: Plan = { url, asks: HUGE_ASKS, next: "send" };
    assertAllUsable("raw, huge", plan, await tryRaw(plan));
    for (const program of CLIENT_PROGRAMS.filter(({ command }) => isInstalled(command))) {
      assertAllUsable(`${program.name}, huge`, plan, await tryProgram(program, plan));
    }
  }));

Deno.test("what is not wanted is not kept in memory", () =>
  withProcess(async (url) => {
    const asks = Array.from({ length: 5 }, () => huge("POST", "/nope", 404)).flat();
    const plan: Plan = { url, asks, next: "health" };
    // A first run before the measurement: it takes the memory that a node needs anyway.
    assertAllUsable("raw", plan, await tryRaw(plan));
    const before = await metric(url, "egoat_resident_bytes");
    for (let round = 0; round < 3; round++) assertAllUsable("raw", plan, await tryRaw(plan));
    const grown = await metric(url, "egoat_resident_bytes") - before;
    assert(grown < 3 * HUGE, `${grown} bytes more after ${30 * HUGE}`);
  }));

Deno.test("trailers that a request announces cost it the next one, and it is told", () =>
  withNode(async ({ url }) => {
    const body = JSON.stringify({ room: "trailers", peer_id: "ann", text: "hi" });
    const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\nx-sum: 1\r\n\r\n`;
    for (const path of ["/send", "/nope"]) {
      await withConnection(url, async (connection) => {
        const headers = [
          "content-type: application/json",
          "transfer-encoding: chunked",
          "trailer: x-sum",
        ];
        await connection.send(head(`POST ${path} HTTP/1.1`, ...headers) + chunks);
        const { status, isLast } = await connection.answer();
        assert.equal(status, path === "/send" ? 200 : 404);
        assert.equal(isLast, true);
      });
    }
  }));

Deno.test("a malformed body is refused with the end of its connection, announced", () =>
  withNode(async ({ url }) => {
    await withConnection(url, async (connection) => {
      const headers = ["content-type: application/json", "transfer-encoding: chunked"];
      await connection.send(head("POST /send HTTP/1.1", ...headers) + '2\r\n{"\r\nzz\r\n');
      const { status, isLast } = await connection.answer();
      assert.deepEqual([status, isLast], [400, true]);
    });
  }));

Deno.test("chunks are counted, whatever length is told beside them", () =>
  withNode(async ({ url }) => {
    await withConnection(url, async (connection) => {
      const headers = ["content-length: 10", "transfer-encoding: chunked"];
      await connection.send(head("POST /send HTTP/1.1", ...headers));
      const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
      // The node refuses or cuts the request, and does not read it to its end.
      await (async () => {
        for (let n = 0; n < 40; n++) await connection.send(chunk);
      })().catch(() => {});
      const { status, isLast } = await connection.answer();
      assert.ok([400, 413].includes(status), `${status}`);
      assert.equal(isLast, true);
    });
  }));
