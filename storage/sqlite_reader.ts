/**
 * Every read, on a connection of its own that writes nothing. Reads see what was last committed. Knows
 * nothing of messages that wait in memory.
 */
import type { RoomName } from "../transport/protocol/mod.ts";
import type {
  MessageRow,
  MessagesPage,
  Page,
  PeerRow,
  RoomRow,
  StoreStats,
} from "./message_store.ts";
import { searchQuery } from "./search_query.ts";
import { type Database, readPragma, rollback, Statements } from "./sqlite_database.ts";

/**
 * Most matches that a search counts; it ranks them only when there are fewer. More matches come from
 * words so common that ranking says little, and it would cost 0.1 µs for each of a million messages.
 * Then the newest come first.
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

// Two integers, not a division: SQLite prints 15 digits of a real, and a timestamp has 16.
const seconds = (column: string) => `${column} / 1000000, ${column} % 1000000`;
const SINCE_JSON = `SELECT group_concat(format(
    '{"id":%s,"peer_id":%s,"name":%s,"text":%s,"sent_at":%s,"timestamp":%d.%06d}',
    json_quote(id), json_quote(peer_id), json_quote(name), json_quote(text),
    iif(sent_at_us IS NULL, 'null', format('%d.%06d', ${seconds("sent_at_us")})),
    ${seconds("timestamp_us")}), ',') AS json
  FROM messages INDEXED BY messages_room
  WHERE room_id = ? AND timestamp_us > ? AND timestamp_us <= ?`;
// The length of a text stands at the beginning of its row, so the text itself is not read.
const SIZES = `SELECT timestamp_us AS us, octet_length(text) AS bytes
  FROM messages INDEXED BY messages_room
  WHERE room_id = ? AND timestamp_us > ? ORDER BY timestamp_us LIMIT ?`;
const SIZE = `SELECT max(us) AS lastUs, count(*) AS n, sum(bytes) AS bytes FROM (${SIZES})`;

const ROOM = "SELECT room, messages, first_us AS firstUs, last_us AS lastUs FROM rooms";
const ROOMS = `${ROOM} ORDER BY last_us DESC LIMIT ? OFFSET ?`;
const PEERS = `SELECT peer_id AS peerId, p.name AS name, p.messages AS messages, p.last_us AS lastUs
  FROM peers AS p JOIN rooms USING (room_id)
  WHERE room = ? ORDER BY p.last_us DESC LIMIT ? OFFSET ?`;

// bm25 is smaller for better matches; the weight of the room's column is 0.
const SEARCH_BEST = `SELECT rowid AS us FROM search WHERE search MATCH ?
  ORDER BY bm25(search, 0, 1), rowid DESC LIMIT ? OFFSET ?`;
const SEARCH_NEWEST = `SELECT rowid AS us FROM search WHERE search MATCH ?
  ORDER BY rowid DESC LIMIT ? OFFSET ?`;
const ONE_MESSAGE = `SELECT ${MESSAGE} FROM messages AS m CROSS JOIN rooms USING (room_id)
  WHERE m.timestamp_us = ?`;
const SEARCH_TOTAL = `SELECT count(*) AS n FROM
  (SELECT 1 FROM search WHERE search MATCH ? LIMIT ${SEARCH_WINDOW})`;

/**
 * One answer of `sinceJson` ends with the piece that reaches this: ten thousand messages of the largest
 * size would be 640 MB. A caller who reads on from the last message misses nothing.
 */
const MAX_JSON_CHARS = 12 * 1024 * 1024;
/**
 * A page of messages ends with the one that exceeds this much text: sixteen of the largest size, and
 * far more than a frame or a screen takes. A caller who reads on from the last message misses nothing.
 */
const MAX_PAGE_CHARS = 1024 * 1024;
/** Rows of a page that are read at once: at most 2 MB of text are read beyond the bound of the page. */
const PAGE_ROWS_AT_ONCE = 32;
/** Most rows of one piece. Per row, this is no slower than a thousand. */
const ROWS_AT_ONCE = 64;
/**
 * Text of one piece, in UTF-8, unless its first message alone has more: two texts of the largest size,
 * or five of the longest that consist of control characters. JSON writes a byte as six characters at
 * most, so a piece stays below 1 MiB plus the fields around 64 texts.
 */
const PIECE_TEXT_BYTES = Math.floor(1024 * 1024 / 6);

/** The rows of one piece of JSON. */
interface Piece {
  readonly lastUs: number;
  readonly n: number;
  /** Whether the room has no more rows. */
  readonly isLast: boolean;
}

