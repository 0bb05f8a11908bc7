/**
 * A direct connection to one peer, as the mesh sees it. `webrtc.ts` makes it from an RTCPeerConnection,
 * `memory.ts` makes it for tests. Signals cross it as data. The mesh decides how signals travel, when to
 * start and when to try again.
 */
import type { IceServer, Tier } from "../protocol/mod.ts";

/** A message of the negotiation from one end to the other, over any signaling channel. */
export type Signal =
  | { readonly type: "offer" | "answer"; readonly sdp: string }
  | {
    readonly type: "ice";
    readonly candidate?: string | undefined;
    readonly sdpMid?: string | null | undefined;
    readonly sdpMLineIndex?: number | null | undefined;
    readonly usernameFragment?: string | null | undefined;
  };

export interface DirectConnectionHandlers {
  /** Takes a signal to carry to the other end, in order. */
  onSignal(signal: Signal): void;
  /** Frames can be sent from now on. Called again after every change of the route in use. */
  onOpen(tier: Tier): void;
  onFrame(text: string): void;
  /** Called once, when the connection failed or the other end closed it. Not called when the owner closed it. */
  onClose(reason: string): void;
}

export interface DirectConnectionOptions {
  /** The polite side gives way when both offer at once (perfect negotiation, W3C WebRTC 10.7). */
  readonly isPolite: boolean;
  readonly iceServers: readonly IceServer[];
  /** Gathers only relay candidates, so that the other side never sees an address of ours. */
  readonly isRelayOnly: boolean;
}

export interface DirectConnection {
  readonly isOpen: boolean;
  /** Whether an offer on a connection that was open restarts ICE (RFC 8445 section 9) and keeps the connection. */
  readonly canRestart: boolean;
  /** Types of the candidates gathered so far: `host`, `srflx`, `prflx`, `relay`. */
  readonly gathered: ReadonlySet<string>;
  /** Makes an offer. On a connection that was open before, the offer restarts ICE. */
  offer(): void;
  /** Takes a signal from the other end's `onSignal`. */
  signal(signal: Signal): void;
  /** Sends one frame, in order and reliably. False when the connection is not open or its queue is full. */
  send(text: string): boolean;
  /** Idempotent. */
  close(): void;
}

export type CreateDirectConnection = (
  options: DirectConnectionOptions,
  handlers: DirectConnectionHandlers,
) => DirectConnection;
