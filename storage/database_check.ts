/**
 * `e-goat check`: reads a whole database and tells which parts of it are whole. Also works beside a
 * running node. Alters nothing and repairs nothing.
 */
import { pathToFileURL } from "node:url";
import { UserError } from "../transport/errors.ts";
import { examine } from "./sqlite_open.ts";
import {
  type Database,
  isDamage,
  openDatabase,
  rollback,
  sqliteReason,
  type Statement,
} from "./sqlite_database.ts";

/**
 * Most findings that SQLite is asked for, and most that are shown. Further ones usually follow from the
 * same damage.
 */
const MAX_FINDINGS = 100;
const SHOWN_FINDINGS = 5;
/** Keys that are read at once. The messages are read one by one, so that large ones take little memory. */
const ROWS_AT_ONCE = 256;
/** Time between two lines of progress. */
const PROGRESS_MS = 5_000;
/** Measured on two shared cores, with the file in memory. */
const SECONDS_A_GIGABYTE = 15;

export interface CheckOptions {
  readonly print: (line: string) => void;
  /** Milliseconds of a clock that never goes back; default `performance.now`. */
  readonly now?: () => number;
}

/**
 * Looks at every page, at the search index and at every message of each room, and prints what it finds.
 * @returns whether all of it is whole.
 * @throws {UserError} when there is no database of E-Goat's of this version at `path`.
 */
export function checkDatabase(path: string, options: CheckOptions): boolean {
  const database = openUnaltered(path);
  try {
    return new DatabaseCheck(database, options).run(path);
  } finally {
    database.close();
  }
}

/**
 * Opens the database without creating files. A database in use has a log and its index (`-wal` and
 * `-shm`) beside it. Without both it is opened as immutable, because SQLite would create them.
 */
