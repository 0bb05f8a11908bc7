/** A node behind nginx and Caddy, set up as README.md says, over TLS. */
import assert from "node:assert/strict";
import { type Settings, startNode } from "../../../server/mod.ts";
import { MemoryStore } from "../../fakes/memory_store.ts";
import { until } from "../../fakes/until.ts";
import { FOREIGN_URL } from "../node_under_test.ts";
import { SocketPeer, TOKEN } from "../socket_peer.ts";
import { caddy, NAME, nginx, type ProxyProgram, type RunningProxy } from "./proxies.ts";
import { exampleSettings } from "./readme_examples.ts";

const ORIGIN = `https://${NAME}`;

/** Loopback addresses that the proxy itself does not use. Only Linux has them all. */
const [CLIENT, OTHER_CLIENT] = ["127.0.0.2", "127.0.0.3"];

const reasons = new Map<ProxyProgram, string | null>();
const PROXIES = [nginx(), nginx("nginx without Host", /proxy_set_header Host /), caddy];
for (const proxy of PROXIES) {
  const reason = Deno.build.os === "linux" ? await proxy.setUp() : "127.0.0.2 is Linux's";
  if (reason !== null) console.error(`Skipped, no ${proxy.name}: ${reason}`);
  reasons.set(proxy, reason);
}

interface World {
  /** URL of the node itself, past the proxy. */
  readonly nodeUrl: string;
  /** Sends a request to the proxy by its name, from a local address. */
  ask(path: string, options?: AskOptions): Promise<Response>;
  /** Opens a WebSocket through the proxy, from a page of `origin`. */
  open(peer_id: string, origin: string): Promise<SocketPeer>;
  join(peer_id: string): Promise<SocketPeer>;
}

