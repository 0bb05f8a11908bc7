/** The public interface of `transport/`, for a composition root and a UI. */
// `diagnose` is not exported here: a UI imports it from `doctor.ts`, so that it can load it late.
export type { DoctorPlatform } from "./doctor/doctor.ts";
export { canChat, type Check } from "./doctor/checks.ts";
export { HttpPollingTransport } from "./uplink/http_polling.ts";
export { memoryStore } from "./key_value_store.ts";
export { NodeWebRtcTransport } from "./uplink/node_webrtc.ts";
export type { KeyValueStore } from "./key_value_store.ts";
export type { SessionOptions, SessionPlatform } from "./platform.ts";
export { createSession, type Session } from "./session/session.ts";
export { type Clock, systemClock } from "./transport.ts";
export type * from "./view.ts";
export { webrtcConnections } from "./mesh/webrtc.ts";
export { WebSocketTransport } from "./uplink/websocket.ts";
