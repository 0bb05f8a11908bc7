/**
 * The two kinds of error that cross an edge of E-Goat. Everything else that is thrown is a bug or a
 * broken machine: it is logged with its cause and answered as `internal`.
 *
 * A leaf: it imports nothing, and everyone may import it.
 */

/** Every code a user or a client can meet. Codes are stable; messages may be reworded. */
export const ERROR_CODES = [
  "admin-only",
  "bad-frame",
  "bad-host",
  "bad-origin",
  "bad-request",
  "bad-token",
  "database-damaged",
  "database-too-new",
  "frame-too-large",
  "id-conflict",
  "internal",
  "lagged",
  "method-not-allowed",
  "not-found",
  "not-joined",
  "outbox-full",
  "peer-gone",
  "peer-id-taken",
  "rate-limited",
  "replaced",
  "room-full",
  "shutting-down",
  "store-failed",
  "text-too-large",
  "unknown-type",
] as const;

/** A stable error code, the same on the wire, in REST bodies and in the UI. */
export type ErrorCode = typeof ERROR_CODES[number];

/** Payload of an `error` frame, and the `error` member of a REST body. */
export interface ErrorBody {
  readonly code: ErrorCode;
  /** One sentence that names the thing, the reason and, where there is one, the remedy. */
  readonly message: string;
}

/** The remote side broke the contract of PROTOCOL.md. Its connection may be closed. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A problem that a user caused or can fix. The message is safe to show as it is. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether `error` is one of ours, whose message may be shown to the other side. */
export function isPublicError(error: unknown): error is ProtocolError | UserError {
  return error instanceof ProtocolError || error instanceof UserError;
}
