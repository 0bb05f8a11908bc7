/**
 * The one import of SQLite, and what its errors mean. Owns no schema and no query.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { UserError } from "../transport/errors.ts";

export type Database = DatabaseSync;
export type Statement = StatementSync;

/** Opens a connection. A file that is missing is made unless `readOnly`. */
export function openDatabase(path: string, options: { readOnly?: boolean } = {}): Database {
  return new DatabaseSync(path, { readOnly: options.readOnly ?? false });
}

/** Keeps a connection's prepared statements by their SQL, each prepared when it is first wanted. */
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

/** The number in a pragma's only row. */
export function readPragma(database: Database, pragma: string): number {
  const row = database.prepare(`PRAGMA ${pragma}`).get() ?? {};
  return Number(Object.values(row)[0]);
}

/**
 * What an error of SQLite says, without the path that some of its messages end with. Its result code
 * is not told by every call of `node:sqlite`, its message is.
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

/** Whether SQLite says that somebody else holds the lock. */
export function isLocked(error: unknown): boolean {
  return /is locked/i.test(sqliteReason(error));
}

/** The refusal of a file that is no database of ours; `why` follows the path. */
export function damagedError(path: string, why: string, cause?: unknown): UserError {
  return new UserError(
    "database-damaged",
    `The database "${path}" ${why}. It was left as it is: restore a copy of it, ` +
      `or choose another file with --db`,
    { cause },
  );
}
