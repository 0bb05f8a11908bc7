/**
 * Messages: as a node stores and shows them, as their sender makes them, their acknowledgements and
 * receipts, and the pages of history.
 */
import * as z from "zod/mini";
import { LIMITS } from "./limits.ts";
import { displayName, peerId, toldName } from "./names.ts";
import { messageText } from "./text.ts";
import { sentAt, timestamp } from "./time.ts";

const messageIdPattern = new RegExp(`^[A-Za-z0-9_-]{1,${LIMITS.messageIdChars}}$`);
/** A message's id, made by its sender: a UUIDv7 (RFC 9562) from ours. */
export const messageId = z.string().check(
  z.regex(messageIdPattern, "must be 1 to 64 of A-Z a-z 0-9 _ -"),
).brand<"MessageId">();
export type MessageId = z.infer<typeof messageId>;

/** A message as the node stores and shows it: a row of `/history`, the payload of `chat`. */
export const storedMessage = z.object({
  id: messageId,
  peer_id: peerId,
  name: toldName,
  text: messageText,
  sent_at: z.nullable(sentAt),
  timestamp,
});
export type StoredMessage = z.infer<typeof storedMessage>;

/** Payload of `chat` as its sender makes it. */
export const chatPayload = z.object({
  id: messageId,
  text: messageText,
  name: z.optional(displayName),
  sent_at: z.optional(z.nullable(sentAt)),
});

/**
 * The timestamp of the previous message in the room, 0 for the first message. A session that has not seen the
 * previous message has a gap, and asks for history. Absent when the node does not know it (an old message,
 * sent again).
 */
const prev = z.optional(timestamp);

/** Payload of `chat` as a peer gets it; without `timestamp` when it comes straight from its sender. */
export const shownMessage = z.object({
  ...chatPayload.shape,
  name: z.optional(toldName),
  timestamp: z.optional(timestamp),
  prev,
});

/** Payload of `ack`: the message is on the node's disk. */
export const ackPayload = z.object({ id: messageId, timestamp, prev });

/** Payload of `receipt`: the sender of the frame has these messages of the target. */
export const receiptPayload = z.object({ ids: z.array(messageId).check(z.maxLength(500)) });

/** Payload of `history`, a request: the page after `since`, or the last one before `before`. */
export const historyRequest = z.object({
  request: z.number(),
  since: z.optional(timestamp),
  before: z.optional(timestamp),
  limit: z.optional(
    z.number().check(z.int(), z.gte(1), z.lte(LIMITS.historyFrameRows)),
  ),
});

/** Payload of `history`, an answer: ascending by `timestamp`. */
export const historyPage = z.object({
  request: z.number(),
  messages: z.array(storedMessage),
  /** Whether there is more in the direction that was asked for. */
  more: z.boolean(),
});
