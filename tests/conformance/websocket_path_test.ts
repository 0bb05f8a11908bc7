/** The WebSocket tier, over real sockets to a real node. */
import assert from "node:assert/strict";
import { WebSocketTransport } from "../../transport/websocket.ts";
import { until } from "../fakes/until.ts";
import { Inbox, testPaths } from "./path.ts";
import {
  joinTarget,
  memberCount,
  openRelayedPair,
  RELAYED_MAX_CHARS,
  startTestNode,
} from "./relayed_pair.ts";

/** Sockets whose end can be waited for: the path itself lets go of them before they are closed. */
function trackedSockets() {
  const closed: Promise<unknown>[] = [];
  class TrackedWebSocket extends WebSocket {
    constructor(url: string | URL) {
      super(url);
      closed.push(new Promise((resolve) => this.addEventListener("close", resolve)));
    }
  }
  return {
    transport: new WebSocketTransport(TrackedWebSocket),
    settled: () => Promise.all(closed),
    count: () => closed.length,
  };
}

testPaths({
  name: "websocket",
  tier: "websocket",
  maxFrameChars: RELAYED_MAX_CHARS,
  open() {
    const { transport, settled } = trackedSockets();
    return openRelayedPair(transport, settled);
  },
  async abort() {
    const node = await startTestNode();
    const { transport, settled } = trackedSockets();
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

Deno.test("websocket: dialling with an aborted signal opens no socket", async () => {
  const { transport, count } = trackedSockets();
  const options = { signal: AbortSignal.abort() };
  await assert.rejects(
    transport.dial(joinTarget("http://127.0.0.1:9", "near"), new Inbox(), options),
    { name: "AbortError" },
  );
  assert.equal(count(), 0);
});

Deno.test("websocket: dialling where no node is fails with a reason", async () => {
  const node = await startTestNode();
  const { url } = node;
  await node.close();
  const { transport, settled } = trackedSockets();
  const { signal } = new AbortController();
  await assert.rejects(transport.dial(joinTarget(url, "near"), new Inbox(), { signal }), {
    name: "UserError",
    code: "peer-gone",
  });
  await settled();
});

Deno.test("websocket: a node that stops is heard with its close code", async () => {
  const node = await startTestNode();
  const { transport, settled } = trackedSockets();
  const inbox = new Inbox();
  const { signal } = new AbortController();
  const path = await transport.dial(joinTarget(node.url, "near"), inbox, { signal });
  await until(() => inbox.frames.length > 0, "the node welcomes the peer");
  await node.close();
  await until(() => inbox.closes.length > 0, "the path hears of the close");
  assert.equal(inbox.closes[0]?.code, 4503);
  assert.equal(path.isOpen, false);
  await settled();
});
