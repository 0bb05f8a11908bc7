/** The polling tier, over real requests to a real node. */
import assert from "node:assert/strict";
import { HttpPollingTransport } from "../../transport/http_polling.ts";
import { systemClock } from "../../transport/transport.ts";
import { until } from "../fakes/until.ts";
import { Inbox, testPaths } from "./path.ts";
import {
  joinTarget,
  memberCount,
  openRelayedPair,
  RELAYED_MAX_CHARS,
  startTestNode,
} from "./relayed_pair.ts";

/** Requests whose end can be waited for: a path that was closed has its last ones under way. */
function trackedPolling() {
  const pending = new Set<Promise<Response>>();
  const client = Deno.createHttpClient({});
  const trackedFetch = (input: string | URL | Request, init?: RequestInit) => {
    const response = fetch(input, { ...init, client } as RequestInit);
    pending.add(response);
    response.catch(() => {}).finally(() => pending.delete(response));
    return response;
  };
  return {
    transport: new HttpPollingTransport({ fetch: trackedFetch, clock: systemClock }),
    async settled() {
      await until(() => pending.size === 0, "every request has ended");
      client.close();
    },
  };
}

testPaths({
  name: "http-polling",
  tier: "http-polling",
  maxFrameChars: RELAYED_MAX_CHARS,
  open() {
    const { transport, settled } = trackedPolling();
    return openRelayedPair(transport, settled);
  },
  async abort() {
    const node = await startTestNode();
    const { transport, settled } = trackedPolling();
    const controller = new AbortController();
    const inbox = new Inbox();
    const dialling = transport.dial(joinTarget(node.url, "near"), inbox, controller);
    controller.abort();
    await assert.rejects(dialling, { name: "AbortError" });
    await settled();
    await until(async () => await memberCount(node) === 0, "nobody is in the room");
    assert.deepEqual([inbox.frames, inbox.closes], [[], []]);
    await node.close();
  },
});

Deno.test("http-polling: dialling where no node is fails with a reason", async () => {
  const node = await startTestNode();
  const { url } = node;
  await node.close();
  const { transport, settled } = trackedPolling();
  const { signal } = new AbortController();
  await assert.rejects(transport.dial(joinTarget(url, "near"), new Inbox(), { signal }), {
    name: "UserError",
    code: "peer-gone",
  });
  await settled();
});

Deno.test("http-polling: a node that stops is heard", async () => {
  const node = await startTestNode();
  const { transport, settled } = trackedPolling();
  const inbox = new Inbox();
  const { signal } = new AbortController();
  const path = await transport.dial(joinTarget(node.url, "near"), inbox, { signal });
  await until(() => inbox.frames.length > 0, "the node welcomes the peer");
  await node.close();
  await until(() => inbox.closes.length > 0, "the path hears of the close");
  assert.equal(path.isOpen, false);
  await settled();
});
