/**
 * Maps errors to HTTP statuses and WebSocket close codes, by the table of the protocol. An error that is not
 * public is answered as `internal`. Its cause goes to the log, never over the wire.
 */
import { type ErrorBody, type ErrorCode, isPublicError } from "../transport/errors.ts";
import { CLOSE_CODES, ERROR_TABLE } from "../transport/protocol/mod.ts";

/** Returns the public form of `error`, for the other side. */
export function errorBody(error: unknown): ErrorBody {
  if (isPublicError(error)) return { code: error.code, message: error.message };
  return { code: "internal", message: "The node failed to do this; its log says why" };
}

export function statusOf(code: ErrorCode): number {
  return ERROR_TABLE[code].status;
}

export function closeCodeOf(code: ErrorCode): number {
  return ERROR_TABLE[code].closeCode ?? CLOSE_CODES.protocolError;
}

/** A close reason: at most 123 bytes of UTF-8 (RFC 6455 5.5), cut between characters. */
export function closeReason(text: string): string {
  if (text.length * 3 <= 123) return text;
  const bytes = new Uint8Array(120);
  const { read } = new TextEncoder().encodeInto(text, bytes);
  return read === text.length ? text : `${text.slice(0, read)}…`;
}
