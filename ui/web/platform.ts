/**
 * The browser as a platform: what a session and the page need of it, bound here and nowhere else.
 * Parts may be missing (no WebRTC, blocked storage); nothing here throws.
 */
import {
  HttpPollingTransport,
  type SessionPlatform,
  systemClock,
  webrtcLinks,
  WebSocketTransport,
} from "../../transport/mod.ts";
import { createKeyValue } from "./state/key_value.ts";

export interface BrowserPlatform extends SessionPlatform {
  readonly fetch: typeof fetch;
  /** Where the page came from, and so its node. */
  readonly nodeUrl: string;
}

/** This browser. */
export function browserPlatform(): BrowserPlatform {
  const fetchFromNode = fetch.bind(globalThis);
  const PeerConnection = globalThis.RTCPeerConnection as typeof RTCPeerConnection | undefined;
  return {
    clock: systemClock,
    random: Math.random,
    uplinks: [
      new WebSocketTransport(WebSocket),
      new HttpPollingTransport({ fetch: fetchFromNode, clock: systemClock }),
    ],
    createLink: PeerConnection === undefined ? null : webrtcLinks(PeerConnection),
    tab: createKeyValue(() => sessionStorage),
    device: createKeyValue(() => localStorage),
    fetch: fetchFromNode,
    nodeUrl: location.origin,
  };
}
