/**
 * Writes batches: the writer's connection and every statement that changes a row. It gives the
 * timestamps, because it alone knows what is on disk. Knows nothing of threads.
 */
import { FileIdentity } from "./file_identity.ts";
import { latestVersion } from "./migrations.ts";
import { SizeLimit } from "./size_limit.ts";
import { type Database, openDatabase, rollback, type Statement } from "./sqlite_database.ts";
import type { Batch, MessageTuple, Written } from "./writer_protocol.ts";

/** Rooms whose number is remembered; above it the memory starts afresh. About 1 MB. */
const MAX_KNOWN_ROOMS = 10_000;
/** What is left of the log after a burst: 16 MiB are written again faster than new ones are made. */
const LOG_BYTES = 16 * 1024 * 1024;

/** What one batch adds to a peer of a room. */
interface PeerTally {
  name: string;
  messages: number;
  lastUs: number;
}

/** What one batch adds to a room. */
interface RoomTally {
  messages: number;
  firstUs: number;
  lastUs: number;
  readonly peers: Map<string, PeerTally>;
}

interface StoredRow {
  readonly timestampUs: number;
  readonly peerId: string;
  readonly text: string;
}

export class Committer {
  readonly #database: Database;
  readonly #files: FileIdentity;
  readonly #size: SizeLimit;
  readonly #roomIds = new Map<string, number>();
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #insertMessage: Statement;
  readonly #insertSearch: Statement;
  readonly #findMessage: Statement;
  readonly #findRoom: Statement;
  readonly #insertRoom: Statement;
  readonly #updateRoom: Statement;
  readonly #upsertPeer: Statement;
  #lastUs: number;

