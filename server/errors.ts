/**
 * Maps errors to HTTP statuses and WebSocket close codes, in this one place. An error that is not public is
 * answered as `internal`. Its cause goes to the log, never over the wire.
 */
import { type ErrorBody, type ErrorCode, isPublicError } from "../transport/errors.ts";
import { CLOSE_CODES } from "../transport/protocol/mod.ts";

const STATUS: Record<ErrorCode, number> = {
  "admin-only": 401,
  "bad-frame": 400,
  "bad-host": 403,
  "bad-origin": 403,
  "bad-request": 400,
  "bad-token": 403,
  "database-damaged": 500,
  "database-too-new": 500,
  "frame-too-large": 413,
  "id-conflict": 409,
  "internal": 500,
  "lagged": 503,
  "method-not-allowed": 405,
  "not-found": 404,
  "not-joined": 409,
  "outbox-full": 503,
  "peer-gone": 410,
  "peer-id-taken": 409,
  "rate-limited": 429,
  "replaced": 409,
  "room-full": 409,
  "shutting-down": 503,
  "store-failed": 503,
  "text-too-large": 413,
  "unknown-type": 400,
};

/** RFC 6455 7.4.1: the server met a condition that it did not expect. */
const INTERNAL_CLOSE = 1011;

const CLOSE: Partial<Record<ErrorCode, number>> = {
  "database-damaged": INTERNAL_CLOSE,
  "internal": INTERNAL_CLOSE,
  "peer-id-taken": CLOSE_CODES.peerIdTaken,
  "rate-limited": CLOSE_CODES.rateLimited,
  "replaced": CLOSE_CODES.replaced,
  "room-full": CLOSE_CODES.roomFull,
  "shutting-down": CLOSE_CODES.shuttingDown,
};

/** Returns the public form of `error`, for the other side. */
export function errorBody(error: unknown): ErrorBody {
  if (isPublicError(error)) return { code: error.code, message: error.message };
  return { code: "internal", message: "The node failed to do this; its log says why" };
}

export function statusOf(code: ErrorCode): number {
  return STATUS[code];
}

export function closeCodeOf(code: ErrorCode): number {
  return CLOSE[code] ?? CLOSE_CODES.protocolError;
}

/** A close reason: at most 123 bytes of UTF-8 (RFC 6455 5.5), cut between characters. */
export function closeReason(text: string): string {
  if (text.length * 3 <= 123) return text;
  const bytes = new Uint8Array(120);
  const { read } = new TextEncoder().encodeInto(text, bytes);
  return read === text.length ? text : `${text.slice(0, read)}…`;
}
