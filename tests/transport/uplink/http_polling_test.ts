/**
 * Polling against a node that the test plays: outgoing requests, incoming frames, and reports of
 * failures.
 */
import assert from "node:assert/strict";
import { HttpPollingTransport } from "../../../transport/uplink/http_polling.ts";
import type { JoinTarget } from "../../../transport/uplink/join.ts";
import {
  CLOSE_CODES,
  LIMITS,
  type PeerId,
  type RoomName,
} from "../../../transport/protocol/mod.ts";
import type { CloseReason } from "../../../transport/transport.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";

const target: JoinTarget = {
  nodeUrl: "http://node.test",
  room: "kitchen" as RoomName,
  peerId: "ada" as PeerId,
  name: "Ada",
  token: "0123456789abcdef",
  instance: "a1",
};

interface Call {
  readonly method: string;
  readonly url: URL;
  readonly body: unknown;
  answer(body: unknown, status?: number): Promise<void>;
  fail(): Promise<void>;
}

/** Requests wait in `polls` and `posts` until the test answers them. */
function start() {
  const clock = new FakeClock();
  const polls: Call[] = [];
  const posts: Call[] = [];
  const fetch = (input: string | URL | Request, init: RequestInit = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    const method = init.method ?? "GET";
    (method === "GET" ? polls : posts).push({
      method,
      url: new URL(String(input)),
      body: typeof init.body === "string" ? JSON.parse(init.body) : null,
      answer: (body, status = 200) => {
        resolve(Response.json(body, { status }));
        return settle(60);
      },
      fail: () => {
        reject(new TypeError("network"));
        return settle(60);
      },
    });
    return promise;
  };
  const transport = new HttpPollingTransport({ clock, fetch });
  const frames: string[] = [];
  const closes: CloseReason[] = [];
  const handlers = {
    onFrame: (text: string) => void frames.push(text),
    onClose: (reason: CloseReason) => void closes.push(reason),
  };
  const controller = new AbortController();
  const dial = () => transport.dial(target, handlers, { signal: controller.signal });
  const open = async (items: unknown[] = []) => {
    const dialling = dial();
    await polls[0]?.answer(items);
    const path = await dialling;
    await settle(60);
    return path;
  };
  return { clock, polls, posts, frames, closes, controller, dial, open };
}

const frame = (n: number, filler = "") =>
  JSON.stringify({ type: "relay", payload: `${n}${filler}` });
const typesOf = (frames: readonly string[]) => frames.map((text) => JSON.parse(text).type);

Deno.test("dialling is a poll that does not wait, from the beginning", async () => {
  const { polls, open } = start();
  const path = await open();
  const query = polls[0]?.url.searchParams;
  assert.deepEqual([query?.get("wait"), query?.get("after")], ["0", "0"]);
  assert.equal(query?.get("token"), target.token);
  assert.equal(path.tier, "http-polling");
  path.close();
});

Deno.test("frames that came with the first poll are handed on after dial has returned", async () => {
  const { polls, frames, dial } = start();
  const dialling = dial();
  polls[0]?.answer([{ seq: 1, type: "welcome" }]);
  const path = await dialling;
  assert.deepEqual(frames, []);
  await settle(60);
  assert.deepEqual(typesOf(frames), ["welcome"]);
  path.close();
});

Deno.test("each poll says how far it got, and waits", async () => {
  const { polls, open } = start();
  const path = await open([{ seq: 41, type: "a" }]);
  await polls[1]?.answer([{ seq: 42, type: "b" }, { seq: 50, type: "c" }]);
  const queries = polls.slice(1).map(({ url }) => url.searchParams);
  assert.deepEqual(queries.map((query) => query.get("after")), ["41", "50"]);
  assert.equal(queries[0]?.get("wait"), String(LIMITS.pollWaitSeconds));
  path.close();
});

Deno.test("a frame that is given again is handed on once", async () => {
  const { polls, frames, open } = start();
  const path = await open([{ seq: 1, type: "a" }]);
  await polls[1]?.answer([{ seq: 1, type: "a" }, { seq: 2, type: "b" }]);
  assert.deepEqual(typesOf(frames), ["a", "b"]);
  path.close();
});

Deno.test("an empty answer is asked for again", async () => {
  const { polls, open, closes } = start();
  const path = await open();
  await polls[1]?.answer([]);
  assert.equal(polls.length, 3);
  assert.deepEqual(closes, []);
  path.close();
});

Deno.test("what is sent in one turn shares a request", async () => {
  const { posts, open } = start();
  const path = await open();
  for (const n of [1, 2, 3]) assert.ok(path.send(frame(n)));
  await settle();
  assert.deepEqual(posts.map(({ body }) => body), [[1, 2, 3].map((n) => JSON.parse(frame(n)))]);
  path.close();
});

Deno.test("a request waits for the answer to the one before, so that order holds", async () => {
  const { posts, open } = start();
  const path = await open();
  path.send(frame(1));
  await settle();
  for (const n of [2, 3]) path.send(frame(n));
  await settle();
  assert.equal(posts.length, 1);
  await posts[0]?.answer({});
  assert.deepEqual(posts[1]?.body, [2, 3].map((n) => JSON.parse(frame(n))));
  path.close();
});

Deno.test("a burst goes in requests of as many frames as a node takes", async () => {
  const { posts, open } = start();
  const path = await open();
  for (let n = 0; n < 600; n++) path.send(frame(n));
  for (let at = 0; at < 3; at++) {
    await settle();
    await posts[at]?.answer({});
  }
  assert.deepEqual(posts.map(({ body }) => (body as unknown[]).length), [256, 256, 88]);
  path.close();
});

