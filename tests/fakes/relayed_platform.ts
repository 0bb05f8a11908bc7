/** The platform of a session that reaches its node over a real network and makes no direct connection. */
import {
  HttpPollingTransport,
  memoryStore,
  type SessionOptions,
  systemClock,
  WebSocketTransport,
} from "../../transport/mod.ts";

export function relayedPlatform(): SessionOptions["platform"] {
  return {
    clock: systemClock,
    random: Math.random,
    uplinks: [
      new WebSocketTransport(WebSocket),
      new HttpPollingTransport({ fetch, clock: systemClock }),
    ],
    createConnection: null,
    tab: memoryStore(),
    device: memoryStore(),
  };
}