function openUnaltered(path: string): Database {
  if (!exists(path)) {
    throw new UserError("not-found", `There is no database at "${path}": name yours with --db`);
  }
  try {
    const isQuiet = !exists(`${path}-wal`) && !exists(`${path}-shm`);
    const url = pathToFileURL(path);
    url.search = isQuiet ? "immutable=1" : "";
    return openDatabase(url, { readOnly: true });
  } catch (error) {
    const reason = sqliteReason(error);
    throw new UserError("store-failed", `Cannot read the database "${path}": ${reason}`, {
      cause: error,
    });
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

interface RoomKey {
  readonly roomId: number;
  readonly room: string;
}

class DatabaseCheck {
  readonly #database: Database;
  readonly #print: (line: string) => void;
  readonly #now: () => number;
  #saidMs: number;
  #message: Statement | undefined;

  constructor(database: Database, { print, now = () => performance.now() }: CheckOptions) {
    this.#database = database;
    this.#print = print;
    this.#now = now;
    this.#saidMs = this.#now();
  }

  run(path: string): boolean {
    try {
      examine(this.#database, path);
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#print(`The database "${path}" is damaged at its start: ${sqliteReason(error)}`);
      return false;
    }
    const isWhole = [this.#checkPages(path), this.#checkRooms()].every(Boolean);
    this.#print(
      isWhole
        ? "Everything is whole."
        : "A running node goes on with what is whole. Restore a copy of the database for the rest.",
    );
    return isWhole;
  }

  /** Checks every page, the indexes against the tables, and the search index. */
  #checkPages(path: string): boolean {
    const bytes = Deno.statSync(path).size;
    const seconds = Math.ceil((bytes / 1e9) * SECONDS_A_GIGABYTE);
    const wait = seconds > 2 ? `, which takes about ${seconds} s` : "";
    this.#print(`Looking at "${path}" (${(bytes / 1e6).toFixed(1)} MB)${wait}`);
    const findings = this.#findings();
    const inSearch = findings.filter((finding) => /fts5|search/i.test(finding));
    const inPages = findings.filter((finding) => !inSearch.includes(finding));
    this.#say("Pages and indexes", inPages);
    this.#say("Search index", inSearch);
    return findings.length === 0;
  }

  #findings(): string[] {
    try {
      const rows = this.#database.prepare(`PRAGMA integrity_check(${MAX_FINDINGS})`).all();
      return rows.flatMap((row) => `${Object.values(row)[0]}`.split("\n"))
        .filter((line) => line !== "ok" && !line.startsWith("***") && line.trim() !== "");
    } catch (error) {
      return [sqliteReason(error)];
    }
  }

  #say(what: string, findings: readonly string[]): void {
    this.#print(`${findings.length === 0 ? "ok      " : "damaged "} ${what}`);
    for (const finding of findings.slice(0, SHOWN_FINDINGS)) this.#print(`           ${finding}`);
    const more = findings.length - SHOWN_FINDINGS;
    if (more > 0) this.#print(`           and ${more} more`);
  }

  #checkRooms(): boolean {
    let rooms: RoomKey[];
    try {
      rooms = this.#database.prepare("SELECT room_id AS roomId, room FROM rooms ORDER BY room_id")
        .all() as unknown as RoomKey[];
    } catch (error) {
      this.#say("Rooms", [`the list of rooms cannot be read: ${sqliteReason(error)}`]);
      return false;
    }
    let damaged = 0;
    rooms.forEach((room, index) => {
      if (!this.#checkRoom(room)) damaged++;
      this.#progress(`${index + 1} of ${rooms.length} rooms`);
    });
    const whole = rooms.length - damaged;
    this.#print(
      `${damaged === 0 ? "ok      " : "damaged "} Rooms: ${whole} of ${rooms.length} whole`,
    );
    return damaged === 0;
  }

  #checkRoom({ roomId, room }: RoomKey): boolean {
    // One snapshot, because a node may be writing to the database.
    this.#database.exec("BEGIN");
    try {
      const counted = this.#database.prepare("SELECT messages FROM rooms WHERE room_id = ?");
      const messages = Number(counted.get(roomId)?.["messages"]);
      const readable = this.#readable(roomId);
      if (readable === messages) return true;
      const name = JSON.stringify(room);
      this.#print(`damaged  Room ${name}: ${readable} of ${messages} messages can be read`);
      return false;
    } catch (error) {
      this.#print(`damaged  Room ${JSON.stringify(room)}: ${sqliteReason(error)}`);
      return false;
    } finally {
      rollback(this.#database);
    }
  }

  /** How many messages of a room can be read and have valid values. */
  #readable(roomId: number): number {
    let [count, afterUs] = [0, 0];
    const keys = this.#database.prepare(
      `SELECT timestamp_us AS us FROM messages INDEXED BY messages_room
       WHERE room_id = ? AND timestamp_us > ? ORDER BY timestamp_us LIMIT ${ROWS_AT_ONCE}`,
    );
    try {
      for (;;) {
        const page = keys.all(roomId, afterUs).map((row) => Number(row["us"]));
        if (page.length === 0) return count;
        for (const us of page) if (this.#isReadable(roomId, us)) count++;
        afterUs = page.at(-1)!;
      }
    } catch {
      // The index can't be followed beyond the damage.
      return count;
    }
  }

  #isReadable(roomId: number, us: number): boolean {
    this.#message ??= this.#database.prepare(
      `SELECT room_id AS roomId, typeof(id) || typeof(peer_id) || typeof(name) || typeof(text) AS types,
         length(text) AS chars, typeof(sent_at_us) AS sentAt FROM messages WHERE timestamp_us = ?`,
    );
    try {
      const row = this.#message.get(us);
      return row?.["roomId"] === roomId && row["types"] === "texttexttexttext" &&
        Number(row["chars"]) > 0 && ["integer", "null"].includes(String(row["sentAt"]));
    } catch {
      return false;
    }
  }

  #progress(done: string): void {
    if (this.#now() - this.#saidMs < PROGRESS_MS) return;
    this.#saidMs = this.#now();
    this.#print(`…        ${done} so far`);
  }
}
