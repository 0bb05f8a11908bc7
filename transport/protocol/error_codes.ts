/**
 * The one table of error codes with their HTTP status and close code, and the payload of `error`. All who
 * answer a request or close a connection derive their codes from the table. `errors.ts` of `transport/`
 * lists the error codes, because errors inside a program carry them too.
 */
import * as z from "zod/mini";
import { ERROR_CODES, type ErrorCode } from "../errors.ts";
import { messageId } from "./messages.ts";

/** The close codes that this protocol adds (4000 to 4999 are free for applications: RFC 6455 7.4.2). */
export const CLOSE_CODES = {
  /** The other side broke the contract; the reason says how. */
  protocolError: 4400,
  /** Another peer holds the peer id. */
  peerIdTaken: 4403,
  /** Silent for longer than `peer_timeout`. */
  timedOut: 4408,
  /** The same peer came back on another connection, which took this one's place. */
  replaced: 4409,
  /** The room is full. */
  roomFull: 4413,
  /** Too many frames from this address. */
  rateLimited: 4429,
  /** A client dropped this connection for another one of its own; it stays in the room. */
  abandoned: 4499,
  /** The node is shutting down; come back. */
  shuttingDown: 4503,
} as const;

/** RFC 6455 7.4.1: the server met a condition that it did not expect. */
const INTERNAL_CLOSE = 1011;

/** How the wire tells one error, beside its code. */
interface ErrorRow {
  /** HTTP status of an answer that carries the error. */
  readonly status: number;
  /** Close code of a WebSocket that the error ends. Absent: `protocolError`, with the reason in words. */
  readonly closeCode?: number;
  /**
   * A DataChannel and a long poll have no close code: the node sends an `error` frame with this code as the
   * last one. A session that gets it on a DataChannel counts the channel as closed.
   */
  readonly isLastWord?: true;
}

/** One row an error code. A close code of {@linkcode CLOSE_CODES} stands in one row at most. */
export const ERROR_TABLE: Readonly<Record<ErrorCode, ErrorRow>> = {
  "admin-only": { status: 401 },
  "bad-frame": { status: 400 },
  "bad-host": { status: 403 },
  "bad-origin": { status: 403 },
  "bad-request": { status: 400 },
  "bad-token": { status: 403 },
  "database-damaged": { status: 500, closeCode: INTERNAL_CLOSE },
  "database-too-new": { status: 500 },
  "frame-too-large": { status: 413 },
  "id-conflict": { status: 409 },
  "internal": { status: 500, closeCode: INTERNAL_CLOSE },
  "lagged": { status: 503 },
  "method-not-allowed": { status: 405 },
  "not-found": { status: 404 },
  "not-joined": { status: 409 },
  "outbox-full": { status: 503 },
  "peer-gone": { status: 410 },
  "peer-id-taken": { status: 409, closeCode: CLOSE_CODES.peerIdTaken },
  "rate-limited": { status: 429, closeCode: CLOSE_CODES.rateLimited },
  "replaced": { status: 409, closeCode: CLOSE_CODES.replaced, isLastWord: true },
  "room-full": { status: 409, closeCode: CLOSE_CODES.roomFull },
  "shutting-down": { status: 503, closeCode: CLOSE_CODES.shuttingDown, isLastWord: true },
  "store-failed": { status: 503 },
  "text-too-large": { status: 413 },
  "unknown-type": { status: 400 },
};

/**
 * Returns the close code that stands for this one error; null where there is none. `protocolError` and the
 * codes of RFC 6455 stand for several errors, so they are not returned: where a WebSocket closes with one of
 * them, a poll that gets the same error as an HTTP answer counts as lost (1006).
 */
export function ownCloseCode(code: ErrorCode): number | null {
  const { closeCode } = ERROR_TABLE[code];
  return closeCode === undefined || closeCode === INTERNAL_CLOSE ? null : closeCode;
}

/** Returns the error that a close code stands for; null where it stands for none, or for several. */
export function errorOfCloseCode(closeCode: number): ErrorCode | null {
  // A node closes with `protocolError` mostly because it can't read the query.
  if (closeCode === CLOSE_CODES.protocolError) return "bad-request";
  return ERROR_CODES.find((code) => ownCloseCode(code) === closeCode) ?? null;
}

/**
 * Returns the code of the `error` frame that tells `closeCode` on a connection without close codes; null
 * where no frame tells it. The inverse of {@linkcode closeCodeOfLastWord}.
 */
export function lastWordOf(closeCode: number): ErrorCode | null {
  const code = errorOfCloseCode(closeCode);
  return code !== null && ERROR_TABLE[code].isLastWord === true ? code : null;
}

/** Returns the close code that an `error` frame stands for on a DataChannel; null where the channel stays. */
export function closeCodeOfLastWord(code: ErrorCode): number | null {
  return ERROR_TABLE[code].isLastWord === true ? ownCloseCode(code) : null;
}

/** Payload of `error`; `id` names the message that it is about. */
export const errorPayload = z.object({
  // An unknown code still has its message.
  code: z.catch(z.enum(ERROR_CODES), "internal"),
  message: z.string(),
  id: z.optional(messageId),
});