Deno.test("large frames go in requests that fit a node's limit, whatever their characters", async () => {
  const { posts, open } = start();
  const path = await open();
  for (let n = 0; n < 24; n++) path.send(frame(n, "€".repeat(21_000)));
  for (let at = 0; at < posts.length || at === 0; at++) {
    await settle();
    await posts[at]?.answer({});
  }
  const bytes = posts.map(({ body }) => new TextEncoder().encode(JSON.stringify(body)).length);
  assert.ok(bytes.every((size) => size <= 1024 * 1024), bytes.join());
  assert.equal(posts.flatMap(({ body }) => body).length, 24);
  path.close();
});

Deno.test("what does not fit the queue is refused, and nothing of it is sent", async () => {
  const { open } = start();
  const path = await open();
  const large = "x".repeat(250_000);
  let taken = 0;
  while (path.send(large)) taken++;
  assert.equal(taken, Math.floor(4 * 1024 * 1024 / 250_000));
  path.close();
});

Deno.test("closing ends the poll, and what was sent before still goes out", async () => {
  const { polls, posts, open, closes } = start();
  const path = await open();
  path.send(frame(1));
  path.close();
  await settle(60);
  assert.equal(posts.length, 1);
  await posts[0]?.answer({});
  assert.equal(polls.length, 2);
  assert.deepEqual(closes, []);
  assert.equal(path.send(frame(2)), false);
});

Deno.test("closing in the middle of an answer hands on nothing more of it", async () => {
  const { polls, clock } = start();
  const frames: string[] = [];
  const transport = new HttpPollingTransport({
    clock,
    fetch: (url) => {
      const isFirst = new URL(String(url)).searchParams.get("wait") === "0";
      const items = [1, 2, 3].map((seq) => ({ seq, type: "x" }));
      return isFirst ? Promise.resolve(Response.json(items)) : new Promise(() => {});
    },
  });
  const path = await transport.dial(target, {
    onFrame: (text) => {
      frames.push(text);
      path.close();
    },
    onClose: () => {},
  }, { signal: new AbortController().signal });
  await settle(60);
  assert.equal(frames.length, 1);
  assert.equal(polls.length, 0);
});

Deno.test("a poll that fails closes the path", async () => {
  const { polls, open, closes } = start();
  const path = await open();
  await polls[1]?.fail();
  assert.deepEqual(closes.map(({ code }) => code), [1006]);
  assert.equal(path.isOpen, false);
});

Deno.test("a poll that is never answered is given up after the node should have", async () => {
  const { open, closes, clock } = start();
  await open();
  await clock.advance(LIMITS.pollWaitSeconds * 1_000 + 9_999);
  assert.deepEqual(closes, []);
  await clock.advance(1);
  await settle(60);
  assert.equal(closes.length, 1);
  assert.equal(clock.pending, 0);
});

Deno.test("a request that fails closes the path, once", async () => {
  const { posts, open, closes } = start();
  const path = await open();
  path.send(frame(1));
  await settle();
  await posts[0]?.fail();
  assert.equal(closes.length, 1);
  assert.equal(path.send(frame(2)), false);
});

for (
  const [code, closeCode] of [
    ["replaced", CLOSE_CODES.replaced],
    ["peer-id-taken", CLOSE_CODES.peerIdTaken],
    ["room-full", CLOSE_CODES.roomFull],
    ["rate-limited", CLOSE_CODES.rateLimited],
    ["shutting-down", CLOSE_CODES.shuttingDown],
    ["not-joined", 1006],
  ] as const
) {
  Deno.test(`a poll that is refused with ${code} closes as a WebSocket would, with ${closeCode}`, async () => {
    const { polls, open, closes } = start();
    await open();
    await polls[1]?.answer({ error: { code, message: "Because" } }, 409);
    assert.deepEqual(closes, [{ code: closeCode, reason: "Because" }]);
  });
}

Deno.test("dialling what refuses says why", async () => {
  const { polls, dial } = start();
  const failure = assert.rejects(dial(), { code: "room-full", message: "It is full" });
  await polls[0]?.answer({ error: { code: "room-full", message: "It is full" } }, 409);
  await failure;
});

for (
  const [what, body, status] of [
    ["an error page", "<html>", 502],
    ["a page", "<html>", 200],
    ["an object", {}, 200],
    ["items without a seq", [{ type: "welcome" }], 200],
  ] as const
) {
  Deno.test(`dialling what answers with ${what} fails`, async () => {
    const { polls, dial } = start();
    const failure = assert.rejects(dial(), { name: "UserError" });
    await polls[0]?.answer(body, status);
    await failure;
  });
}

Deno.test("dialling what does not answer fails", async () => {
  const { polls, dial } = start();
  const failure = assert.rejects(dial(), { code: "peer-gone", message: /node\.test/ });
  await polls[0]?.fail();
  await failure;
});

Deno.test("aborting while dialling rejects with the reason and polls no more", async () => {
  const { polls, dial, controller, frames } = start();
  const failure = assert.rejects(dial(), { name: "AbortError" });
  controller.abort();
  await failure;
  await settle(60);
  assert.equal(polls.length, 1);
  assert.deepEqual(frames, []);
});

Deno.test("aborting while the first answer comes in rejects with the reason", async () => {
  const { clock } = start();
  const controller = new AbortController();
  const body = new ReadableStream({
    pull(stream) {
      controller.abort();
      stream.error(controller.signal.reason);
    },
  });
  const transport = new HttpPollingTransport({
    clock,
    fetch: () => Promise.resolve(new Response(body)),
  });
  await assert.rejects(
    transport.dial(target, { onFrame() {}, onClose() {} }, { signal: controller.signal }),
    { name: "AbortError" },
  );
});
