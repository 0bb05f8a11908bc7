/**
 * The `webrtc` tiers of the uplink: a DataChannel to the node's own WebRTC endpoint, negotiated with
 * `node_signal` frames over the existing uplink. The node sends its `welcome` on it as on any other.
 */
import { UserError } from "../errors.ts";
import { randomHex } from "../random_ids.ts";
import type { JoinTarget } from "./join.ts";
import type { CreateDirectConnection, DirectConnection } from "../mesh/direct_connection.ts";
import type { Tier } from "../protocol/mod.ts";
import type { DialOptions, Path, PathHandlers, Transport } from "../transport.ts";

export class NodeWebRtcTransport implements Transport<JoinTarget> {
  readonly tier = "webrtc-stun";
  readonly needsUplink = true;
  readonly #createConnection: CreateDirectConnection;

  constructor(createConnection: CreateDirectConnection) {
    this.#createConnection = createConnection;
  }

  dial(_target: JoinTarget, handlers: PathHandlers, options: DialOptions): Promise<Path> {
    const { signal, signaling } = options;
    if (signaling === undefined) {
      return Promise.reject(new UserError("not-joined", "WebRTC is negotiated over an uplink"));
    }
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const id = randomHex(8);
      let path: DataChannelPath | null = null;
      const connection = this.#createConnection(
        { isPolite: true, iceServers: signaling.iceServers, isRelayOnly: false },
        {
          onSignal: (sent) => signaling.send({ link: id, signal: sent }),
          onOpen: (tier) => {
            if (path !== null) return;
            path = new DataChannelPath(connection, tier);
            resolve(path);
            // Delivers early frames after the dialler has its path.
            queueMicrotask(() => queueMicrotask(() => flush()));
          },
          onFrame: (text) => {
            if (isFlushed) handlers.onFrame(text);
            else early.push(text);
          },
          onClose: (reason) => {
            stopListening();
            if (path === null) reject(new UserError("peer-gone", `No DataChannel: ${reason}`));
            else handlers.onClose({ code: 1006, reason });
          },
        },
      );
      // The node sends its `welcome` when its end is open, which may be before ours reports that it is.
      const early: string[] = [];
      let isFlushed = false;
      const flush = () => {
        isFlushed = true;
        for (const text of early.splice(0)) handlers.onFrame(text);
      };
      const stopListening = signaling.listen(id, (got) => connection.signal(got));
      signal.addEventListener("abort", () => {
        stopListening();
        if (path === null) connection.close();
        reject(signal.reason);
      }, { once: true });
      connection.offer();
    });
  }
}

class DataChannelPath implements Path {
  readonly tier: Tier;
  readonly #connection: DirectConnection;

  constructor(connection: DirectConnection, tier: Tier) {
    this.#connection = connection;
    this.tier = tier;
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  send(text: string): boolean {
    return this.#connection.send(text);
  }

  close(): void {
    this.#connection.close();
  }
}
