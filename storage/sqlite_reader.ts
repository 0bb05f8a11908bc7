/**
 * Every read, on a connection of its own that writes nothing. Each is a snapshot of what was last
 * committed. Knows nothing of what waits in memory.
 */
import type { RoomName } from "../transport/protocol.ts";
import type {
  MessageRow,
  MessagesPage,
  Page,
  PeerRow,
  RoomRow,
  StoreStats,
} from "./message_store.ts";
import { searchQuery } from "./search_query.ts";
import { type Database, readPragma, Statements } from "./sqlite_database.ts";

/**
 * Matches that a search counts, and below which it ranks them. More come from words so common that
 * ranking says little and costs 0.1 µs for each of a million messages; they come newest first.
 */
export const SEARCH_WINDOW = 1000;

const MESSAGE = `rooms.room AS room, m.id AS id, m.peer_id AS peerId, m.name AS name,
  m.text AS text, m.sent_at_us AS sentAtUs, m.timestamp_us AS timestampUs`;

// The index on the room holds the rows' keys, which are the timestamps, in order.
const ROOM_MESSAGES = `rooms CROSS JOIN messages AS m INDEXED BY messages_room
  ON m.room_id = rooms.room_id WHERE rooms.room = ?`;

const SINCE = `SELECT ${MESSAGE} FROM ${ROOM_MESSAGES} AND m.timestamp_us > ?
  ORDER BY m.timestamp_us LIMIT ?`;
const BEFORE = `SELECT ${MESSAGE} FROM ${ROOM_MESSAGES} AND m.timestamp_us < ?
  ORDER BY m.timestamp_us DESC LIMIT ?`;
const NEWEST = `SELECT ${MESSAGE} FROM ${ROOM_MESSAGES} AND m.timestamp_us < ?
  ORDER BY m.timestamp_us DESC LIMIT ? OFFSET ?`;

// Decimals, not a division: SQLite prints 15 digits of a real, a timestamp has 16. The first subquery
// finds the last row that is wanted in the index alone, which is cheaper than a LIMIT on whole rows.
const seconds = (column: string) => `${column} / 1000000, ${column} % 1000000`;
const SINCE_JSON = `SELECT max(timestamp_us) AS lastUs, count(*) AS n, group_concat(format(
    '{"id":%s,"peer_id":%s,"name":%s,"text":%s,"sent_at":%s,"timestamp":%d.%06d}',
    json_quote(id), json_quote(peer_id), json_quote(name), json_quote(text),
    iif(sent_at_us IS NULL, 'null', format('%d.%06d', ${seconds("sent_at_us")})),
    ${seconds("timestamp_us")}), ',') AS json
  FROM messages INDEXED BY messages_room
  WHERE room_id = ? AND timestamp_us > ? AND timestamp_us <= ifnull((
    SELECT timestamp_us FROM messages INDEXED BY messages_room
    WHERE room_id = ? AND timestamp_us > ? ORDER BY timestamp_us LIMIT 1 OFFSET ?
  ), 9223372036854775807)`;

const ROOM = "SELECT room, messages, first_us AS firstUs, last_us AS lastUs FROM rooms";
const ROOMS = `${ROOM} ORDER BY last_us DESC LIMIT ? OFFSET ?`;
const PEERS = `SELECT peer_id AS peerId, p.name AS name, p.messages AS messages, p.last_us AS lastUs
  FROM peers AS p JOIN rooms USING (room_id)
  WHERE room = ? ORDER BY p.last_us DESC LIMIT ? OFFSET ?`;

// bm25 is smaller for better matches; the room's column counts nothing.
const FOUND =
  "SELECT rowid AS found_us, bm25(search, 0, 1) AS score FROM search WHERE search MATCH ?";
const FOUND_MESSAGES = `CROSS JOIN messages AS m ON m.timestamp_us = found_us
  CROSS JOIN rooms ON rooms.room_id = m.room_id`;
const SEARCH_BEST = `SELECT ${MESSAGE} FROM
  (${FOUND} ORDER BY score, found_us DESC LIMIT ? OFFSET ?) ${FOUND_MESSAGES}
  ORDER BY score, found_us DESC`;
const SEARCH_NEWEST = `SELECT ${MESSAGE} FROM
  (SELECT rowid AS found_us FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ? OFFSET ?)
  ${FOUND_MESSAGES} ORDER BY found_us DESC`;
const SEARCH_TOTAL = `SELECT count(*) AS n FROM
  (SELECT 1 FROM search WHERE search MATCH ? LIMIT ${SEARCH_WINDOW})`;

/**
 * One answer of `sinceJson` ends after this and one piece more: ten thousand messages of the largest
 * size would be 640 MB. Whoever reads on from the last message misses nothing.
 */
const MAX_JSON_CHARS = 12 * 1024 * 1024;
/**
 * Messages read at once end after this much of text: sixteen of the largest, and far more than a frame
 * or a screen takes. Whoever reads on from the last one misses nothing.
 */
const MAX_PAGE_CHARS = 1024 * 1024;
/** Rows of a page that are read in one go: what stands above its bound is 2 MB at most. */
const PAGE_ROWS_AT_ONCE = 32;
/** Rows of one piece: 4 MB of the largest messages, and no slower by the row than a thousand. */
const ROWS_AT_ONCE = 64;

interface JsonRow {
  /** Null, like `lastUs`, when there is no row. */
  readonly json: string | null;
  readonly lastUs: number | null;
  readonly n: number;
}

