/** A transport whose other end a test plays: it opens at once, and nothing answers by itself. */
import { WELCOME } from "./uplink.ts";
import {
  encodeFrame,
  type PeerFrame,
  type PeerId,
  type Tier,
} from "../../transport/protocol/mod.ts";
import type { PathHandlers, Transport } from "../../transport/transport.ts";
import type { JoinTarget } from "../../transport/uplink/join.ts";

/** The node's side of a connection. The test decides what it does, and when. */
export class FarEnd {
  readonly tier: Tier;
  isClosed = false;
  /** The code with which the uplink closed the path; null while it has not. */
  code: number | null = null;
  /** Types of the frames that the uplink sent on the path. */
  readonly sent: string[] = [];
  readonly #handlers: PathHandlers;

  constructor(tier: Tier, handlers: PathHandlers) {
    this.tier = tier;
    this.#handlers = handlers;
  }

  welcome(): void {
    this.send({ type: "welcome", payload: WELCOME });
  }

  typing(isTyping: boolean): void {
    const payload = { typing: isTyping };
    this.send({ type: "typing", peer_id: "bob" as PeerId, payload });
  }

  send(frame: PeerFrame): void {
    if (!this.isClosed) this.#handlers.onFrame(encodeFrame(frame));
  }

  close(code: number = 1000): void {
    this.isClosed = true;
    this.#handlers.onClose({ code, reason: "Moved to another connection" });
  }
}

/** A transport of `tier`; `onDial` gets the far end of each path that it opens. */
export function transportTo(tier: Tier, onDial: (end: FarEnd) => void): Transport<JoinTarget> {
  return {
    tier,
    dial(_target, handlers) {
      const end = new FarEnd(tier, handlers);
      onDial(end);
      return Promise.resolve({
        tier,
        isOpen: true,
        send: (text) => end.sent.push(JSON.parse(text).type) > 0,
        close(code) {
          end.isClosed = true;
          end.code ??= code ?? 1000;
        },
      });
    },
  };
}
