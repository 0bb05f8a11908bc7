/**
 * `MessageStore` on SQLite: joins the reader, the queue of writes and the writer's thread, and keeps
 * in memory what is asked most, each room's newest timestamp.
 */
import type { RoomName } from "../transport/protocol.ts";
import type {
  AppendResult,
  MessageRow,
  MessagesPage,
  MessageStore,
  NewMessage,
  Page,
  PeerRow,
  RoomRow,
  StoreStats,
  WriterStats,
} from "./message_store.ts";
import { type Database, isUnreadable, openDatabase, unreadableError } from "./sqlite_database.ts";
import { openFile } from "./sqlite_open.ts";
import { SqliteReader } from "./sqlite_reader.ts";
import { SteadyClock } from "./steady_clock.ts";
import { WriteQueue } from "./write_queue.ts";
import { type WriterSource, WriterThread } from "./writer_thread.ts";

/** Messages that wait for the disk at most: half a second of writes at full speed. */
const DEFAULT_QUEUE_LIMIT = 10_000;
/** Rooms whose newest timestamp is remembered: about 1 MB; the others are looked up. */
const MAX_LATEST = 10_000;

export interface SqliteStoreOptions {
  /** The Worker that runs `sqlite_writer.ts`, or where its module is. */
  readonly writer: WriterSource;
  /** Messages that wait for the disk at most. Default 10,000. */
  readonly queueLimit?: number;
  /** What the database and its log may take on the disk, in bytes; null or absent: no limit. */
  readonly maxBytes?: number | null;
  /** Milliseconds since 1970; what timestamps are made from. Default `Date.now`. */
  readonly epochMs?: () => number;
  /** Milliseconds that only grow, which tell a jump of that clock. Default `performance.now`. */
  readonly now?: () => number;
  /** How often that clock is looked at while nothing is written. Default 30 s; see `SteadyClock`. */
  readonly clockLookMs?: number;
  /** Told once, when the clock jumps further than is believed; see `SteadyClock`. */
  readonly onClockJump?: (message: string) => void;
}

/**
 * Opens the database at `path` for this process alone; makes it, and its folder, when there is none.
 * Usable at once: the writer's thread, whose start holds up the caller's for some 25 ms, is started by
 * the first write or by `startWriter`.
 * @throws {UserError} `database-damaged`, `database-too-new`, or `store-failed` when it can't be
 * opened or written, or another node has it. A file that is refused is not altered.
 */
// Async, so that a refusal is always a rejection, and opening may come to wait for something.
// deno-lint-ignore require-await
export async function openSqliteStore(
  path: string,
  options: SqliteStoreOptions,
): Promise<SqliteStore> {
  return new SqliteStore(path, options);
}

export class SqliteStore implements MessageStore {
  readonly #path: string;
  readonly #clock: SteadyClock;
  readonly #lock: Database;
  readonly #reader: SqliteReader;
  readonly #thread: WriterThread;
  readonly #queue: WriteQueue;
  readonly #latestUs = new Map<RoomName, number>();
  #closing: Promise<void> | undefined;

