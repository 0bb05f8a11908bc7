/**
 * Binds the browser's APIs for the session and the page, here and nowhere else. Parts may be missing
 * (no WebRTC, blocked storage); nothing here throws.
 */
import {
  type DoctorPlatform,
  HttpPollingTransport,
  NodeWebRtcTransport,
  type SessionPlatform,
  systemClock,
  webrtcConnections,
  WebSocketTransport,
} from "../../transport/mod.ts";
import { createKeyValue } from "./key_value.ts";
import type { AddressBar, PageVisibility } from "./state/app_services.ts";
import type { ConnectionSource, NetworkSources } from "./state/network_events.ts";

export interface BrowserPlatform extends SessionPlatform {
  readonly fetch: typeof fetch;
  /** The origin of the page, which is its node. */
  readonly nodeUrl: string;
  /** The parts that the check of the network needs. */
  readonly doctor: DoctorPlatform;
  readonly address: AddressBar;
  readonly visibility: PageVisibility;
  /** The sources of events after which the network may be another one. */
  readonly network: NetworkSources;
}

/** This browser. */
export function browserPlatform(): BrowserPlatform {
  const fetchFromNode = fetch.bind(globalThis);
  const PeerConnection = globalThis.RTCPeerConnection as typeof RTCPeerConnection | undefined;
  const createConnection = PeerConnection === undefined ? null : webrtcConnections(PeerConnection);
  const websocket = new WebSocketTransport(WebSocket);
  const polling = new HttpPollingTransport({ fetch: fetchFromNode, clock: systemClock });
  const datagrams = createConnection === null ? null : new NodeWebRtcTransport(createConnection);
  return {
    clock: systemClock,
    random: Math.random,
    uplinks: [websocket, polling, ...datagrams === null ? [] : [datagrams]],
    createConnection,
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
      createConnection,
      PeerConnection: PeerConnection ?? null,
    },
    address: {
      query: () => location.search,
      note: () => history.state,
      push: (path, note) => history.pushState(note, "", path),
      replace: (path) => history.replaceState(null, "", path),
      back: () => history.back(),
      onMove: (listener) => addEventListener("popstate", listener),
    },
    visibility: {
      isVisible: () => document.visibilityState === "visible",
      onChange: (listener) => document.addEventListener("visibilitychange", listener),
      onPageHide: (listener) => addEventListener("pagehide", listener),
    },
    network: {
      window: globalThis,
      document,
      connection: (navigator as { connection?: ConnectionSource }).connection ?? null,
      now: () => performance.now(),
    },
  };
}
