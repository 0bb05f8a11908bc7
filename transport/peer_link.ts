/**
 * A direct connection to one peer, as the mesh sees it: `webrtc.ts` makes one of an
 * RTCPeerConnection, `memory.ts` one for tests. Signals cross it as data; who carries them, when to
 * start and when to try again is the mesh's.
 */
import type { IceServer, Tier } from "./protocol.ts";

/** What one end's negotiation has to tell the other end's, over whatever carries signaling. */
export type Signal =
  | { readonly type: "offer" | "answer"; readonly sdp: string }
  | {
    readonly type: "ice";
    readonly candidate?: string | undefined;
    readonly sdpMid?: string | null | undefined;
    readonly sdpMLineIndex?: number | null | undefined;
    readonly usernameFragment?: string | null | undefined;
  };

export interface PeerLinkHandlers {
  /** To be carried to the other end, in order. */
  onSignal(signal: Signal): void;
  /** Frames can be sent from now on. Again after every change of the route in use. */
  onOpen(tier: Tier): void;
  onFrame(text: string): void;
  /** Once: it failed or the other end closed it. Not called when the owner closed it. */
  onClose(reason: string): void;
}

export interface PeerLinkOptions {
  /** The polite side gives way when both offer at once (perfect negotiation, W3C WebRTC 10.7). */
  readonly isPolite: boolean;
  readonly iceServers: readonly IceServer[];
  /** Gathers relay candidates alone, so that the other side never sees an address of ours. */
  readonly isRelayOnly: boolean;
}

export interface PeerLink {
  readonly isOpen: boolean;
  /** Whether an offer on a link that was open restarts ICE (RFC 8445 section 9) and keeps the link. */
  readonly canRestart: boolean;
  /** Types of the candidates gathered so far: `host`, `srflx`, `prflx`, `relay`. */
  readonly gathered: ReadonlySet<string>;
  /** Makes an offer; on a link that was open before, one that restarts ICE. */
  offer(): void;
  /** Takes what the other end's `onSignal` gave. */
  signal(signal: Signal): void;
  /** Sends one frame, in order and reliably. False when it is not open or its queue is full. */
  send(text: string): boolean;
  /** Idempotent. */
  close(): void;
}

export type CreatePeerLink = (options: PeerLinkOptions, handlers: PeerLinkHandlers) => PeerLink;
