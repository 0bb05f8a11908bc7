/** A node's handling of a proxy's headers, on real sockets. The test acts as the proxy. */
import assert from "node:assert/strict";
import { FOREIGN_URL, withNode } from "../node_under_test.ts";
import { RawSocket } from "../raw_socket.ts";

const NAMED = { trustProxy: ["127.0.0.1"], allowHosts: ["chat.example"] };
const ignore = FOREIGN_URL !== undefined;

async function statusOf(url: string, headers: Record<string, string>): Promise<number> {
  const response = await fetch(`${url}/history?room=kitchen`, { headers });
  await response.body?.cancel();
  return response.status;
}

/** Sends more requests than a second and a burst allow, and returns their statuses. */
async function statusesOf(url: string, headers: Record<string, string>): Promise<number[]> {
  return await Promise.all(Array.from({ length: 40 }, () => statusOf(url, headers)));
}

Deno.test({
  name: "a trusted proxy's clients are counted one by one, by either header",
  ignore,
  fn: () =>
    withNode(async ({ url }) => {
      const first = { "x-forwarded-for": "192.0.2.1" };
      assert((await statusesOf(url, first)).includes(429));
      assert((await statusesOf(url, { forwarded: "for=192.0.2.1" })).includes(429));
      assert.equal(await statusOf(url, { "x-forwarded-for": "192.0.2.2" }), 200);
      assert.equal(await statusOf(url, { forwarded: 'for="[2001:db8::2]"' }), 200);
    }, { ...NAMED, rateLimit: 1 }),
});

Deno.test({
  name: "without --trust-proxy its clients are one",
  ignore,
  fn: () =>
    withNode(async ({ url }) => {
      const statuses = await Promise.all(Array.from({ length: 40 }, (_, n) =>
        statusOf(url, {
          "x-forwarded-for": `192.0.2.${n}`,
          "forwarded": `for=192.0.2.${n};host=evil.example`,
        })));
      assert(statuses.includes(429));
      assert(!statuses.includes(403), "nor do they say by which name they came");
    }, { rateLimit: 1 }),
});

Deno.test({
  name: "the host that a trusted proxy was asked by is checked in place of its own",
  ignore,
  fn: () =>
    withNode(async ({ url }) => {
      const hosted = (host: string) => ({ "x-forwarded-host": host, "x-forwarded-proto": "https" });
      assert.equal(await statusOf(url, hosted("chat.example")), 200);
      assert.equal(await statusOf(url, hosted("evil.example")), 403);
      assert.equal(await statusOf(url, { forwarded: "for=192.0.2.1;host=evil.example" }), 403);
      const send = async (origin: string) => {
        const init = { method: "POST", body: '{"room":"a","peer_id":"b","text":"c"}' };
        const headers = { ...hosted("192.0.2.80:443"), origin };
        const response = await fetch(`${url}/send`, { ...init, headers });
        await response.body?.cancel();
        return response.status;
      };
      assert.equal(await send("https://192.0.2.80"), 200, "its page");
      assert.equal(await send(url), 403, "the page that the node's own address has");
    }, NAMED),
});

Deno.test({
  name: "frames of a WebSocket count for the client behind the proxy",
  ignore,
  fn: () =>
    withNode(async ({ url, room }) => {
      const open = (peer: string, client: string): Promise<RawSocket> =>
        RawSocket.open(url, `/signal?room=${room}&peer_id=${peer}`, { "x-forwarded-for": client });
      const [loud, quiet] = [await open("loud", "192.0.2.1"), await open("quiet", "192.0.2.2")];
      for (let n = 0; n < 40; n++) await loud.send('{"type":"typing"}');
      await loud.readUntil((text) => text.includes("rate-limited"), "the limit is reached");
      assert((await statusesOf(url, { "x-forwarded-for": "192.0.2.1" })).includes(429));
      await quiet.send('{"type":"ping"}');
      await quiet.readUntil((text) => text.includes('"pong"'), "the other one is answered");
      loud.close();
      quiet.close();
    }, { ...NAMED, rateLimit: 1 }),
});
