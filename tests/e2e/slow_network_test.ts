/** A session on a slow network reaches its node once, and stays. */
import assert from "node:assert/strict";
import { createSession, type Session, type UplinkView } from "../../transport/mod.ts";
import type { RoomName } from "../../transport/protocol/mod.ts";
import { relayedPlatform } from "../fakes/relayed_platform.ts";
import { until } from "../fakes/until.ts";
import { NodeProcess } from "./node_process.ts";
import { SlowProxy } from "./slow_proxy.ts";

/** Around these latencies, the WebSocket and the poll of the race reach the node in every order. */
const ONE_WAY_MS = [20, 80, 100, 120, 150, 200];

function openSession(nodeUrl: string): { session: Session; views: UplinkView[] } {
  const views: UplinkView[] = [];
  const session = createSession({
    nodeUrl,
    room: "lobby" as RoomName,
    name: "Ann",
    platform: relayedPlatform(),
  });
  session.subscribe((event) => {
    if (event.type === "uplink") views.push(event.uplink);
  });
  return { session, views };
}

for (const oneWayMs of ONE_WAY_MS) {
  Deno.test({
    name: `a session ${2 * oneWayMs} ms from its node is never cut off while it joins`,
    // `fetch` keeps its connections for later requests.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using node = await NodeProcess.start();
      await using proxy = new SlowProxy(node.port, oneWayMs);
      // A page already has a connection, which its polls use.
      await (await fetch(`${proxy.url}/health`)).body?.cancel();
      const { session, views } = openSession(proxy.url);
      session.join();
      session.send("Hello");
      // Once the WebSocket has measured a round trip, everything else that was under way has arrived.
      await until(() => session.uplink.tier === "websocket" && session.uplink.rttMs !== null);
      await until(() => session.messages[0]?.state === "stored");
      session.leave();
      assert.deepEqual(views.filter(({ state }) => state === "offline"), []);
    },
  });
}
