/**
 * Signaling with the node for the tiers that are negotiated over the active path: the ICE servers, and the
 * listener of each negotiation. It does not know how these tiers connect.
 */
import type { IceServer, NodeSignal, Welcome } from "../protocol/mod.ts";
import type { NodeSignaling } from "../transport.ts";

export class UplinkSignaling implements NodeSignaling {
  iceServers: readonly IceServer[] = [];
  readonly send: (signal: NodeSignal) => boolean;
  readonly #listeners = new Map<string, (signal: NodeSignal["signal"]) => void>();
  #nodeHasWebRtc = false;

  constructor(send: (signal: NodeSignal) => boolean) {
    this.send = send;
  }

  /** Whether the node has a WebRTC endpoint, by its last `welcome`. */
  get nodeHasWebRtc(): boolean {
    return this.#nodeHasWebRtc;
  }

  welcomed({ ice_servers, webrtc = false }: Welcome): void {
    this.iceServers = ice_servers;
    this.#nodeHasWebRtc = webrtc;
  }

  listen(connection: string, take: (signal: NodeSignal["signal"]) => void): () => void {
    this.#listeners.set(connection, take);
    return () => this.#listeners.delete(connection);
  }

  /** Hands a signal of the node to its negotiation. Drops it when that is over. */
  deliver({ link: connection, signal }: NodeSignal): void {
    this.#listeners.get(connection)?.(signal);
  }
}
