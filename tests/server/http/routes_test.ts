import assert from "node:assert/strict";
import { createApp, createSignalApp } from "../../../server/http/app.ts";
import { assemble } from "../../../server/node.ts";
import type { NodeApp } from "../../../server/http/route.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../../server/settings/settings.ts";
import { UserError } from "../../../transport/errors.ts";
import { LIMITS } from "../../../transport/protocol/mod.ts";
import { ADMIN_TOKEN, AS_ADMIN } from "../../fakes/admin.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";
import { MemoryStore } from "../../fakes/memory_store.ts";

interface World {
  readonly clock: FakeClock;
  readonly store: MemoryStore;
  readonly signalApp: NodeApp;
  get(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
}

async function createWorld(
  settings: Partial<Settings> = {},
  ui: URL | null = null,
): Promise<World> {
  const clock = new FakeClock();
  const store = new MemoryStore(() => clock.epochMs());
  const { parts, lagWatch } = await assemble(
    { ...DEFAULT_SETTINGS, adminToken: ADMIN_TOKEN, ...settings },
    { store, clock, ui, version: "1.2.3" },
  );
  const app = createApp(parts, lagWatch);
  const env = { remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port: 1 } as const };
  return {
    clock,
    store,
    signalApp: createSignalApp(parts, lagWatch),
    get: async (path, init) => await app.request(path, init, env),
    post: async (path, body, init) => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return await app.request(path, { method: "POST", body: text, ...init }, env);
    },
  };
}

async function codeOf(response: Response): Promise<string> {
  const { error } = await response.json();
  assert.equal(typeof error.message, "string");
  return error.code;
}

const hello = { room: "kitchen", peer_id: "ann", text: "hi" };

Deno.test("what is sent is in the history, after its cursor only", async () => {
  const { post, get } = await createWorld();
  const sent = await post("/send", { ...hello, id: "m1", name: "Ann", sent_at: 7.25 });
  const { id, timestamp } = await sent.json();
  assert.equal(id, "m1");
  const rows = await (await get("/history?room=kitchen&since=0")).json();
  assert.deepEqual(rows, [
    { id: "m1", peer_id: "ann", name: "Ann", text: "hi", sent_at: 7.25, timestamp },
  ]);
  assert.deepEqual(await (await get(`/history?room=kitchen&since=${timestamp}`)).json(), []);
  assert.deepEqual(await (await get("/history?room=hall")).json(), []);
});

Deno.test("a message without an id gets a UUIDv7, without a name its peer id", async () => {
  const { post, get } = await createWorld();
  const { id } = await (await post("/send", hello)).json();
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
  const [row] = await (await get("/history?room=kitchen")).json();
  assert.equal(row.name, "ann");
});

Deno.test("the same message sent again has the first timestamp, another text is refused", async () => {
  const { post } = await createWorld();
  const first = await (await post("/send", { ...hello, id: "m1" })).json();
  assert.deepEqual(await (await post("/send", { ...hello, id: "m1" })).json(), first);
  const conflict = await post("/send", { ...hello, id: "m1", text: "other" });
  assert.deepEqual([conflict.status, await codeOf(conflict)], [409, "id-conflict"]);
});

const BAD_BODIES: [string, unknown, number, string][] = [
  ["nothing", "", 400, "bad-request"],
  ["an empty object", {}, 400, "bad-request"],
  ["an array", [], 400, "bad-request"],
  ["half of a JSON text", '{"room":', 400, "bad-request"],
  ["an empty text", { ...hello, text: "" }, 400, "bad-request"],
  ["a text that is no string", { ...hello, text: 5 }, 400, "bad-request"],
  ["a text above 64 KiB", { ...hello, text: "x".repeat(65_537) }, 400, "bad-request"],
  ["a text of 2 MB", { ...hello, text: "x".repeat(2_000_000) }, 413, "text-too-large"],
  ["a room name of 65 characters", { ...hello, room: "r".repeat(65) }, 400, "bad-request"],
  ["a peer id with a line break", { ...hello, peer_id: "a\nb" }, 400, "bad-request"],
  ["an id with a slash", { ...hello, id: "a/b" }, 400, "bad-request"],
];

for (const [what, body, status, code] of BAD_BODIES) {
  Deno.test(`sending ${what} is refused with the reason`, async () => {
    const { post, store } = await createWorld();
    const response = await post("/send", body);
    assert.deepEqual([response.status, await codeOf(response)], [status, code]);
    assert.equal(store.stats().messages, 0);
  });
}

Deno.test("a body without a length is read no further than a body may be", async () => {
  const { post } = await createWorld();
  let pulled = 0;
  const endless = new ReadableStream({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(64 * 1024));
    },
  });
  const response = await post("/send", "", { body: endless });
  assert.equal(response.status, 413);
  assert(pulled < 20, `${pulled} chunks`);
});

Deno.test("a store that fails is a 503, a bug a 500 that gives nothing away", async () => {
  const { post, store } = await createWorld();
  store.failWith(new UserError("store-failed", "The disk is full"));
  const full = await post("/send", hello);
  assert.deepEqual([full.status, await codeOf(full)], [503, "store-failed"]);
  store.failWith(new Error("secret"));
  const bug = await post("/send", hello);
  assert.equal(bug.status, 500);
  assert(!(await bug.text()).includes("secret"));
});

