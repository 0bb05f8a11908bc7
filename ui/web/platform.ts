/**
 * The browser as a platform: what a session and the page need of it, bound here and nowhere else.
 * Parts may be missing (no WebRTC, blocked storage); nothing here throws.
 */
import {
  type DoctorPlatform,
  HttpPollingTransport,
  NodeWebRtcTransport,
  type SessionPlatform,
  systemClock,
  webrtcLinks,
  WebSocketTransport,
} from "../../transport/mod.ts";
import { createKeyValue } from "./state/key_value.ts";
import type { ConnectionSource, NetworkSources } from "./state/network_events.ts";

export interface BrowserPlatform extends SessionPlatform {
  readonly fetch: typeof fetch;
  /** Where the page came from, and so its node. */
  readonly nodeUrl: string;
  /** What is needed to check the network. */
  readonly doctor: DoctorPlatform;
  /** What says that the network may be another one. */
  readonly network: NetworkSources;
}

/** This browser. */
export function browserPlatform(): BrowserPlatform {
  const fetchFromNode = fetch.bind(globalThis);
  const PeerConnection = globalThis.RTCPeerConnection as typeof RTCPeerConnection | undefined;
  const createLink = PeerConnection === undefined ? null : webrtcLinks(PeerConnection);
  const websocket = new WebSocketTransport(WebSocket);
  const polling = new HttpPollingTransport({ fetch: fetchFromNode, clock: systemClock });
  const datagrams = createLink === null ? null : new NodeWebRtcTransport(createLink);
  return {
    clock: systemClock,
    random: Math.random,
    uplinks: [websocket, polling, ...datagrams === null ? [] : [datagrams]],
    createLink,
    tab: createKeyValue(() => sessionStorage),
    device: createKeyValue(() => localStorage),
    fetch: fetchFromNode,
    nodeUrl: location.origin,
    doctor: {
      fetch: fetchFromNode,
      clock: systemClock,
      websocket,
      polling,
      datagrams,
      createLink,
      PeerConnection: PeerConnection ?? null,
    },
    network: {
      window: globalThis,
      document,
      connection: (navigator as { connection?: ConnectionSource }).connection ?? null,
      now: () => performance.now(),
    },
  };
}
