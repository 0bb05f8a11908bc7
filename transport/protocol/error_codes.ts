/**
 * The error codes and close codes of the wire, and the payload of `error`. `errors.ts` of `transport/`
 * lists the error codes, because errors inside a program carry them too.
 */
import * as z from "zod/mini";
import { ERROR_CODES } from "../errors.ts";
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
  /** Too many connections from this address. */
  rateLimited: 4429,
  /** A client dropped this connection for another one of its own; it stays in the room. */
  abandoned: 4499,
  /** The node is shutting down; come back. */
  shuttingDown: 4503,
} as const;

/** Payload of `error`; `id` names the message that it is about. */
export const errorPayload = z.object({
  // An unknown code still has its message.
  code: z.catch(z.enum(ERROR_CODES), "internal"),
  message: z.string(),
  id: z.optional(messageId),
});
