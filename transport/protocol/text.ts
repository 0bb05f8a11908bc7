/** The rule for the text of a message. */
import * as z from "zod/mini";
import type { ErrorCode } from "../errors.ts";
import { LIMITS } from "./limits.ts";

const encoder = new TextEncoder();

/** Why a text can't be a message. */
export interface TextProblem {
  /** The code of the error that refuses the text. */
  readonly code: Extract<ErrorCode, "bad-request" | "text-too-large">;
  /** Words that follow "text" or "The message". */
  readonly words: string;
}

/** Returns why `text` can't be a message; null when it can. */
export function textProblem(text: string): TextProblem | null {
  if (text.length === 0) return badText("is empty");
  // UTF-16 to UTF-8 grows a unit to three bytes at most, JSON escapes a unit to six at most.
  if (text.length > LIMITS.textBytes || text.length * 3 > LIMITS.textBytes) {
    const bytes = text.length > LIMITS.textBytes ? text.length : encoder.encode(text).length;
    if (bytes > LIMITS.textBytes) {
      const words = `is larger than ${LIMITS.textBytes / 1024} KiB: send it as a file, or in parts`;
      return { code: "text-too-large", words };
    }
  }
  if (
    text.length * 6 > LIMITS.textJsonChars && JSON.stringify(text).length > LIMITS.textJsonChars
  ) {
    return badText("holds too many control characters");
  }
  if (!text.isWellFormed()) {
    return badText("is not well-formed Unicode (it has half a surrogate pair)");
  }
  if (text.includes("\0")) return badText("holds a NUL character");
  return null;
}

function badText(words: string): TextProblem {
  return { code: "bad-request", words };
}

/** A message's text: 1 byte to 64 KiB of UTF-8, well-formed, without NUL. */
export const messageText = z.string("must be a string").check(z.superRefine((text, ctx) => {
  const problem = textProblem(text);
  if (problem !== null) ctx.addIssue({ code: "custom", message: problem.words });
}));
