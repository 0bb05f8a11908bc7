/** The WebSocket tier, over real sockets to a real node. */
import assert from "node:assert/strict";
import { CLOSE_CODES } from "../../transport/protocol/mod.ts";
import { WebSocketTransport } from "../../transport/uplink/websocket.ts";
import { Inbox } from "./path.ts";
import { joinTarget, testRelayedPaths } from "./relayed_pair.ts";

/** Sockets whose close can be waited for. The path itself releases a socket before it is closed. */
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

testRelayedPaths({
  tier: "websocket",
  track: trackedSockets,
  stoppedCode: CLOSE_CODES.shuttingDown,
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
