/**
 * Why the node closed a path: as a close code, as the code of an error, and as the error frame that stands
 * for a close code on a DataChannel. It knows nothing of what follows from a close.
 */
import type { ErrorBody } from "../errors.ts";
import { closeCodeOfLastWord, errorOfCloseCode } from "../protocol/mod.ts";
import type { CloseReason } from "../transport.ts";

/** The reason to close that the node's error frame gives; null for any other error. */
export function lastWord({ code, message: reason }: ErrorBody): CloseReason | null {
  const closeCode = closeCodeOfLastWord(code);
  return closeCode === null ? null : { code: closeCode, reason };
}

/** The error that a UI shows for a closed path. */
export function closeError({ code, reason }: CloseReason): ErrorBody {
  const message = reason === "" ? "The connection to the node was lost" : reason;
  return { code: errorOfCloseCode(code) ?? "peer-gone", message };
}
