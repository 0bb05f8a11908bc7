/**
 * Writes batches: the writer's connection and every statement that changes a row. It assigns the
 * timestamps, because it alone knows what is on disk. Knows nothing of threads.
 */
import { FileIdentity } from "./file_identity.ts";
import { latestVersion } from "./migrations.ts";
import { SizeLimit } from "./size_limit.ts";
import { type Database, openDatabase, rollback, type Statement } from "./sqlite_database.ts";
import type { Batch, MessageTuple, Written } from "./writer_protocol.ts";

/** Rooms whose `room_id` is remembered, about 1 MB. When there are more, the memory is cleared. */
const MAX_KNOWN_ROOMS = 10_000;
/** Size to which the log is cut after a burst: writing 16 MiB again is faster than growing the file. */
const LOG_BYTES = 16 * 1024 * 1024;

/** The sums that one batch adds to a peer of a room. */
interface PeerTally {
  name: string;
  messages: number;
  lastUs: number;
}

/** The sums that one batch adds to a room. */
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

  /** Opens the database, which must have the latest schema. `maxBytes`: see `SizeLimit`. */
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
   * Writes a whole batch and waits for the disk. If that exceeds `maxBytes`, nothing of the batch is
   * written, but messages that were stored before are still acknowledged.
   * @throws the error of SQLite, and nothing of the batch is written; or the error of `FileIdentity`,
   * when the batch went into a file that no later start will find.
   */
  write(batch: Batch): Written {
    try {
      this.#begin.run();
      const outcomes = this.#writeMessages(batch);
      // The version does not change, but SQLite writes it into the header nevertheless.
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
    // When the clock was set back, or a burst comes within one tick, timestamps go on by microseconds.
    const timestampUs = Math.max(nowUs, this.#lastUs + 1);
    const { changes } = this.#insertMessage
      .run(timestampUs, roomId, id, peerId, name, text, sentAtUs);
    if (changes === 0) return this.#storedOutcome(roomId, message)!;
    this.#insertSearch.run(timestampUs, roomId, text);
    this.#lastUs = timestampUs;
    return timestampUs;
  }

  /** The outcomes of a refused batch: only messages that were stored before have one. */
  #stored({ messages }: Batch): (number | null)[] {
    return messages.map((message) => {
      const room = this.#findRoom.get(message[0]);
      return room === undefined ? null : this.#storedOutcome(Number(room["roomId"]), message);
    });
  }

  /** The outcome of a message whose id is stored already; else null. */
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
   * Reverts the changes of a batch, in the database and in memory. Never throws: the caller has to
   * report why the batch failed.
   */
  #forget(): void {
    rollback(this.#database);
    this.#roomIds.clear();
    this.#size.onRefused();
    try {
      this.#lastUs = this.#newestUs();
    } catch {
      // `#lastUs` stays above all stored timestamps, and so do later ones.
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
