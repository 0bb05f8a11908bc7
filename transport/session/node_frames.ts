/**
 * The effect of each type of frame from the node. `welcome` begins a connection, so the session handles it;
 * the uplink answers its own probes.
 */
import type { Delivery } from "./delivery.ts";
import { dispatch, type FrameHandlers } from "./frame_handlers.ts";
import type { Inbox } from "./inbox.ts";
import type { PeerPaths } from "../mesh/peer_paths.ts";
import type { StrategyInForce } from "../paths/strategy.ts";
import type { Peers } from "../presence/peers.ts";
import { type PeerFrame, type PeerFrameOf, proofPayload } from "../protocol/mod.ts";
import type { SessionEvent } from "../view.ts";

export interface NodeFramesOptions {
  readonly strategy: StrategyInForce;
  readonly paths: PeerPaths;
  readonly peers: Peers;
  readonly inbox: Inbox;
  readonly delivery: Delivery;
  readonly emit: (event: SessionEvent) => void;
}

export class NodeFrames {
  readonly #options: NodeFramesOptions;
  readonly #handlers: FrameHandlers;

  constructor(options: NodeFramesOptions) {
    this.#options = options;
    this.#handlers = {
      ...this.#messageHandlers(),
      ...this.#peerHandlers(),
      ...this.#signalHandlers(),
    };
  }

  handle(frame: PeerFrame): void {
    dispatch(frame, this.#handlers);
  }

  #messageHandlers(): FrameHandlers {
    const { strategy, peers, inbox, delivery } = this.#options;
    return {
      chat: ({ peer_id, payload }) => inbox.accept(peer_id, payload),
      ack: ({ payload: { id, timestamp, prev } }) => {
        delivery.stored(id, timestamp);
        inbox.saw(timestamp, prev);
      },
      history: (frame) => inbox.onPage(frame),
      ping: ({ payload }) => inbox.exists(payload?.latest),
      pong: ({ payload }) => inbox.exists(payload?.latest),
      error: (frame) => this.#onError(frame),
      receipt: ({ peer_id, payload }) => {
        // Where no node stores messages, receipts complete them, so they count over the direct path only.
        const isTaken = strategy.rules.throughNode && !peers.isAnothers(peer_id);
        if (isTaken) delivery.delivered(peer_id, payload.ids);
      },
    };
  }

  #peerHandlers(): FrameHandlers {
    const { peers } = this.#options;
    return {
      peer_joined: ({ payload }) => payload !== undefined && peers.here(payload),
      peer_updated: ({ payload }) => peers.here(payload),
      peer_left: ({ peer_id, payload }) => peers.left(peer_id, payload?.reason ?? "left"),
      typing: ({ peer_id, payload }) => {
        if (!peers.isDoubted(peer_id)) peers.setTyping(peer_id, payload.typing);
      },
      relay: ({ peer_id, payload }) => {
        const { success, data } = proofPayload.safeParse(payload);
        if (success) peers.proof(peer_id, data.proof);
      },
    };
  }

  #signalHandlers(): FrameHandlers {
    const { paths } = this.#options;
    return {
      offer: (frame) => this.#onSignal(frame),
      answer: (frame) => this.#onSignal(frame),
      ice: (frame) => this.#onSignal(frame),
      ice_servers: ({ payload }) => paths.setIceServers(payload.ice_servers),
    };
  }

  #onError({ payload: { code, message, id } }: PeerFrameOf<"error">): void {
    const { delivery, emit } = this.#options;
    const error = { code, message };
    if (id === undefined || !delivery.isWaiting(id)) emit({ type: "error", error });
    else delivery.refused(id, error);
  }

  /**
   * Passes signaling on to the mesh. An offer under the id of a peer that answers directly may come from
   * another peer. An answer to an own offer is accepted: its connection takes over only where the path has
   * died.
   */
  #onSignal(frame: PeerFrameOf<"offer" | "answer" | "ice">): void {
    const { paths, peers } = this.#options;
    const { type, peer_id: peerId } = frame;
    const isRefused = type === "offer" ? peers.isAnothers(peerId) : peers.isAbsent(peerId);
    if (!isRefused) paths.onSignal(frame);
  }
}
