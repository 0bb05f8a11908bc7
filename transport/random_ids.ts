/** Random identifiers. */
import type { PeerId } from "./protocol/mod.ts";

/** `bytes` random bytes in hex. Works on plain `http://`, where `crypto.randomUUID` doesn't. */
export function randomHex(bytes: number): string {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(bytes)),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}

export function randomPeerId(): PeerId {
  return randomHex(8) as PeerId;
}