interface SizeRow {
  readonly us: number;
  readonly bytes: number;
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
    // No snapshot: messages are only added, at the end, and a slow reader's snapshot would make the log
    // grow.
    for (let chars = 0; left > 0 && chars < MAX_JSON_CHARS;) {
      const piece = this.#piece(roomId, afterUs, Math.min(left, ROWS_AT_ONCE));
      if (piece === null) break;
      const json = String(statement.get(roomId, afterUs, piece.lastUs)?.["json"]);
      if (piece.isLast) return yield `${start}${json}]`;
      yield start + json;
      start = ",";
      chars += json.length;
      left -= piece.n;
      afterUs = piece.lastUs;
    }
    yield start === "[" ? "[]" : "]";
  }

  latestUs(room: RoomName): number {
    return this.room(room)?.lastUs ?? 0;
  }

  rooms({ limit, offset }: Page): { rows: RoomRow[]; total: number } {
    return this.#snapshot(() => ({
      rows: this.#rows<RoomRow>(ROOMS, limit, offset),
      total: this.#number("SELECT count(*) FROM rooms"),
    }));
  }

  room(room: RoomName): RoomRow | null {
    return this.#rows<RoomRow>(`${ROOM} WHERE room = ?`, room)[0] ?? null;
  }

  peers(room: RoomName, { limit, offset }: Page): { rows: PeerRow[]; total: number } {
    return this.#snapshot(() => ({
      rows: this.#rows<PeerRow>(PEERS, room, limit, offset),
      total: this.#number(
        "SELECT count(*) FROM peers WHERE room_id = ?",
        this.#roomId(room) ?? 0,
      ),
    }));
  }

  messages(
    room: RoomName,
    { limit, offset, beforeUs = Number.MAX_SAFE_INTEGER }: MessagesPage,
  ): { rows: MessageRow[]; total: number } {
    const read = (count: number, last: MessageRow | undefined) => {
      const before = last?.timestampUs ?? beforeUs;
      return this.#rows<MessageRow>(NEWEST, room, before, count, last === undefined ? offset : 0);
    };
    return this.#snapshot(() => ({
      rows: this.#page(limit, read),
      total: this.room(room)?.messages ?? 0,
    }));
  }

  /** `total` counts up to {@linkcode SEARCH_WINDOW}; from that number on the newest matches come first. */
  search(
    query: string,
    { room, limit, offset }: Page & { room: RoomName | null },
  ): { rows: MessageRow[]; total: number } {
    return this.#snapshot(() => {
      const roomId = room === null ? null : this.#roomId(room);
      const match = searchQuery(query, roomId);
      if (match === null || (room !== null && roomId === null)) return { rows: [], total: 0 };
      const total = this.#number(SEARCH_TOTAL, match);
      const sql = total < SEARCH_WINDOW ? SEARCH_BEST : SEARCH_NEWEST;
      // Keys are found and ranked once. Whole rows are read only up to the bound of a page.
      const found = this.#rows<{ us: number }>(sql, match, limit, offset);
      return { rows: this.#messagesAt(found), total };
    });
  }

  stats(): StoreStats {
    const database = this.#database;
    return this.#snapshot(() => ({
      messages: this.#number("SELECT ifnull(sum(messages), 0) FROM rooms"),
      rooms: this.#number("SELECT count(*) FROM rooms"),
      databaseBytes: readPragma(database, "page_count") * readPragma(database, "page_size"),
    }));
  }

  close(): void {
    this.#database.close();
  }

  /**
   * The next piece after `afterUs`: at most `rows` rows and `PIECE_TEXT_BYTES` of text; null when there
   * are none.
   */
  #piece(roomId: number, afterUs: number, rows: number): Piece | null {
    const row = this.#statements.get(SIZE).get(roomId, afterUs, rows)!;
    const n = Number(row["n"]);
    if (n === 0) return null;
    if (Number(row["bytes"]) > PIECE_TEXT_BYTES) return this.#cutPiece(roomId, afterUs, rows);
    return { lastUs: Number(row["lastUs"]), n, isLast: n < rows };
  }

  #cutPiece(roomId: number, afterUs: number, rows: number): Piece {
    const sizes = this.#rows<SizeRow>(SIZES, roomId, afterUs, rows);
    let n = 1;
    for (let bytes = sizes[0]!.bytes; n < sizes.length; n++) {
      bytes += sizes[n]!.bytes;
      if (bytes > PIECE_TEXT_BYTES) break;
    }
    return { lastUs: sizes[n - 1]!.us, n, isLast: n === sizes.length && n < rows };
  }

  #roomId(room: RoomName): number | null {
    const row = this.#statements.get("SELECT room_id FROM rooms WHERE room = ?").get(room);
    return row === undefined ? null : Number(row["room_id"]);
  }

  /** Runs several statements in one transaction: none of them sees a commit that comes between them. */
  #snapshot<T>(read: () => T): T {
    this.#statements.get("BEGIN").run();
    try {
      return read();
    } finally {
      // A transaction left open would show the same state for ever, and the log would grow.
      rollback(this.#database);
    }
  }

  #messagesAt(found: readonly { readonly us: number }[]): MessageRow[] {
    const rows: MessageRow[] = [];
    let chars = 0;
    for (const { us } of found) {
      if (chars > MAX_PAGE_CHARS) break;
      const [row] = this.#rows<MessageRow>(ONE_MESSAGE, us);
      if (row === undefined) continue;
      rows.push(row);
      chars += row.text.length;
    }
    return rows;
  }

  /**
   * Up to `limit` messages; ends with the one that exceeds `MAX_PAGE_CHARS`. `read` returns up to
   * `count` messages after `last`. (`iterate` would need no batches, but it ends silently at a damaged
   * row: Deno 2.7.)
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
    // Copied, because SQLite's rows have no prototype, which deep equality compares.
    return this.#statements.get(sql).all(...values).map((row) => ({ ...row }) as Row);
  }

  #number(sql: string, ...values: Value[]): number {
    return Number(Object.values(this.#statements.get(sql).get(...values) ?? {})[0]);
  }
}
