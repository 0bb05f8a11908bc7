/**
 * The effect of each type of frame that a peer sends over its direct path. No node limits or checks these
 * frames, so this module does: a peer has a budget, and speaks for itself alone.
 */
import type { Delivery } from "./delivery.ts";
import { dispatch, type FrameHandlers } from "./frame_handlers.ts";
import type { Inbox } from "./inbox.ts";
import { DirectBudget } from "./direct_budget.ts";
import type { PeerPaths } from "../mesh/peer_paths.ts";
import type { Peers } from "../presence/peers.ts";
import { parsePeerFrame, type PeerFrame, type PeerId } from "../protocol/mod.ts";
import type { Clock } from "../transport.ts";

export interface DirectFramesOptions {
  readonly clock: Clock;
  readonly paths: PeerPaths;
  readonly peers: Peers;
  readonly inbox: Inbox;
  readonly delivery: Delivery;
}

export class DirectFrames {
  readonly #options: DirectFramesOptions;
  readonly #budget: DirectBudget;

  constructor(options: DirectFramesOptions) {
    this.#options = options;
    this.#budget = new DirectBudget(options.clock);
  }

  /** Handles a frame that came directly from `peerId`, unless it is broken or beyond the peer's budget. */
  handle(peerId: PeerId, text: string): void {
    if (!this.#budget.take(peerId, text.length)) return;
    const frame = parsed(text);
    if (frame !== null) dispatch(frame, this.#handlers(peerId));
  }

  /** Drops the budget of a peer that is gone or has another id now. */
  forget(peerId: PeerId): void {
    this.#budget.forget(peerId);
  }

  /** The sender is the peer at the other end of the path, whatever a frame claims. */
  #handlers(peerId: PeerId): FrameHandlers {
    const { paths, peers, inbox, delivery } = this.#options;
    return {
      chat: ({ payload: { timestamp: _claimed, ...payload } }) =>
        inbox.acceptDirect(peerId, payload),
      receipt: ({ payload }) => delivery.delivered(peerId, payload.ids),
      typing: ({ payload }) => peers.setTyping(peerId, payload.typing),
      // Ignores a question that the peer passes on for another peer.
      prove: ({ peer_id, payload }) => peer_id === peerId && peers.asked(peerId, payload),
      ping: (ping) => paths.onPing(peerId, ping),
      pong: (pong) => paths.onPing(peerId, pong),
    };
  }
}

/** Returns null for a broken frame: messages are sent again, or come through the node. */
function parsed(text: string): PeerFrame | null {
  try {
    return parsePeerFrame(text);
  } catch {
    return null;
  }
}