  /** Use {@linkcode openSqliteStore}. */
  constructor(path: string, options: SqliteStoreOptions) {
    this.#clock = new SteadyClock({
      epochMs: options.epochMs ?? Date.now,
      now: options.now ?? (() => performance.now()),
      ...options.onClockJump === undefined ? {} : { onJump: options.onClockJump },
    });
    const file = openFile(path);
    this.#path = file.path;
    this.#lock = file.lock;
    this.#reader = new SqliteReader(file.reader);
    this.#thread = new WriterThread(file.path, {
      source: options.writer,
      maxBytes: options.maxBytes ?? null,
    });
    this.#queue = new WriteQueue({
      write: (batch) => this.#thread.write(batch),
      nowUs: () => Math.floor(this.#clock.epochMs() * 1000),
      limit: options.queueLimit ?? DEFAULT_QUEUE_LIMIT,
      onStored: (room, timestampUs) => this.#remember(room as RoomName, timestampUs),
    });
    this.#clock.watch(options.clockLookMs);
  }

  /**
   * Starts the writer's thread ahead of the first write, for when the caller has a moment.
   * @throws {Error} when it does not start; the next write tries again.
   */
  startWriter(): Promise<void> {
    return this.#thread.start();
  }

  append(message: NewMessage): Promise<AppendResult> {
    const { room, id, peerId, name, text, sentAtUs } = message;
    return this.#queue.append([room, id, peerId, name, text, sentAtUs]);
  }

  probe(): Promise<void> {
    return this.#queue.probe();
  }

  since(room: RoomName, sinceUs: number, limit: number): MessageRow[] {
    if (this.latestUs(room) <= sinceUs) return [];
    return read(room, () => this.#reader.since(room, sinceUs, limit));
  }

  before(room: RoomName, beforeUs: number, limit: number): MessageRow[] {
    return read(room, () => this.#reader.before(room, beforeUs, limit));
  }

  *sinceJson(room: RoomName, sinceUs: number, limit: number): Generator<string> {
    if (this.latestUs(room) <= sinceUs) return yield "[]";
    const pieces = this.#reader.sinceJson(room, sinceUs, limit);
    for (let isFirst = true;; isFirst = false) {
      const piece = isFirst ? read(room, () => pieces.next()) : nextOrEnd(pieces);
      if (piece.done) return;
      yield piece.value;
    }
  }

  latestUs(room: RoomName): number {
    const known = this.#latestUs.get(room);
    if (known !== undefined) return known;
    const latestUs = read(room, () => this.#reader.latestUs(room));
    // Rooms that nobody has written in are not remembered: anyone can ask for any number of them.
    if (latestUs > 0) this.#remember(room, latestUs);
    return latestUs;
  }

  rooms(page: Page): { rows: RoomRow[]; total: number } {
    return read(null, () => this.#reader.rooms(page));
  }

  room(room: RoomName): RoomRow | null {
    return read(room, () => this.#reader.room(room));
  }

  peers(room: RoomName, page: Page): { rows: PeerRow[]; total: number } {
    return read(room, () => this.#reader.peers(room, page));
  }

  messages(room: RoomName, page: MessagesPage): { rows: MessageRow[]; total: number } {
    return read(room, () => this.#reader.messages(room, page));
  }

  search(
    query: string,
    options: Page & { room: RoomName | null },
  ): { rows: MessageRow[]; total: number } {
    return read(options.room, () => this.#reader.search(query, options));
  }

  stats(): StoreStats {
    return read(null, () => this.#reader.stats());
  }

  writerStats(): WriterStats {
    return this.#queue.stats();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#queue.close();
    this.#clock.close();
    await this.#thread.close();
    this.#reader.close();
    try {
      // The last connection to close moves the log into the database and removes it.
      const last = openDatabase(this.#path);
      last.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      last.close();
    } catch {
      // Everything is in the log, which the next start reads.
    } finally {
      this.#lock.close();
    }
  }

  #remember(room: RoomName, timestampUs: number): void {
    if (this.#latestUs.size >= MAX_LATEST && !this.#latestUs.has(room)) this.#latestUs.clear();
    // A lookup may have seen a commit that was told only in part so far.
    this.#latestUs.set(room, Math.max(timestampUs, this.#latestUs.get(room) ?? 0));
  }
}

/** @throws {UserError} `database-damaged` for a read that met damage, of `room` or of all of them. */
function read<T>(room: RoomName | null, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw isUnreadable(error) ? unreadableError(room, error) : error;
  }
}

/** What was read before damage is an answer that ends early: whoever reads on is told. */
function nextOrEnd(pieces: Generator<string>): IteratorResult<string, unknown> {
  try {
    return pieces.next();
  } catch (error) {
    if (isUnreadable(error)) return { done: false, value: "]" };
    throw error;
  }
}
