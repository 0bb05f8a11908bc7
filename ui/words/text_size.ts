/** How much of the limit a text takes. Pure. */
import { LIMITS } from "../../transport/protocol/mod.ts";

const encoder = new TextEncoder();

/** "61.4 of 64 KiB", from three quarters of the limit on; empty below. */
export function sizeWords(text: string): string {
  // A UTF-16 unit is at most three bytes: short texts need no encoding.
  if (text.length * 3 < LIMITS.textBytes * 0.75) return "";
  const bytes = encoder.encode(text).length;
  if (bytes < LIMITS.textBytes * 0.75) return "";
  return `${(bytes / 1024).toFixed(1)} of ${LIMITS.textBytes / 1024} KiB`;
}
