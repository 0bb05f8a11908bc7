/** The face of `transport/`: what a composition root and a UI import. */
// `diagnose` is loaded late by whoever wants it, from `doctor.ts` itself.
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