type Value = string | number;

export class SqliteReader {
  readonly #database: Database;
  readonly #statements: Statements;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = new Statements(database);
  }

  since(room: RoomName, sinceUs: number, limit: number): MessageRow[] {
    return this.#page(
      limit,
      (count, last) => this.#rows<MessageRow>(SINCE, room, last?.timestampUs ?? sinceUs, count),
    );
  }

  before(room: RoomName, beforeUs: number, limit: number): MessageRow[] {
    return this.#page(
      limit,
      (count, last) => this.#rows<MessageRow>(BEFORE, room, last?.timestampUs ?? beforeUs, count),
    ).reverse();
  }

  *sinceJson(room: RoomName, sinceUs: number, limit: number): Generator<string> {
    const roomId = this.#roomId(room);
    if (roomId === null) return yield "[]";
    const statement = this.#statements.get(SINCE_JSON);
    let left = limit;
    let afterUs = sinceUs;
    let start = "[";
    for (let chars = 0; left > 0 && chars < MAX_JSON_CHARS;) {
      const rows = Math.min(left, ROWS_AT_ONCE);
      const row = statement.get(roomId, afterUs, roomId, afterUs, rows - 1) as unknown as JsonRow;
      if (row.json === null || row.lastUs === null) break;
      if (row.n < rows) return yield `${start}${row.json}]`;
      yield start + row.json;
      start = ",";
      chars += row.json.length;
      left -= rows;
      afterUs = row.lastUs;
    }
    yield start === "[" ? "[]" : "]";
  }

  latestUs(room: RoomName): number {
    return this.room(room)?.lastUs ?? 0;
  }

  rooms({ limit, offset }: Page): { rows: RoomRow[]; total: number } {
    return {
      rows: this.#rows<RoomRow>(ROOMS, limit, offset),
      total: this.#number("SELECT count(*) FROM rooms"),
    };
  }

  room(room: RoomName): RoomRow | null {
    return this.#rows<RoomRow>(`${ROOM} WHERE room = ?`, room)[0] ?? null;
  }

  peers(room: RoomName, { limit, offset }: Page): { rows: PeerRow[]; total: number } {
    return {
      rows: this.#rows<PeerRow>(PEERS, room, limit, offset),
      total: this.#number(
        "SELECT count(*) FROM peers WHERE room_id = ?",
        this.#roomId(room) ?? 0,
      ),
    };
  }

  messages(
    room: RoomName,
    { limit, offset, beforeUs = Number.MAX_SAFE_INTEGER }: MessagesPage,
  ): { rows: MessageRow[]; total: number } {
    const read = (count: number, last: MessageRow | undefined) => {
      const before = last?.timestampUs ?? beforeUs;
      return this.#rows<MessageRow>(NEWEST, room, before, count, last === undefined ? offset : 0);
    };
    return {
      rows: this.#page(limit, read),
      total: this.room(room)?.messages ?? 0,
    };
  }

  /** `total` counts up to {@linkcode SEARCH_WINDOW}, from which on the newest come first. */
  search(
    query: string,
    { room, limit, offset }: Page & { room: RoomName | null },
  ): { rows: MessageRow[]; total: number } {
    const roomId = room === null ? null : this.#roomId(room);
    const match = searchQuery(query, roomId);
    if (match === null || (room !== null && roomId === null)) return { rows: [], total: 0 };
    const total = this.#number(SEARCH_TOTAL, match);
    const sql = total < SEARCH_WINDOW ? SEARCH_BEST : SEARCH_NEWEST;
    let at = offset;
    const read = (count: number) => {
      const rows = this.#rows<MessageRow>(sql, match, count, at);
      at += rows.length;
      return rows;
    };
    return { rows: this.#page(limit, read), total };
  }

  stats(): StoreStats {
    const database = this.#database;
    return {
      messages: this.#number("SELECT ifnull(sum(messages), 0) FROM rooms"),
      rooms: this.#number("SELECT count(*) FROM rooms"),
      databaseBytes: readPragma(database, "page_count") * readPragma(database, "page_size"),
    };
  }

  close(): void {
    this.#database.close();
  }

  #roomId(room: RoomName): number | null {
    const row = this.#statements.get("SELECT room_id FROM rooms WHERE room = ?").get(room);
    return row === undefined ? null : Number(row["room_id"]);
  }

  /**
   * Up to `limit` messages, and no more than `MAX_PAGE_CHARS` of them; `read` gives so many after `last`.
   * (`iterate` would need no batches, and ends without a word at a row that is damaged: Deno 2.7.)
   */
  #page(
    limit: number,
    read: (count: number, last: MessageRow | undefined) => MessageRow[],
  ): MessageRow[] {
    const page: MessageRow[] = [];
    for (let chars = 0;;) {
      const count = Math.min(limit - page.length, PAGE_ROWS_AT_ONCE);
      const rows = read(count, page.at(-1));
      for (const row of rows) {
        page.push(row);
        chars += row.text.length;
        if (chars > MAX_PAGE_CHARS) return page;
      }
      if (rows.length < count || page.length === limit) return page;
    }
  }

  #rows<Row>(sql: string, ...values: Value[]): Row[] {
    // SQLite's rows have no prototype, which deep equality sees.
    return this.#statements.get(sql).all(...values).map((row) => ({ ...row }) as Row);
  }

  #number(sql: string, ...values: Value[]): number {
    return Number(Object.values(this.#statements.get(sql).get(...values) ?? {})[0]);
  }
}
