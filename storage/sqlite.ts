/**
 * `MessageStore` on SQLite: joins the reader, the queue of writes and the writer's thread. Keeps each
 * room's newest timestamp in memory, because callers ask for it most.
 */
import type { RoomName } from "../transport/protocol/mod.ts";
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

/** Most messages that may wait for the disk: half a second of writes at full speed. */
const DEFAULT_QUEUE_LIMIT = 10_000;
/** Rooms whose newest timestamp is remembered: about 1 MB. The others are looked up. */
const MAX_LATEST = 10_000;

export interface SqliteStoreOptions {
  /** Makes the Worker that runs `sqlite_writer.ts`, or returns the URL of that module. */
  readonly writer: WriterSource;
  /** Most messages that may wait for the disk. Default 10,000. */
  readonly queueLimit?: number;
  /** Most bytes that the database and its log may take on the disk; null or absent: no limit. */
  readonly maxBytes?: number | null;
  /** Milliseconds since 1970, from which timestamps are made. Default `Date.now`. */
  readonly epochMs?: () => number;
  /**
   * Milliseconds of a clock that never goes back, to notice a jump of `epochMs`. Default
   * `performance.now`.
   */
  readonly now?: () => number;
  /**
   * How often to look at the clock, in milliseconds, also while nothing is written. Default 30 s; see
   * `SteadyClock`.
   */
  readonly clockLookMs?: number;
  /** Called once, when the clock jumps further than is believed; see `SteadyClock`. */
  readonly onClockJump?: (message: string) => void;
}

/**
 * Opens the database at `path` for this process alone; makes it, and its folder, when there is none.
 * The store is usable at once. The first write, or `startWriter`, starts the writer's thread, and this
 * blocks the caller's thread for some 25 ms.
 * @throws {UserError} `database-damaged`, `database-too-new`, or `store-failed` when it can't be opened
 * or written, or another node has it. A file that is refused is not altered.
 */
// Async, so that a refusal is always a rejection, and opening may await something one day.
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
   * Starts the writer's thread before the first write, when the caller has time for it.
   * @throws {Error} when the thread does not start; the next write tries again.
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
    // Rooms without messages are not remembered: anyone can ask for any number of them.
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
      // The last connection that closes moves the log into the database and removes the log.
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
    // The time never goes back here: a lookup may have read a whole commit before all of it was
    // reported.
    this.#latestUs.set(room, Math.max(timestampUs, this.#latestUs.get(room) ?? 0));
  }
}

/**
 * Runs a read of one room, or of all of them when `room` is null.
 * @throws {UserError} `database-damaged` when the read met damage.
 */
function read<T>(room: RoomName | null, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw isUnreadable(error) ? unreadableError(room, error) : error;
  }
}

/** The next piece. At damage the answer ends early: a caller who reads on from there gets the error. */
function nextOrEnd(pieces: Generator<string>): IteratorResult<string, unknown> {
  try {
    return pieces.next();
  } catch (error) {
    if (isUnreadable(error)) return { done: false, value: "]" };
    throw error;
  }
}
