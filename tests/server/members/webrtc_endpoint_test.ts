/**
 * The node's own WebRTC endpoint, for real: a node with its Worker, and sessions on werift that reach it
 * by polling first. werift's timers end only after `close`, so the leak checks are off.
 */
import assert from "node:assert/strict";
import { DEFAULT_SETTINGS, type RunningNode, startNode } from "../../../server/mod.ts";
import { HttpPollingTransport } from "../../../transport/uplink/http_polling.ts";
import { memoryStore } from "../../../transport/key_value_store.ts";
import { NodeWebRtcTransport } from "../../../transport/uplink/node_webrtc.ts";
import type { RoomName } from "../../../transport/protocol/mod.ts";
import { createSession, type Session } from "../../../transport/session/session.ts";
import { systemClock } from "../../../transport/transport.ts";
import { weriftConnections } from "../../../transport/werift/werift.ts";
import { MemoryStore } from "../../fakes/memory_store.ts";
import { until } from "../../fakes/until.ts";

const options = { sanitizeOps: false, sanitizeResources: false };
const WORKER = new URL("../../../transport/werift/endpoint_worker.ts", import.meta.url);

async function withNode(
  use: (node: RunningNode, workers: Worker[]) => Promise<void>,
): Promise<void> {
  const settings = {
    ...DEFAULT_SETTINGS,
    ...{ host: "127.0.0.1", httpPort: 0, wsPort: null, stunPort: null, stunUrls: [] },
  };
  const workers: Worker[] = [];
  const webrtcWorker = () => {
    const worker = new Worker(WORKER, { type: "module" });
    workers.push(worker);
    return worker;
  };
  const node = await startNode(settings, { store: new MemoryStore(), webrtcWorker });
  try {
    await use(node, workers);
  } finally {
    await node.close();
  }
}

/** A session without WebSocket and without direct paths to peers. */
function join({ url }: RunningNode, name: string, tab = memoryStore()): Session {
  const session = createSession({
    nodeUrl: url,
    room: "cellar" as RoomName,
    name,
    platform: {
      clock: systemClock,
      random: Math.random,
      uplinks: [
        new HttpPollingTransport({ fetch, clock: systemClock }),
        new NodeWebRtcTransport(weriftConnections),
      ],
      createConnection: null,
      tab,
      device: memoryStore(),
    },
  });
  session.join();
  return session;
}

const texts = (session: Session) => session.messages.map(({ text }) => text);
const isOnDataChannel = (session: Session) => session.uplink.tier === "webrtc-stun";

Deno.test("endpoint costs nothing before somebody wants it", options, async () => {
  await withNode(async (node, workers) => {
    const response = await fetch(`${node.url}/health`);
    await response.body?.cancel();
    assert.equal(workers.length, 0);
  });
});

Deno.test("endpoint carries chat, acknowledgements and history both ways", options, async () => {
  await withNode(async (node) => {
    const ann = join(node, "Ann");
    const bob = join(node, "Bob");
    ann.send("by polling");
    await until(() => ann.uplink.state === "online" && bob.uplink.state === "online");
    ann.reconnect();
    bob.reconnect();
    await until(() => isOnDataChannel(ann) && isOnDataChannel(bob));
    ann.send("by datagrams");
    bob.send("é".repeat(20_000));
    await until(() => texts(ann).length === 3 && texts(bob).length === 3);
    await until(() => ann.messages.every(({ state }) => state === "stored"));
    assert.deepEqual(texts(ann), texts(bob));
    const cem = join(node, "Cem");
    await until(() => texts(cem).length === 3);
    for (const session of [ann, bob, cem]) session.leave();
  });
});

Deno.test(
  "session goes back to polling when the endpoint's thread dies, and loses nothing",
  options,
  async () => {
    await withNode(async (node, workers) => {
      const ann = join(node, "Ann");
      const bob = join(node, "Bob");
      await until(() => ann.uplink.state === "online" && bob.uplink.state === "online");
      ann.reconnect();
      await until(() => isOnDataChannel(ann));
      workers[0]?.terminate();
      ann.send("still there");
      await until(() => ann.uplink.tier === "http-polling" && texts(bob).length === 1);
      assert.equal(bob.messages[0]?.text, "still there");
      for (const session of [ann, bob]) session.leave();
    });
  },
);

Deno.test("a node that stops says so on its DataChannels", options, async () => {
  await withNode(async (node) => {
    const ann = join(node, "Ann");
    await until(() => ann.uplink.state === "online");
    ann.reconnect();
    await until(() => isOnDataChannel(ann));
    const errors: (string | undefined)[] = [];
    ann.subscribe((event) => {
      if (event.type === "uplink" && event.uplink.error) errors.push(event.uplink.error.code);
    });
    await node.close();
    await until(() => errors.length > 0);
    assert.equal(errors[0], "shutting-down");
    ann.leave();
  });
});

Deno.test("a page whose place was taken hears it on its DataChannel", options, async () => {
  await withNode(async (node) => {
    const tab = memoryStore();
    const first = join(node, "Ann", tab);
    await until(() => first.uplink.state === "online");
    first.reconnect();
    await until(() => isOnDataChannel(first));
    const { peerId } = first;
    const second = join(node, "Ann", tab);
    await until(() => second.uplink.state === "online" && second.peerId === peerId);
    await until(() => first.peerId !== peerId && first.uplink.state === "online");
    for (const session of [first, second]) session.leave();
  });
});