  /** Opens the database, which has today's schema. `maxBytes`: see `SizeLimit`. */
  constructor(path: string, { maxBytes }: { maxBytes: number | null }) {
    const database = openDatabase(path);
    this.#database = database;
    this.#files = new FileIdentity(path);
    this.#size = new SizeLimit(database, { maxBytes, logBytes: LOG_BYTES });
    database.exec(`PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${LOG_BYTES}`);
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
    this.#insertMessage = database.prepare(
      `INSERT INTO messages (timestamp_us, room_id, id, peer_id, name, text, sent_at_us)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (room_id, id) DO NOTHING`,
    );
    this.#insertSearch = database.prepare(
      "INSERT INTO search (rowid, room_id, text) VALUES (?, ?, ?)",
    );
    this.#findMessage = database.prepare(
      "SELECT timestamp_us AS timestampUs, peer_id AS peerId, text FROM messages WHERE room_id = ? AND id = ?",
    );
    this.#findRoom = database.prepare("SELECT room_id AS roomId FROM rooms WHERE room = ?");
    this.#insertRoom = database.prepare(
      "INSERT INTO rooms (room, messages, first_us, last_us) VALUES (?, 0, 0, 0)",
    );
    this.#updateRoom = database.prepare(
      `UPDATE rooms SET messages = messages + ?, last_us = ?,
         first_us = CASE messages WHEN 0 THEN ? ELSE first_us END WHERE room_id = ?`,
    );
    this.#upsertPeer = database.prepare(
      `INSERT INTO peers (room_id, peer_id, name, messages, last_us) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET name = excluded.name, last_us = excluded.last_us,
         messages = messages + excluded.messages`,
    );
    this.#lastUs = this.#newestUs();
    this.#files.check();
  }

  /**
   * Writes all of a batch and waits for the disk. Beyond `maxBytes` nothing of it is written, and what
   * was there before is acknowledged all the same.
   * @throws what SQLite throws, and nothing of the batch was written then; or what `FileIdentity` does,
   * when it went into a file that nobody will find again.
   */
  write(batch: Batch): Written {
    try {
      this.#begin.run();
      const outcomes = this.#writeMessages(batch);
      // The same again, which SQLite writes into the header all the same.
      if (batch.isProbe) this.#database.exec(`PRAGMA user_version = ${latestVersion()}`);
      const isLarger = batch.isProbe || outcomes.some((outcome) => outcome > 0);
      const refusal = isLarger ? this.#size.refusal(this.#files.logBytes) : null;
      if (refusal === null) this.#commit.run();
      else this.#forget();
      this.#files.check();
      return { outcomes: refusal === null ? outcomes : this.#stored(batch), refusal };
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }

  #writeMessages(batch: Batch): number[] {
    const tallies = new Map<number, RoomTally>();
    const outcomes = batch.messages.map((message) => {
      const roomId = this.#roomId(message[0]);
      const outcome = this.#writeMessage(roomId, message, batch.nowUs);
      if (outcome > 0) count(tallies, roomId, message, outcome);
      return outcome;
    });
    for (const [roomId, room] of tallies) {
      this.#updateRoom.run(room.messages, room.lastUs, room.firstUs, roomId);
      for (const [peerId, peer] of room.peers) {
        this.#upsertPeer.run(roomId, peerId, peer.name, peer.messages, peer.lastUs);
      }
    }
    return outcomes;
  }

  #writeMessage(roomId: number, message: MessageTuple, nowUs: number): number {
    const [, id, peerId, name, text, sentAtUs] = message;
    // A clock that was set back, or a burst within one of its ticks, goes on by microseconds.
    const timestampUs = Math.max(nowUs, this.#lastUs + 1);
    const { changes } = this.#insertMessage
      .run(timestampUs, roomId, id, peerId, name, text, sentAtUs);
    if (changes === 0) return this.#storedOutcome(roomId, message)!;
    this.#insertSearch.run(timestampUs, roomId, text);
    this.#lastUs = timestampUs;
    return timestampUs;
  }

  /** The outcomes of a batch of which nothing is written. */
  #stored({ messages }: Batch): (number | null)[] {
    return messages.map((message) => {
      const room = this.#findRoom.get(message[0]);
      return room === undefined ? null : this.#storedOutcome(Number(room["roomId"]), message);
    });
  }

  /** That of a message whose id is known; else null. */
  #storedOutcome(roomId: number, [, id, peerId, , text]: MessageTuple): number | null {
    const stored = this.#findMessage.get(roomId, id) as unknown as StoredRow | undefined;
    if (stored === undefined) return null;
    const isSame = stored.text === text && stored.peerId === peerId;
    return isSame ? -stored.timestampUs : 0;
  }

  #roomId(room: string): number {
    const known = this.#roomIds.get(room);
    if (known !== undefined) return known;
    const row = this.#findRoom.get(room) as { roomId: number } | undefined;
    const roomId = row?.roomId ?? Number(this.#insertRoom.run(room).lastInsertRowid);
    if (this.#roomIds.size >= MAX_KNOWN_ROOMS) this.#roomIds.clear();
    this.#roomIds.set(room, roomId);
    return roomId;
  }

  /**
   * Takes back what a batch left behind, in the database and in memory. Throws never: why the batch
   * failed is what has to be told.
   */
  #forget(): void {
    rollback(this.#database);
    this.#roomIds.clear();
    this.#size.onRefused();
    try {
      this.#lastUs = this.#newestUs();
    } catch {
      // It stays above what was written, so that later timestamps are too.
    }
  }

  #newestUs(): number {
    const row = this.#database
      .prepare("SELECT ifnull(max(timestamp_us), 0) AS us FROM messages").get();
    return Number(row?.["us"]);
  }
}

function count(
  tallies: Map<number, RoomTally>,
  roomId: number,
  message: MessageTuple,
  timestampUs: number,
): void {
  const [, , peerId, name] = message;
  let room = tallies.get(roomId);
  if (room === undefined) {
    room = { messages: 0, firstUs: timestampUs, lastUs: 0, peers: new Map() };
    tallies.set(roomId, room);
  }
  room.messages++;
  room.lastUs = timestampUs;
  const peer = room.peers.get(peerId);
  if (peer === undefined) room.peers.set(peerId, { name, messages: 1, lastUs: timestampUs });
  else {
    peer.name = name;
    peer.messages++;
    peer.lastUs = timestampUs;
  }
}
