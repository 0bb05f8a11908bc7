/** The checks against a real node in this process, with werift; and without any node. */
import assert from "node:assert/strict";
import { DEFAULT_SETTINGS, startNode } from "../../server/mod.ts";
import { canChat, type Check, diagnose, type DoctorPlatform } from "../../transport/doctor.ts";
import { HttpPollingTransport } from "../../transport/http_polling.ts";
import { NodeWebRtcTransport } from "../../transport/node_webrtc.ts";
import { systemClock } from "../../transport/transport.ts";
import { WebSocketTransport } from "../../transport/websocket.ts";
import { weriftLinks, weriftPeerConnection } from "../../transport/werift.ts";
import { probeStun } from "../../ui/terminal/stun_client.ts";
import { MemoryStore } from "../fakes/memory_store.ts";

/** werift lets its timers run out after `close`; nothing of ours is left. */
const options = { sanitizeOps: false, sanitizeResources: false };
const WORKER = new URL("../../transport/webrtc_worker.ts", import.meta.url);
const { signal } = new AbortController();

const platform: DoctorPlatform = {
  fetch,
  clock: systemClock,
  websocket: new WebSocketTransport(WebSocket),
  polling: new HttpPollingTransport({ fetch, clock: systemClock }),
  datagrams: new NodeWebRtcTransport(weriftLinks),
  createLink: weriftLinks,
  PeerConnection: weriftPeerConnection,
  probeStun,
};
const withoutWebRtc = { ...platform, datagrams: null, createLink: null, PeerConnection: null };

async function withNode(
  settings: Partial<typeof DEFAULT_SETTINGS>,
  use: (nodeUrl: string) => Promise<void>,
): Promise<void> {
  const local = { host: "127.0.0.1", httpPort: 0, wsPort: null, stunPort: null, stunUrls: [] };
  const node = await startNode({ ...DEFAULT_SETTINGS, ...local, ...settings }, {
    store: new MemoryStore(),
    webrtcWorker: () => new Worker(WORKER, { type: "module" }),
  });
  try {
    await use(node.url);
  } finally {
    await node.close();
  }
}

function outcomes(checks: readonly Check[]): Record<string, string> {
  return Object.fromEntries(checks.map(({ id, outcome }) => [id, outcome]));
}

Deno.test(
  "doctor finds everything open on this machine, and says it in order",
  options,
  async () => {
    await withNode({ stunPort: 0 }, async (nodeUrl) => {
      const told: Check[] = [];
      const checks = await diagnose(platform, (check) => told.push(check), { nodeUrl, signal });
      assert.deepEqual(told, checks);
      assert.deepEqual(outcomes(checks), {
        "node": "ok",
        "websocket": "ok",
        "polling": "ok",
        "udp": "ok",
        "mapping": "ok",
        "filtering": "ok",
        "turn-udp": "unknown",
        "turn-tcp": "unknown",
        "turn-tls": "unknown",
        "datachannel": "ok",
        "message-size": "ok",
      });
      assert.match(checks.find(({ id }) => id === "udp")!.detail, /this computer's own address/);
      assert.match(checks.at(-1)!.detail, /^256 KiB, to the node$/);
    });
  },
);

Deno.test(
  "doctor asks each TURN server by itself, and names those that give no relay",
  options,
  async () => {
    // A port where nothing listens: TCP is refused at once.
    const turnUrls = ["turn:127.0.0.1:9?transport=tcp"];
    const login = { turnUsername: "u", turnCredential: "c" };
    await withNode({ turnUrls, ...login }, async (nodeUrl) => {
      const checks = await diagnose(platform, () => {}, { nodeUrl, signal });
      const tcp = checks.find(({ id }) => id === "turn-tcp")!;
      assert.equal(tcp.outcome, "blocked");
      assert.match(tcp.detail, /No relay from turn:127\.0\.0\.1:9\?transport=tcp/);
      assert.equal(checks.find(({ id }) => id === "turn-udp")!.outcome, "unknown");
    });
  },
);

Deno.test(
  "doctor says when it is the certificate that a TURN server is not trusted for",
  options,
  async () => {
    const turnUrls = ["turns:127.0.0.1:9"];
    const distrustful = { ...platform, certificateProblem: () => Promise.resolve("Expired") };
    await withNode({ turnUrls, turnUsername: "u", turnCredential: "c" }, async (nodeUrl) => {
      const checks = await diagnose(distrustful, () => {}, { nodeUrl, signal });
      const { outcome, detail, help } = checks.find(({ id }) => id === "turn-tls")!;
      assert.equal(outcome, "blocked");
      assert.match(detail, /^No relay from turns:127\.0\.0\.1:9: .* not trusted here \(Expired\)$/);
      assert.match(help!, /certificate for its name/);
    });
  },
);

Deno.test("doctor says that a chat works where only polling does", async () => {
  const websocket = { tier: "websocket", dial: () => Promise.reject(new Error("cut")) } as const;
  await withNode({}, async (nodeUrl) => {
    const blocked = { ...withoutWebRtc, websocket };
    const checks = await diagnose(blocked, () => {}, { nodeUrl, signal });
    assert.deepEqual(
      [outcomes(checks)["websocket"], outcomes(checks)["polling"], canChat(checks)],
      ["blocked", "ok", true],
    );
    assert.match(checks.find(({ id }) => id === "websocket")!.help!, /Polling takes over/);
  });
});

Deno.test("doctor says that nothing works where no node is, and what would help", async () => {
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr as Deno.NetAddr;
  closed.close();
  const nodeUrl = `http://127.0.0.1:${port}`;
  const checks = await diagnose(withoutWebRtc, () => {}, { nodeUrl, signal });
  assert.equal(canChat(checks), false);
  for (const { id, outcome, help } of checks.slice(0, 3)) {
    assert.deepEqual([id, outcome, help !== null], [id, "blocked", true]);
  }
});

Deno.test("doctor stops when it is told to, and tells no more", async () => {
  const stopped = new AbortController();
  const told: Check[] = [];
  await withNode({}, async (nodeUrl) => {
    const running = diagnose(withoutWebRtc, (check) => {
      told.push(check);
      stopped.abort();
    }, { nodeUrl, signal: stopped.signal });
    await assert.rejects(running, { name: "AbortError" });
  });
  assert.equal(told.length, 1);
});
