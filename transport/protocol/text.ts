/** The rule for the text of a message. */
import * as z from "zod/mini";
import { LIMITS } from "./limits.ts";

const encoder = new TextEncoder();

/** Returns why `text` can't be a message, in words that follow "text"; null when it can. */
export function textProblem(text: string): string | null {
  if (text.length === 0) return "is empty";
  // UTF-16 to UTF-8 grows a unit to three bytes at most, JSON escapes a unit to six at most.
  if (text.length > LIMITS.textBytes || text.length * 3 > LIMITS.textBytes) {
    const bytes = text.length > LIMITS.textBytes ? text.length : encoder.encode(text).length;
    if (bytes > LIMITS.textBytes) {
      return `is larger than ${LIMITS.textBytes / 1024} KiB: send it as a file, or in parts`;
    }
  }
  if (
    text.length * 6 > LIMITS.textJsonChars && JSON.stringify(text).length > LIMITS.textJsonChars
  ) {
    return "holds too many control characters";
  }
  if (!text.isWellFormed()) return "is not well-formed Unicode (it has half a surrogate pair)";
  if (text.includes("\0")) return "holds a NUL character";
  return null;
}

/** A message's text: 1 byte to 64 KiB of UTF-8, well-formed, without NUL. */
export const messageText = z.string("must be a string").check(z.superRefine((text, ctx) => {
  const problem = textProblem(text);
  if (problem !== null) ctx.addIssue({ code: "custom", message: problem });
}));
