/**
 * Checks whether a node's WebRTC endpoint can be aimed at others: a node with its Worker, and sockets
 * that count the packets from it. werift's timers end only after `close`, so the leak checks are off.
 */
import assert from "node:assert/strict";
import { DEFAULT_SETTINGS, startNode } from "../../../server/mod.ts";
import { weriftConnections } from "../../../transport/werift/werift.ts";
import { SocketPeer, TOKEN } from "../../protocol/socket_peer.ts";
import { MemoryStore } from "../../fakes/memory_store.ts";
import { until } from "../../fakes/until.ts";

const WORKER = new URL("../../../transport/werift/endpoint_worker.ts", import.meta.url);

/** Packets of an unanswered check: two rounds of five. */
const TWO_ROUNDS = 10;

/** A socket that answers nothing. */
class Target {
  packets = 0;
  bytes = 0;
  readonly #socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });

  constructor() {
    this.#count().catch(() => {});
  }

  get port(): number {
    return (this.#socket.addr as Deno.NetAddr).port;
  }

  close(): void {
    this.#socket.close();
  }

  async #count(): Promise<void> {
    for await (const [packet] of this.#socket) {
      this.packets++;
      this.bytes += packet.length;
    }
  }
}

function offerTo(targets: readonly Target[]): string {
  const fingerprint = Array.from({ length: 32 }, () => "AB").join(":");
  return [
    ...["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0"],
    ...["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=mid:0"],
    ...["a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuvwx", "a=setup:actpass"],
    ...[`a=fingerprint:sha-256 ${fingerprint}`, "a=sctp-port:5000"],
    ...targets.map(({ port }, index) =>
      `a=candidate:${index} 1 udp ${2113937151 - index} 127.0.0.1 ${port} typ host`
    ),
    "",
  ].join("\r\n");
}

/** Starts werift without a node. When its packets have arrived, those of a node would have arrived too. */
function startControl(target: Target): () => void {
  const connection = weriftConnections({ isPolite: false, iceServers: [], isRelayOnly: false }, {
    onSignal() {},
    onOpen() {},
    onFrame() {},
    onClose() {},
  });
  connection.signal({ type: "offer", sdp: offerTo([target]) });
  return () => connection.close();
}

Deno.test({
  name: "a node sends three bytes for one that an offer had, to sixteen of its candidates",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const settings = {
      ...DEFAULT_SETTINGS,
      ...{ host: "127.0.0.1", httpPort: 0, wsPort: null, stunPort: null, stunUrls: [] },
    };
    const webrtcWorker = () => new Worker(WORKER, { type: "module" });
    const node = await startNode(settings, { store: new MemoryStore(), webrtcWorker });
    const targets = Array.from({ length: 64 }, () => new Target());
    const control = new Target();
    try {
      const ann = await SocketPeer.join(node.url, {
        ...{ room: "aim", peer_id: "ann", token: TOKEN, protocol: "1" },
      });
      const signal = { type: "offer", sdp: offerTo(targets) };
      const frame = JSON.stringify({
        type: "node_signal",
        payload: { link: "0123456789abcdef", signal },
      });
      ann.send(frame);
      await until(() => targets.some(({ packets }) => packets > 0));
      const stopControl = startControl(control);
      await until(() => control.packets > TWO_ROUNDS);
      stopControl();
      const reached = targets.filter(({ packets }) => packets > 0);
      const bytes = reached.reduce((sum, target) => sum + target.bytes, 0);
      assert.equal(reached.length, 16);
      assert.ok(bytes <= 3 * frame.length, `${bytes} bytes for ${frame.length}`);
      await ann.close();
    } finally {
      for (const target of [...targets, control]) target.close();
      await node.close();
    }
  },
});
