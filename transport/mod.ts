/** The public interface of `transport/`, for a composition root and a UI. */
// `diagnose` is not exported here: a UI imports it from `doctor.ts`, so that it can load it late.
export type { DoctorPlatform } from "./doctor.ts";
export { canChat, type Check } from "./doctor_checks.ts";
export { HttpPollingTransport } from "./http_polling.ts";
export { memoryStore } from "./identity.ts";
export { NodeWebRtcTransport } from "./node_webrtc.ts";
export type { KeyValueStore } from "./kept_messages.ts";
export type { SessionOptions, SessionPlatform } from "./platform.ts";
export { createSession, type Session } from "./session.ts";
export { type Clock, systemClock } from "./transport.ts";
export type * from "./view.ts";
export { webrtcLinks } from "./webrtc.ts";
export { WebSocketTransport } from "./websocket.ts";
