/** Drafts: text that the user has begun to write, for each room, kept over a reload. */
import type { KeyValueStore } from "../../../transport/mod.ts";

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
