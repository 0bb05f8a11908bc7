/**
 * The browser as a platform: what a session and the page need of it, bound here and nowhere else.
 * Parts may be missing (no WebRTC, blocked storage); nothing here throws.
 */
import {
  HttpPollingTransport,
  NodeWebRtcTransport,
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
  const createLink = PeerConnection === undefined ? null : webrtcLinks(PeerConnection);
  return {
    clock: systemClock,
    random: Math.random,
    uplinks: [
      new WebSocketTransport(WebSocket),
      new HttpPollingTransport({ fetch: fetchFromNode, clock: systemClock }),
      ...createLink === null ? [] : [new NodeWebRtcTransport(createLink)],
    ],
    createLink,
    tab: createKeyValue(() => sessionStorage),
    device: createKeyValue(() => localStorage),
    fetch: fetchFromNode,
    nodeUrl: location.origin,
  };
}
