/**
 * The reader holds little in memory at once, and each read sees one state of the database while others
 * write.
 */
import assert from "node:assert/strict";
import { Committer } from "../../storage/sqlite_committer.ts";
import { type Database, openDatabase, rollback } from "../../storage/sqlite_database.ts";
import { SqliteReader } from "../../storage/sqlite_reader.ts";
import type { MessageTuple } from "../../storage/writer_protocol.ts";
import { message, openStore, room, withStore, withTempPath } from "./temp_store.ts";

const LOBBY = room("lobby");
/** The largest piece of JSON, with the fields around its texts. */
const MAX_PIECE_CHARS = 1024 * 1024 + 32 * 1024;
/** The longest text that is allowed in JSON. */
const LARGEST = "\u0001".repeat(32_768);

Deno.test("a piece of sinceJson is small however large the texts are, and wherever they begin", () =>
  withStore(async (store) => {
    const texts = [
      ...Array<string>(1000).fill("tiny"),
      ...Array<string>(23).fill(LARGEST),
      ...Array<string>(100).fill("tiny"),
      LARGEST,
    ];
    await Promise.all(texts.map((text) => store.append(message({ text }))));
    for (const limit of [10_000, 1001, 1005, 1023]) {
      const pieces = [...store.sinceJson(LOBBY, 0, limit)];
      const read: { text: string }[] = JSON.parse(pieces.join(""));
      const longest = Math.max(...pieces.map((piece) => piece.length));
      assert.ok(longest < MAX_PIECE_CHARS, `${longest} characters with a limit of ${limit}`);
      const expected = texts.slice(0, limit);
      assert.deepEqual(read.map(({ text }) => text.length), expected.map((text) => text.length));
    }
  }));

Deno.test("a short history is one piece, whose end needs no other", () =>
  withStore(async (store) => {
    for (let n = 0; n < 63; n++) await store.append(message());
    assert.equal([...store.sinceJson(LOBBY, 0, 100)].length, 1);
  }));

/** A connection that calls `between` before each statement that reads rows. */
function interrupted(path: string, between: () => void): Database {
  const database = openDatabase(path, { readOnly: true });
  const prepare = database.prepare.bind(database);
  database.prepare = (sql) => {
    const statement = prepare(sql);
    const [all, get] = [statement.all.bind(statement), statement.get.bind(statement)];
    return Object.assign(statement, {
      all: (...values: string[]) => (between(), all(...values)),
      get: (...values: string[]) => (between(), get(...values)),
    });
  };
  return database;
}

/**
 * Runs `use` with the reader of a room of 100 messages, to which a writer adds one before each
 * statement of the reader.
 */
function withBusyRoom(use: (reader: SqliteReader, database: Database) => void): Promise<void> {
  return withTempPath(async (path) => {
    const store = await openStore(path);
    await Promise.all(Array.from({ length: 100 }, () => store.append(message({ text: "word" }))));
    await store.close();
    const writer = new Committer(path, { maxBytes: null });
    let said = 0;
    const database = interrupted(path, () => {
      const one: MessageTuple = ["lobby", `more-${++said}`, `peer-${said}`, "Ada", "word", null];
      writer.write({ nowUs: Date.now() * 1000, messages: [one], isProbe: false });
    });
    try {
      use(new SqliteReader(database), database);
      assert.ok(said > 1);
    } finally {
      database.close();
      writer.close();
    }
  });
}

Deno.test("search gives no message twice while others are written", () =>
  withBusyRoom((reader) => {
    const { rows, total } = reader.search("word", { room: LOBBY, limit: 500, offset: 0 });
    assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
    assert.equal(rows.length, total);
  }));

Deno.test("a page's total is that of its rows while others are written", () =>
  withBusyRoom((reader) => {
    const page = { limit: 500, offset: 0 };
    const messages = reader.messages(LOBBY, page);
    assert.equal(messages.rows.length, messages.total);
    const peers = reader.peers(LOBBY, page);
    assert.equal(peers.rows.length, peers.total);
    const later = reader.messages(LOBBY, page);
    assert.ok(later.total > messages.total, "the next read sees what was written since");
  }));

Deno.test("search ends a page by size, and goes on behind it", () =>
  withStore(async (store) => {
    const text = `word ${"x".repeat(60_000)}`;
    await Promise.all(Array.from({ length: 40 }, () => store.append(message({ text }))));
    const find = (offset: number) => store.search("word", { room: LOBBY, limit: 40, offset }).rows;
    const [first, second, third] = [find(0), find(18), find(36)];
    assert.deepEqual([first.length, second.length, third.length], [18, 18, 4]);
    const ids = [...first, ...second, ...third].map(({ id }) => id);
    assert.equal(new Set(ids).size, 40);
  }));

Deno.test("a read that fails leaves no transaction open", () =>
  withTempPath(async (path) => {
    await (await openStore(path)).close();
    const database = interrupted(path, () => {
      throw new Error("the disk is gone");
    });
    const reader = new SqliteReader(database);
    const page = { limit: 1, offset: 0 };
    const reads = [
      () => reader.rooms(page),
      () => reader.peers(LOBBY, page),
      () => reader.messages(LOBBY, page),
      () => reader.search("word", { ...page, room: null }),
      () => reader.stats(),
    ];
    for (const read of reads) {
      assert.throws(read, /the disk is gone/);
      assert.equal(database.isTransaction, false);
    }
    reader.close();
  }));

Deno.test("ending a transaction says nothing of its own, whatever became of it", () => {
  const database = openDatabase(":memory:");
  rollback(database);
  database.exec("BEGIN");
  rollback(database);
  assert.equal(database.isTransaction, false);
  database.close();
  rollback(database);
});
