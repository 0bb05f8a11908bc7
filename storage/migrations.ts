/**
 * The schema, as numbered steps from an empty database to the latest version. Owns the layout of a
 * database, not its opening. A step that was released is never edited; a change is a new step at the
 * end.
 *
 * Tables:
 * - `messages`: `timestamp_us` is strictly increasing over the whole node, so it serves as the row's
 *   key: a room's history is a range of the index on `room_id` alone, and rows are only appended.
 * - `rooms` and `peers`: counts and newest timestamps. The writer updates them once a commit, so that
 *   no list has to count messages.
 * - `search`: FTS5 with external content, so that no text is stored twice. `room_id` is one of its
 *   columns: a search in a small room skips the rest of the index. Written in the message's own
 *   transaction (16 µs a row, 38,000 rows a second at 32 a commit), so that a search finds every
 *   acknowledged message, and nothing has to catch up. Messages are never changed, hence no triggers.
 */
import { type Database, openDatabase, readPragma } from "./sqlite_database.ts";

/** One step. */
export interface Migration {
  /** 1, 2, 3, …; the value of `PRAGMA user_version` after the step. */
  readonly version: number;
  readonly sql: string;
}

/** Marks a file as ours in its header (`PRAGMA application_id`): "EGOT" in ASCII. */
export const APPLICATION_ID = 0x45474f54;

export const MIGRATIONS: readonly Migration[] = [{
  version: 1,
  sql: `
    CREATE TABLE rooms (
      room_id INTEGER PRIMARY KEY,
      room TEXT NOT NULL UNIQUE,
      messages INTEGER NOT NULL,
      first_us INTEGER NOT NULL,
      last_us INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX rooms_last ON rooms (last_us);

    CREATE TABLE messages (
      timestamp_us INTEGER PRIMARY KEY,
      room_id INTEGER NOT NULL,
      id TEXT NOT NULL,
      peer_id TEXT NOT NULL,
      name TEXT NOT NULL,
      text TEXT NOT NULL,
      sent_at_us INTEGER
    ) STRICT;
    CREATE INDEX messages_room ON messages (room_id);
    CREATE UNIQUE INDEX messages_id ON messages (room_id, id);

    CREATE TABLE peers (
      room_id INTEGER NOT NULL,
      peer_id TEXT NOT NULL,
      name TEXT NOT NULL,
      messages INTEGER NOT NULL,
      last_us INTEGER NOT NULL,
      PRIMARY KEY (room_id, peer_id)
    ) STRICT, WITHOUT ROWID;

    CREATE VIRTUAL TABLE search USING fts5 (
      room_id, text, content = 'messages', content_rowid = 'timestamp_us'
    );

    CREATE TABLE signals (
      seq INTEGER PRIMARY KEY,
      room TEXT NOT NULL,
      peer_id TEXT NOT NULL,
      target TEXT NOT NULL,
      frame TEXT NOT NULL,
      expires_us INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX signals_target ON signals (room, target);
    CREATE INDEX signals_expiry ON signals (expires_us);
  `,
}, {
  // Signals live for a minute, so the node keeps them in memory.
  version: 2,
  sql: "DROP TABLE signals",
}];

/** The version that `migrations` lead to. */
export function latestVersion(migrations: readonly Migration[] = MIGRATIONS): number {
  return migrations.at(-1)?.version ?? 0;
}

/** The names of all tables and indexes that a database of `version` has. */
export function schemaNames(version: number): string[] {
  const model = openDatabase(":memory:");
  try {
    migrate(model, MIGRATIONS.slice(0, version));
    return namesIn(model);
  } finally {
    model.close();
  }
}

/** The names of all tables and indexes that `database` has. */
export function namesIn(database: Database): string[] {
  return database.prepare("SELECT name FROM sqlite_schema ORDER BY rowid").all()
    .map((row) => String(row["name"]));
}

/**
 * Brings a database to the latest version in one transaction: all steps or none.
 * @throws the error of SQLite; the database is then unchanged.
 */
export function migrate(
  database: Database,
  migrations: readonly Migration[] = MIGRATIONS,
): void {
  const version = readPragma(database, "user_version");
  database.exec("BEGIN IMMEDIATE");
  try {
    for (const migration of migrations) {
      if (migration.version > version) database.exec(migration.sql);
    }
    // Both pragmas are part of the transaction; neither takes a bound value.
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${latestVersion(migrations)}`);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
