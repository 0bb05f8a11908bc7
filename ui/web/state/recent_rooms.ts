/**
 * The rooms that the user was in, newest first, and how far each was read. Kept in the browser. Owns
 * the list's format. A damaged list in the storage is dropped and is never an error.
 */
import { signal } from "@preact/signals";
import * as z from "zod/mini";
import { type RoomName, roomName } from "../../../transport/protocol/mod.ts";
import type { KeyValueStore } from "../../../transport/mod.ts";

const recentRoom = z.object({
  room: roomName,
  /** When the room was last opened, milliseconds since 1970. */
  openedAtMs: z.number(),
  /** The newest timestamp that was seen there; null when there is none. */
  lastSeen: z.nullable(z.number()),
});
export type RecentRoom = z.infer<typeof recentRoom>;

const KEY = "rooms";
/** More than anyone scrolls through. */
const MOST_ROOMS = 30;

export class RecentRooms {
  readonly list = signal<readonly RecentRoom[]>([]);
  readonly #store: KeyValueStore;

  constructor(store: KeyValueStore) {
    this.#store = store;
    this.list.value = parseRooms(store.get(KEY));
  }

  find(room: RoomName): RecentRoom | null {
    return this.list.peek().find((entry) => entry.room === room) ?? null;
  }

  /** Puts `room` first. */
  opened(room: RoomName, nowMs: number): void {
    const lastSeen = this.find(room)?.lastSeen ?? null;
    this.#keep([{ room, openedAtMs: nowMs, lastSeen }, ...this.#without(room)]);
  }

  /** Remembers how far the user has read. */
  seenUpTo(room: RoomName, timestamp: number): void {
    const isNewer = (entry: RecentRoom) =>
      entry.room === room && timestamp > (entry.lastSeen ?? -1);
    if (!this.list.peek().some(isNewer)) return;
    this.#keep(
      this.list.peek().map((entry) =>
        entry.room === room ? { ...entry, lastSeen: timestamp } : entry
      ),
    );
  }

  remove(room: RoomName): void {
    this.#keep(this.#without(room));
  }

  #without(room: RoomName): RecentRoom[] {
    return this.list.peek().filter((entry) => entry.room !== room);
  }

  #keep(rooms: readonly RecentRoom[]): void {
    this.list.value = rooms.slice(0, MOST_ROOMS);
    this.#store.set(KEY, JSON.stringify(this.list.peek()));
  }
}

function parseRooms(json: string | null): RecentRoom[] {
  try {
    const result = z.array(recentRoom).safeParse(JSON.parse(json ?? "[]"));
    return result.success ? result.data : [];
  } catch {
    return [];
  }
}
