/** The one import of SQLite, and the meaning of its errors. Owns no schema and no query. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { UserError } from "../transport/errors.ts";

export type Database = DatabaseSync;
export type Statement = StatementSync;

/** Opens a connection. A file that is missing is made unless `readOnly`. */
export function openDatabase(path: string | URL, options: { readOnly?: boolean } = {}): Database {
  return new DatabaseSync(path, { readOnly: options.readOnly ?? false });
}

/** Keeps a connection's prepared statements by their SQL. Each is prepared when it is first needed. */
export class Statements {
  readonly #database: Database;
  readonly #prepared = new Map<string, Statement>();

  constructor(database: Database) {
    this.#database = database;
  }

  get(sql: string): Statement {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}

/**
 * Ends a transaction without a commit, if one is open. Never throws: mostly it runs while another error
 * is being reported, and after some errors SQLite has ended the transaction itself.
 */
export function rollback(database: Database): void {
  try {
    if (database.isTransaction) database.exec("ROLLBACK");
  } catch {
    // The next statement on the connection fails with its own reason.
  }
}

/** The number in a pragma's only row. */
export function readPragma(database: Database, pragma: string): number {
  const row = database.prepare(`PRAGMA ${pragma}`).get() ?? {};
  return Number(Object.values(row)[0]);
}

/**
 * The message of an SQLite error, without the path at the end of some messages. The message is used
 * because not every call of `node:sqlite` gives the result code.
 */
export function sqliteReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^(unable to open database file): .*$/s, "$1");
}

/** Whether SQLite says that the file is no database, or one with damage. */
export function isDamage(error: unknown): boolean {
  return /not a database|malformed|unsupported file format|vtable constructor failed/i
    .test(sqliteReason(error));
}

/** Low bytes of result codes (https://sqlite.org/rescode.html): ERROR, IOERR, CORRUPT, NOTADB. */
const UNREADABLE: ReadonlySet<number> = new Set([1, 10, 11, 26]);

/**
 * Whether a read failed because of the file's content. The SQL is fixed, so a statement that was
 * prepared and then fails has met values that the writer never writes.
 */
export function isUnreadable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
  // An integer beyond the range of a double.
  if (code === "ERR_OUT_OF_RANGE") return true;
  return isDamage(error) || (typeof errcode === "number" && UNREADABLE.has(errcode & 0xff));
}

/** The error for a read that met damage: a read of `room`, or of all rooms when that is null. */
export function unreadableError(room: string | null, cause: unknown): UserError {
  const what = room === null ? "This" : `Room "${room}"`;
  return new UserError(
    "database-damaged",
    `${what} cannot be read: the database is damaged there (${sqliteReason(cause)}). ` +
      `Rooms that are whole go on; "e-goat check" tells the node's owner which are`,
    { cause },
  );
}

/** Whether SQLite says that another connection holds the lock. */
export function isLocked(error: unknown): boolean {
  return /is locked/i.test(sqliteReason(error));
}

/** The error for a file that is damaged or not ours. `why` follows the path in the message. */
export function damagedError(path: string, why: string, cause?: unknown): UserError {
  return new UserError(
    "database-damaged",
    `The database "${path}" ${why}. It was left as it is: restore a copy of it, ` +
      `or choose another file with --db`,
    { cause },
  );
}
