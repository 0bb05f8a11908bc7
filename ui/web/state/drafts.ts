/** Drafts: text that the user has begun to write, for each room, kept over a reload. */
import { LIMITS } from "../../../transport/protocol/mod.ts";
import type { KeyValueStore } from "../../../transport/mod.ts";

const encoder = new TextEncoder();

export function readDraft(store: KeyValueStore, room: string): string {
  return store.get(`draft:${room}`) ?? "";
}

export function keepDraft(store: KeyValueStore, room: string, text: string): void {
  if (text === "") store.delete(`draft:${room}`);
  else store.set(`draft:${room}`, text);
}

/** The text as it is sent: without line breaks before it and white space after it. */
export function trimDraft(text: string): string {
  return text.replace(/^[\r\n]+/, "").trimEnd();
}

/** "61.4 of 64 KiB", from three quarters of the limit on; empty below. */
export function sizeWords(text: string): string {
  // A UTF-16 unit is at most three bytes: short texts need no encoding.
  if (text.length * 3 < LIMITS.textBytes * 0.75) return "";
  const bytes = encoder.encode(text).length;
  if (bytes < LIMITS.textBytes * 0.75) return "";
  return `${(bytes / 1024).toFixed(1)} of ${LIMITS.textBytes / 1024} KiB`;
}
