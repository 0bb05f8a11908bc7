/** The queries and bodies of requests: joining a room, and sending a message over REST. */
import * as z from "zod/mini";
import { messageId } from "./messages.ts";
import { displayName, peerId, roomName } from "./names.ts";
import { strategy } from "./paths.ts";
import { messageText } from "./text.ts";
import { sentAt, timestamp } from "./time.ts";

/** The query of `WS /signal` and `GET /signal`. */
export const joinQuery = z.object({
  room: roomName,
  peer_id: peerId,
  /** Defaults to the peer id, which older clients show. */
  name: z.optional(displayName),
  /** Made by the client; binds the peer id to the client that shows it. Absent: the node makes one. */
  token: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{16,128}$/))),
  instance: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/))),
  /** Told to the other members, to explain why a path is not better. */
  strategy: z.optional(strategy),
  /** `off` where the client has no WebRTC. */
  webrtc: z.optional(z.enum(["on", "off"])),
  /** {@linkcode PROTOCOL_VERSION} of the client; absent for older clients. */
  protocol: z.optional(z.string().check(z.regex(/^[0-9]{1,4}$/))),
});
export type JoinQuery = z.infer<typeof joinQuery>;

/** The body of `POST /send`. */
export const sendBody = z.object({
  room: roomName,
  peer_id: peerId,
  text: messageText,
  id: z.optional(messageId),
  name: z.optional(displayName),
  sent_at: z.optional(z.nullable(sentAt)),
  /** Required when a session that named its protocol holds the peer id. */
  token: z.optional(z.string()),
});
export type SendBody = z.infer<typeof sendBody>;

/** The answer of `POST /send`. */
export const sendAnswer = z.object({ id: messageId, timestamp });