for (
  const query of [
    "",
    "room=",
    "room=a&since=x",
    "room=a&since=-1",
    "room=a&since=NaN",
    "room=a&limit=0",
    "room=a&limit=10001",
    "room=a&wait=abc",
  ]
) {
  Deno.test(`GET /history?${query} is refused with the reason`, async () => {
    const { get } = await createWorld();
    const response = await get(`/history?${query}`);
    assert.deepEqual([response.status, await codeOf(response)], [400, "bad-request"]);
  });
}

Deno.test("a long poll of the history answers with the next message", async () => {
  const { get, post, clock } = await createWorld();
  const waiting = get("/history?room=kitchen&wait=20");
  await settle();
  await post("/send", { ...hello, room: "hall" });
  await post("/send", hello);
  const rows = await (await waiting).json();
  assert.deepEqual(rows.map((row: { text: string }) => row.text), ["hi"]);
  assert.equal(clock.pending, 0);
});

Deno.test("a long poll of the history ends with nothing after its time, or when it is given up", async () => {
  const { get, clock } = await createWorld();
  const waiting = get("/history?room=kitchen&wait=3600");
  await clock.advance(LIMITS.pollWaitSeconds * 1000);
  assert.deepEqual(await (await waiting).json(), []);
  const client = new AbortController();
  const given = get("/history?room=kitchen&wait=20", { signal: client.signal });
  await settle();
  client.abort();
  assert.deepEqual(await (await given).json(), []);
  assert.equal(clock.pending, 0);
});

Deno.test("unknown paths and wrong methods are answered as JSON", async () => {
  const { get, post } = await createWorld();
  for (const path of ["/nope", "/transport/options", "/api/v2", "/static/x.js", "/ws"]) {
    const response = await get(path);
    assert.deepEqual([response.status, await codeOf(response)], [404, "not-found"], path);
  }
  const wrong = await post("/history?room=a", {});
  assert.deepEqual([wrong.status, wrong.headers.get("allow")], [405, "GET"]);
  assert.equal(await codeOf(wrong), "method-not-allowed");
  assert.equal((await get("/send")).headers.get("allow"), "POST");
});

