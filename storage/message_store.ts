/**
 * The store as a node sees it. Times are integer microseconds since 1970 here; the caller converts them
 * to the wire's seconds. Reads are synchronous and see every write that was acknowledged before. Writes
 * resolve after their own commit.
 */
import type { MessageId, PeerId, RoomName } from "../transport/protocol/mod.ts";

/** A message to store. */
export interface NewMessage {
  readonly room: RoomName;
  readonly id: MessageId;
  readonly peerId: PeerId;
  readonly name: string;
  readonly text: string;
  /** The sender's clock; null when the sender gave no time. */
  readonly sentAtUs: number | null;
}

/** A message on disk. */
export interface MessageRow extends NewMessage {
  /** Strictly increasing within a room. */
  readonly timestampUs: number;
}

export type AppendResult =
  /** On disk. `isDuplicate`: the message was there before, and `timestampUs` is that of its row. */
  | { readonly ok: true; readonly timestampUs: number; readonly isDuplicate: boolean }
  /** The room has another text, or another author, under this id; nothing was written. */
  | { readonly ok: false; readonly reason: "id-conflict" };

export interface RoomRow {
  readonly room: RoomName;
  readonly messages: number;
  readonly firstUs: number;
  readonly lastUs: number;
}

export interface PeerRow {
  readonly peerId: PeerId;
  /** The name of its newest message. */
  readonly name: string;
  readonly messages: number;
  readonly lastUs: number;
}

export interface StoreStats {
  readonly messages: number;
  readonly rooms: number;
  readonly databaseBytes: number;
}

/** The writer's figures since the start. */
export interface WriterStats {
  readonly commits: number;
  readonly writes: number;
  readonly lastBatchSize: number;
  readonly commitSecondsTotal: number;
  readonly queued: number;
}

export interface Page {
  readonly limit: number;
  readonly offset: number;
}

export interface MessagesPage extends Page {
  /** Only messages before this time. */
  readonly beforeUs?: number;
}

export interface MessageStore {
  /**
   * Stores a message; idempotent by (room, id). Resolves after its commit reached the disk, in the
   * order of the calls. Writes that arrive while a commit is under way share the next one.
   * @throws {UserError} `store-failed` when the disk refuses (full, read-only), when the database's
   * file was removed or replaced, so that a later start would not find the message, or when as many
   * messages as the queue allows are waiting; `shutting-down` after `close`.
   */
  append(message: NewMessage): Promise<AppendResult>;

  /**
   * Writes something, and resolves when it is on disk, where a later start finds it.
   * @throws {UserError} as `append` does.
   */
  probe(): Promise<void>;

  // Every read throws a `UserError` `database-damaged` where it meets damage; other rooms go on.

  /**
   * Up to `limit` messages with `timestampUs > sinceUs`, ascending. This method and the following ones
   * return fewer messages when they are large: a page ends with the message that takes it above 1 MiB
   * of text.
   */
  since(room: RoomName, sinceUs: number, limit: number): MessageRow[];
  /** The last `limit` messages with `timestampUs < beforeUs`, ascending. */
  before(room: RoomName, beforeUs: number, limit: number): MessageRow[];
  /**
   * Returns the result of `since` as the JSON array of `GET /history`, made in the database: ascending,
   * `[]` when empty. The text comes in pieces, and each piece is read when the caller asks for it. Ends
   * early after about 12 Mi characters, and before damage. Throws when the damage comes first.
   */
  sinceJson(room: RoomName, sinceUs: number, limit: number): Generator<string>;
  /** The newest message's timestamp, 0 when there is none. Answered from memory after the first call. */
  latestUs(room: RoomName): number;

  /** Newest first. */
  rooms(page: Page): { rows: RoomRow[]; total: number };
  room(room: RoomName): RoomRow | null;
  /** Everyone who has written in the room, newest first. */
  peers(room: RoomName, page: Page): { rows: PeerRow[]; total: number };
  /** Newest first; `beforeUs` pages backwards. */
  messages(room: RoomName, page: MessagesPage): { rows: MessageRow[]; total: number };
  /**
   * Full-text search: every word of `query` must occur, the last one as a prefix. Best first. `room`
   * null: all rooms.
   */
  search(
    query: string,
    options: Page & { room: RoomName | null },
  ): { rows: MessageRow[]; total: number };

  stats(): StoreStats;
  writerStats(): WriterStats;
  /** Resolves when every write taken so far is on disk. Idempotent. */
  close(): Promise<void>;
}
