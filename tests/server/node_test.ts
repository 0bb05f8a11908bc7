import assert from "node:assert/strict";
import { DEFAULT_SETTINGS, type RunningNode, startNode } from "../../server/mod.ts";
import { UserError } from "../../transport/errors.ts";
import { type Clock, systemClock } from "../../transport/transport.ts";
import { MemoryStore } from "../fakes/memory_store.ts";
import { until } from "../fakes/until.ts";

const SETTINGS = {
  ...DEFAULT_SETTINGS,
  host: "127.0.0.1",
  httpPort: 0,
  wsPort: null,
  stunPort: null,
};

async function messageOf(starting: Promise<RunningNode>): Promise<string> {
  try {
    const node = await starting;
    await node.close();
  } catch (error) {
    assert(error instanceof UserError);
    return error.message;
  }
  return assert.fail("it started");
}

Deno.test("a node answers on a free port until it is closed", async () => {
  const node = await startNode({ ...SETTINGS, wsPort: 0 }, { store: new MemoryStore() });
  const health = await fetch(`${node.url}/health`);
  assert.deepEqual(await health.json(), { status: "ok" });
  assert.equal(node.url, `http://127.0.0.1:${node.httpPort}`);
  const second = await fetch(`http://127.0.0.1:${node.wsPort}/health`);
  assert.deepEqual(await second.json(), { status: "ok" });
  await node.close();
  await node.close();
  await assert.rejects(fetch(`${node.url}/health`));
});

Deno.test("a taken port is one line that names the port and the flag, and leaves nothing open", async () => {
  const store = new MemoryStore();
  const first = await startNode(SETTINGS, { store });
  const taken = first.httpPort;
  assert.equal(
    await messageOf(startNode({ ...SETTINGS, httpPort: taken }, { store })),
    `Port ${taken} is taken: choose another with --http-port`,
  );
  assert.equal(
    await messageOf(startNode({ ...SETTINGS, wsPort: taken }, { store })),
    `Port ${taken} is taken: choose another with --ws-port`,
  );
  await first.close();
});

Deno.test("an address that is not this machine's, or a missing certificate, is one line", async () => {
  const store = new MemoryStore();
  const elsewhere = await messageOf(startNode({ ...SETTINGS, host: "192.0.2.77" }, { store }));
  assert.match(elsewhere, /^Cannot listen on --host 192\.0\.2\.77, port 0: /);
  const settings = { ...SETTINGS, tlsCert: "/nowhere/cert.pem", tlsKey: "/nowhere/key.pem" };
  assert.match(await messageOf(startNode(settings, { store })), /^--tls-cert \/nowhere\/cert\.pem/);
});

Deno.test("a node on all interfaces takes IPv4", async () => {
  const node = await startNode({ ...SETTINGS, host: null }, { store: new MemoryStore() });
  await (await fetch(`http://127.0.0.1:${node.httpPort}/health`)).text();
  await node.close();
});

Deno.test("closing answers the polls that are open and lets a write that is under way finish", async () => {
  const store = new MemoryStore();
  let waiting = 0;
  const clock: Clock = {
    ...systemClock,
    after(delayMs, run) {
      if (delayMs > 5000) waiting++;
      return systemClock.after(delayMs, run);
    },
  };
  const node = await startNode(SETTINGS, { store, clock });
  await (await fetch(`${node.url}/signal?room=a&peer_id=b`)).text();
  const poll = fetch(`${node.url}/signal?room=a&peer_id=b&wait=20`);
  const history = fetch(`${node.url}/history?room=a&wait=20`);
  const release = store.hold();
  const send = fetch(`${node.url}/send`, {
    method: "POST",
    body: JSON.stringify({ room: "a", peer_id: "c", text: "hi" }),
  });
  await until(() => waiting === 2 && store.stats().messages === 1, "two polls and a write wait");
  const closed = node.close();
  release();
  assert.equal((await send).status, 200);
  await (await send).text();
  const [told] = await (await poll).json();
  assert.equal(told.payload.code, "shutting-down");
  await (await history).text();
  await closed;
});