Deno.test("HEAD answers as GET without a body, and takes nobody into a room", async () => {
  const { get } = await createWorld();
  const head = await get("/history?room=a", { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [200, ""]);
  assert.equal((await get("/signal?room=a&peer_id=b", { method: "HEAD" })).status, 405);
  const stats = await (await get("/api/v2/stats", AS_ADMIN)).json();
  assert.equal(stats.live_rooms, 0);
});

Deno.test("every answer forbids sniffing, framing and embedding", async () => {
  const { get } = await createWorld();
  for (const path of ["/health", "/nope", "/metrics", "/history?room=", "/"]) {
    const { headers } = await get(path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(headers.get("cross-origin-resource-policy"), "same-origin", path);
    assert.match(
      headers.get("content-security-policy") ?? "",
      /default-src 'none'.*frame-ancestors/,
    );
    assert.equal(headers.get("access-control-allow-origin"), null, path);
  }
});

Deno.test("another name and another site's page are refused, before anything is done", async () => {
  const { get, post, store } = await createWorld();
  const named = await get("http://evil.example/history?room=a");
  assert.deepEqual([named.status, await codeOf(named)], [403, "bad-host"]);
  const headers = { origin: "https://evil.example" };
  const sent = await post("/send", hello, { headers });
  assert.deepEqual([sent.status, await codeOf(sent)], [403, "bad-origin"]);
  const joined = await get("/signal?room=a&peer_id=b", { headers });
  assert.deepEqual([joined.status, await codeOf(joined)], [403, "bad-origin"]);
  assert.equal(store.stats().messages, 0);
});

Deno.test("an address that asks too much is told when to come back", async () => {
  const { get, clock } = await createWorld({ rateLimit: 5 });
  for (let i = 0; i < 20; i++) assert.equal((await get("/history?room=a")).status, 200);
  const limited = await get("/history?room=a");
  assert.deepEqual([limited.status, await codeOf(limited)], [429, "rate-limited"]);
  assert.equal(limited.headers.get("retry-after"), "1");
  assert.equal((await get("/health")).status, 200, "health is not counted");
  await clock.advance(1000);
  assert.equal((await get("/history?room=a")).status, 200);
});

Deno.test("what is stored can be listed and searched in pages", async () => {
  const { get, post } = await createWorld();
  for (const text of ["one fish", "two fish", "red bird"]) await post("/send", { ...hello, text });
  const page = await (await get("/api/v2/messages?room=kitchen&limit=2&offset=1")).json();
  assert.deepEqual([page.total, page.limit, page.offset], [3, 2, 1]);
  assert.deepEqual(page.items.map((row: { text: string }) => row.text), ["two fish", "one fish"]);
  const found = await (await get("/api/v2/search?q=fish", AS_ADMIN)).json();
  assert.deepEqual([found.total, found.items[0].room], [2, "kitchen"]);
  const rooms = await (await get("/api/v2/rooms", AS_ADMIN)).json();
  assert.deepEqual([rooms.total, rooms.items[0].messages, rooms.items[0].members], [1, 3, 0]);
  const peers = await (await get("/api/v2/peers?room=kitchen")).json();
  assert.deepEqual([peers.items[0].peer_id, peers.items[0].online], ["ann", false]);
  assert.equal((await (await get("/api/v2/rooms/info?room=kitchen")).json()).messages, 3);
  assert.equal((await get("/api/v2/rooms/info?room=hall")).status, 404);
  assert.equal((await get("/api/v2/search?q=")).status, 400);
  assert.equal((await get("/api/v2/messages?room=kitchen&limit=1001")).status, 400);
  assert.equal((await get("/api/v2/messages?room=kitchen&offset=10001")).status, 400);
  const older = await (await get(
    `/api/v2/messages?room=kitchen&before=${page.items[0].timestamp}`,
  )).json();
  assert.deepEqual([older.items, older.total], [page.items.slice(1), 3]);
  assert.equal((await (await get("/api/v2/stats", AS_ADMIN)).json()).messages, 3);
});

Deno.test("the second port serves signaling and health alone", async () => {
  const { signalApp } = await createWorld();
  assert.equal((await signalApp.request("/health")).status, 200);
  assert.equal((await signalApp.request("/signal?room=a&peer_id=b")).status, 200);
  for (const path of ["/", "/history?room=a", "/metrics"]) {
    assert.equal((await signalApp.request(path)).status, 404, path);
  }
});

Deno.test("the configuration tells what an invite needs", async () => {
  const open = await (await createWorld({ publicBase: "https://chat.example" })).get("/config");
  const { version, public_base, local_only, addresses } = await open.json();
  assert.deepEqual([version, public_base, local_only], ["1.2.3", "https://chat.example", false]);
  assert(Array.isArray(addresses));
  const local = await (await createWorld({ host: "127.0.0.1" })).get("/config");
  assert.deepEqual(await local.json().then((c) => [c.local_only, c.addresses]), [true, []]);
});

Deno.test("the configuration tells which strategy the node's owner wants", async () => {
  const { get } = await createWorld({ strategy: "relay-safe" });
  assert.equal((await (await get("/config")).json()).strategy, "relay-safe");
  const plain = await (await createWorld()).get("/config");
  assert.equal((await plain.json()).strategy, "auto");
});

Deno.test("metrics count requests, members and messages", async () => {
  const { get, post } = await createWorld();
  await post("/send", hello);
  await get("/signal?room=kitchen&peer_id=bob");
  const text = await (await get("/metrics", AS_ADMIN)).text();
  for (
    const line of [
      'egoat_http_requests_total{route="/send",method="POST",status="200"} 1',
      'egoat_http_request_seconds_count{route="/send",method="POST"} 1',
      'egoat_members{tier="http-polling"} 1',
      "egoat_rooms 1",
      "egoat_messages_stored_total 1",
      "egoat_commits_total 1",
    ]
  ) assert(text.includes(`${line}\n`), line);
  assert.match(text, /^# HELP \S+ .+\n# TYPE \S+ counter\n/);
});

Deno.test("a node is ready while its store answers", async () => {
  const { get, store, clock } = await createWorld();
  assert.deepEqual(await (await get("/ready")).json(), { status: "ready" });
  store.failWith(new UserError("store-failed", "Cannot store the message: the disk is full"));
  assert.equal((await get("/ready")).status, 200, "what was found stands for a second");
  await clock.advance(1_000);
  const failing = await get("/ready");
  assert.equal(failing.status, 503);
  assert.match((await failing.json()).error.message, /the disk is full/);
  store.failWith(null);
  await clock.advance(1_000);
  assert.equal((await get("/ready")).status, 200);
});

Deno.test("a HEAD of a large history holds nothing", async () => {
  const { clock, get, post } = await createWorld();
  for (let n = 0; n < 3; n++) await post("/send", { ...hello, text: "x".repeat(60_000) });
  for (let n = 0; n < 100; n++) {
    const response = await get("/history?room=kitchen", { method: "HEAD" });
    assert.deepEqual([response.status, response.body], [200, null]);
    await clock.advance(100);
  }
  assert.equal((await (await get("/history?room=kitchen")).json()).length, 3);
});

Deno.test("an address may not have all places of those who poll, and a closed poll gives its place back", async () => {
  const { clock, get } = await createWorld({ rateLimit: 0 });
  const join = (n: number) => get(`/signal?room=r${n >> 7}&peer_id=p${n}&protocol=1`);
  const statuses = await Promise.all(Array.from({ length: 2_100 }, (_, n) => join(n)));
  const [joined, limited] = [200, 429].map((code) =>
    statuses.filter(({ status }) => status === code).length
  );
  assert.deepEqual([joined, limited], [2_048, 52]);
  assert.equal(await codeOf(statuses.at(-1)!), "rate-limited");
  await clock.advance(20_000);
  assert.equal((await join(9_000)).status, 200);
});