interface AskOptions {
  readonly from?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

const room = "kitchen";

async function withPage(run: (ui: URL) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const page = { path: "/", file: "index.html", type: "text/html; charset=utf-8", etag: "1" };
    await Deno.writeTextFile(`${folder}/manifest.json`, JSON.stringify([page]));
    await Deno.writeTextFile(`${folder}/index.html`, "<!doctype html><title>The page</title>");
    await run(new URL(`file://${folder}/`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function worldOf(
  nodeUrl: string,
  { port, authority }: RunningProxy,
): { world: World; close(): void } {
  const clients = new Map<string, Deno.HttpClient>();
  const clientFrom = (address: string) => {
    const client = clients.get(address) ?? Deno.createHttpClient({
      caCerts: [authority],
      localAddress: address,
      allowHost: true,
      // HTTP/2 would take the name of the host from the URL.
      http2: false,
    });
    clients.set(address, client);
    return client;
  };
  const url = `https://localhost:${port}`;
  const ask = (path: string, { from = CLIENT, headers = {}, body }: AskOptions = {}) =>
    fetch(url + path, {
      client: clientFrom(from),
      headers: { host: NAME, ...headers },
      ...body === undefined ? {} : { method: "POST", body: JSON.stringify(body) },
    });
  const open = (peer_id: string, origin: string) =>
    SocketPeer.open(url, { room, peer_id, token: TOKEN, protocol: "1" }, {
      client: clientFrom(CLIENT),
      headers: { host: NAME, origin },
    });
  const join = async (peer_id: string) => {
    const peer = await open(peer_id, ORIGIN);
    await peer.nextOf("welcome");
    return peer;
  };
  const close = () => clients.forEach((client) => client.close());
  return { world: { nodeUrl, ask, open, join }, close };
}

function behind(
  proxy: ProxyProgram,
  what: string,
  run: (world: World) => Promise<void>,
  settings: Partial<Settings> = {},
): void {
  Deno.test({
    name: `behind ${proxy.name}, ${what}`,
    ignore: reasons.get(proxy) !== null || FOREIGN_URL !== undefined,
    fn: () =>
      withPage(async (ui) => {
        const own = { host: "127.0.0.1", httpPort: 0, wsPort: null, stunPort: null, rateLimit: 0 };
        const all = { ...exampleSettings(), ...own, ...settings };
        const node = await startNode(all, { store: new MemoryStore(), ui });
        try {
          await proxy.withProxy(`127.0.0.1:${node.httpPort}`, async (running) => {
            const { world, close } = worldOf(node.url, running);
            try {
              await run(world);
            } finally {
              close();
            }
          });
        } finally {
          await node.close();
        }
      }),
  });
}

async function poll({ ask }: World, query: Record<string, string>) {
  const all = { room, token: TOKEN, protocol: "1", ...query };
  const response = await ask(`/signal?${new URLSearchParams(all)}`);
  const frames = await response.json();
  assert.equal(response.status, 200, JSON.stringify(frames));
  return frames;
}

const message = { room, peer_id: "curl", text: "hi" };

for (const proxy of PROXIES) {
  behind(
    proxy,
    "the page comes and may open WebSockets to the name that it was asked by",
    async ({ ask }) => {
      const page = await ask("/");
      assert.equal(page.status, 200);
      assert.match(await page.text(), /The page/);
      assert.match(page.headers.get("content-security-policy") ?? "", / wss:\/\/chat\.example;/);
      const config = await (await ask("/config")).json();
      assert.deepEqual([config.addresses, config.local_only], [[], false]);
    },
  );

  behind(proxy, "messages are sent and read", async ({ ask }) => {
    const sent = await ask("/send", { body: message, headers: { origin: ORIGIN } });
    assert.equal(sent.status, 200);
    await sent.body?.cancel();
    const [row] = await (await ask(`/history?room=${room}`)).json();
    assert.equal(row.text, "hi");
    const large = { ...message, text: "x".repeat(60_000) };
    const answer = await ask("/send", { body: large });
    assert.equal(answer.status, 200, await answer.text());
  });

  behind(proxy, "WebSockets carry chats both ways", async ({ join }) => {
    const [ann, bob] = [await join("ann"), await join("bob")];
    for (const [from, to] of [[ann, bob], [bob, ann]] as const) {
      from.send({ type: "chat", payload: { id: crypto.randomUUID(), text: "hello" } });
      assert.equal((await to.nextOf("chat")).payload.text, "hello");
      await from.nextOf("ack");
    }
    await ann.close();
    assert.equal((await bob.nextOf("peer_left")).peer_id, "ann");
    await bob.close();
  });

  behind(proxy, "held polls are answered when something comes", async (world) => {
    const names = Array.from({ length: 8 }, (_, n) => `poller${n}`);
    for (const peer_id of names) await poll(world, { peer_id, after: "0" });
    const ann = await world.join("ann");
    // Takes all frames sent until now, so that the next poll is held.
    const heard = new Map<string, string>();
    for (const peer_id of names) {
      const frames = await poll(world, { peer_id, after: "0" });
      heard.set(peer_id, String(frames.at(-1).seq));
    }
    const held = names.map((peer_id) =>
      poll(world, { peer_id, after: heard.get(peer_id)!, wait: "25" })
    );
    ann.send({ type: "chat", payload: { id: "m1", text: "hello" } });
    for (const frames of await Promise.all(held)) {
      assert.deepEqual(frames.map(({ type }: { type: string }) => type), ["chat"]);
    }
    const query = new URLSearchParams({ room, peer_id: "poller0", token: TOKEN });
    const body = { type: "chat", payload: { id: "m2", text: "back" } };
    await (await world.ask(`/signal?${query}`, { body })).body?.cancel();
    assert.equal((await ann.nextOf("chat")).payload.text, "back");
    await ann.close();
  });

  behind(proxy, "a poll for which there is nothing is held for a heartbeat", async (world) => {
    const [welcome] = await poll(world, { peer_id: "bob", after: "0" });
    const startMs = performance.now();
    const after = String(welcome.seq);
    assert.deepEqual(await poll(world, { peer_id: "bob", after, wait: "25" }), []);
    assert(performance.now() - startMs > 900);
  }, { heartbeatIntervalMs: 1_000 });

  behind(
    proxy,
    "each client has its own rate, whatever it says of itself",
    async ({ ask, nodeUrl }) => {
      const statusOf = async (from: string, headers: Record<string, string> = {}) => {
        const response = await ask(`/history?room=${room}`, { from, headers });
        await response.body?.cancel();
        return response.status;
      };
      await until(async () => await statusOf(CLIENT) === 429, "the limit is reached");
      const forgeries = Array.from({ length: 40 }, (_, n) =>
        [
          { "x-forwarded-for": `198.51.100.${n}` },
          { "x-forwarded-for": `127.0.0.1, 198.51.100.${n}, ::1` },
          { forwarded: `for=198.51.100.${n}` },
          { "x-real-ip": `198.51.100.${n}` },
        ][n % 4]!);
      const statuses = await Promise.all(forgeries.map((headers) => statusOf(CLIENT, headers)));
      // Meanwhile the token bucket refills by one token a second.
      assert(statuses.filter((status) => status === 429).length > 30, statuses.join(" "));
      const blaming = Array.from({ length: 20 }, () => ({ "x-forwarded-for": OTHER_CLIENT }));
      await Promise.all(blaming.map((headers) => statusOf(CLIENT, headers)));
      assert.equal(await statusOf(OTHER_CLIENT), 200);
      // The node does not believe these headers from clients that bypass the proxy.
      using direct = Deno.createHttpClient({ localAddress: CLIENT });
      const past = await Promise.all(forgeries.map(async (headers) => {
        const answer = await fetch(`${nodeUrl}/history?room=${room}`, { client: direct, headers });
        await answer.body?.cancel();
        return answer.status;
      }));
      assert(past.filter((status) => status === 429).length > 30, past.join(" "));
    },
    { rateLimit: 1 },
  );

  behind(proxy, "other sites' pages are refused", async ({ ask, open }) => {
    for (const origin of ["https://evil.example", "https://chat.example.evil", "null"]) {
      const answer = await ask("/send", { body: message, headers: { origin } });
      assert.deepEqual([answer.status, (await answer.json()).error.code], [403, "bad-origin"]);
      await assert.rejects(open("eve", origin), /No WebSocket/);
    }
  });
}
