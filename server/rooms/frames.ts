/** Makes the frames that a node itself sends, as text. */
import { type ErrorBody, ProtocolError } from "../../transport/errors.ts";
import {
  encodeFrame,
  type LeaveReason,
  LIMITS,
  type MessageId,
  messageId,
  type PassedOnFrame,
  type PeerId,
  type PeerInfo,
  timestampFromUs,
  type Welcome,
} from "../../transport/protocol/mod.ts";
import type { MessageRow, NewMessage } from "../../storage/message_store.ts";
import { errorBody } from "../errors.ts";

export function welcomeFrame(payload: Welcome): string {
  return encodeFrame({ type: "welcome", payload });
}

export function peerJoinedFrame(info: PeerInfo): string {
  return encodeFrame({ type: "peer_joined", peer_id: info.peer_id, payload: info });
}

export function peerUpdatedFrame(info: PeerInfo): string {
  return encodeFrame({ type: "peer_updated", peer_id: info.peer_id, payload: info });
}

export function peerLeftFrame(peerId: PeerId, reason: LeaveReason): string {
  return encodeFrame({ type: "peer_left", peer_id: peerId, payload: { reason } });
}

/** When a message was stored, and when the one before it in its room was, if known. In microseconds. */
export interface Place {
  readonly timestampUs: number;
  readonly prevUs: number | undefined;
}

function placeFields({ timestampUs, prevUs }: Place): { timestamp: number; prev?: number } {
  const timestamp = timestampFromUs(timestampUs);
  return prevUs === undefined ? { timestamp } : { timestamp, prev: timestampFromUs(prevUs) };
}

export function chatFrame(message: NewMessage, place: Place): string {
  return encodeFrame({
    type: "chat",
    peer_id: message.peerId,
    payload: {
      id: message.id,
      text: message.text,
      name: message.name,
      sent_at: message.sentAtUs === null ? null : timestampFromUs(message.sentAtUs),
      ...placeFields(place),
    },
  });
}

export function ackFrame(id: MessageId, place: Place): string {
  return encodeFrame({ type: "ack", payload: { id, ...placeFields(place) } });
}

/** Returns an `error` frame; `id` names the message that it is about. */
export function errorFrame(error: ErrorBody, id: MessageId | null = null): string {
  const payload = id === null ? error : { ...error, id };
  return JSON.stringify({ type: "error", payload });
}

/** {@linkcode errorFrame} for any thrown value. */
export function thrownFrame(error: unknown, id: MessageId | null = null): string {
  return errorFrame(errorBody(error), id);
}

/**
 * Returns a `ping`, which asks a silent member whether it is there, and tells it the room's newest message.
 */
export function pingFrame(latestUs: number): string {
  return encodeFrame({ type: "ping", payload: { latest: timestampFromUs(latestUs) } });
}

/** Returns the answer to a member's `ping`: its own `t`, and the room's newest message. */
export function pongFrame(t: number | undefined, latestUs: number): string {
  const latest = timestampFromUs(latestUs);
  return encodeFrame({ type: "pong", payload: t === undefined ? { latest } : { t, latest } });
}

/** Long polling adds a `seq` to a frame, which must still fit afterwards. */
const MAX_PASSED_CHARS = LIMITS.frameChars - 32;

/**
 * Limits of signaling frames, in characters. The node keeps these frames for a while, and only the
 * negotiation of a connection needs them.
 */
const MAX_SIGNAL_CHARS: { readonly [type: string]: number } = {
  offer: LIMITS.descriptionFrameChars,
  answer: LIMITS.descriptionFrameChars,
  ice: LIMITS.iceFrameChars,
};

/**
 * Returns a member's frame as text for the other members, with its true sender.
 * @throws {ProtocolError} `frame-too-large` when the frame with its sender is larger than members accept,
 * `bad-frame` when it is larger than a signaling frame may be.
 */
export function passedOnFrame(peerId: PeerId, frame: PassedOnFrame): string {
  const text = JSON.stringify({ peer_id: peerId, ...frame });
  const limit = MAX_SIGNAL_CHARS[frame.type];
  if (limit !== undefined && text.length > limit) {
    throw new ProtocolError(
      "bad-frame",
      `Frame "${frame.type}": it is ${text.length} characters with its sender; the limit is ${limit}`,
    );
  }
  if (text.length > MAX_PASSED_CHARS) {
    throw new ProtocolError(
      "frame-too-large",
      `With its sender the frame is ${text.length} characters; the limit is ${MAX_PASSED_CHARS}`,
    );
  }
  return text;
}

/** Returns a stored message as `/history` and the `history` frame show it. */
export function storedMessageOf(row: MessageRow) {
  return {
    id: row.id,
    peer_id: row.peerId,
    name: row.name,
    text: row.text,
    sent_at: row.sentAtUs === null ? null : timestampFromUs(row.sentAtUs),
    timestamp: timestampFromUs(row.timestampUs),
  };
}

/**
 * Returns the message id in `frame` if it is a chat frame with a valid id, whatever else is wrong with it.
 */
export function chatIdOf(frame: unknown): MessageId | null {
  if (typeof frame !== "object" || frame === null) return null;
  const { type, payload } = frame as { type?: unknown; payload?: unknown };
  if (type !== "chat" || typeof payload !== "object" || payload === null) return null;
  const result = messageId.safeParse((payload as { id?: unknown }).id);
  return result.success ? result.data : null;
}
