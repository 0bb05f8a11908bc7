/**
 * How large a database may grow: messages are refused before the disk is full, while there is room for
 * everything else on it. Owns the sum, not what is refused.
 */
import { type Database, readPragma, type Statement } from "./sqlite_database.ts";

export interface SizeLimitOptions {
  /** Of the database and its log together; null: no limit. */
  readonly maxBytes: number | null;
  /** What the log takes in the ordinary way; it counts from the start. */
  readonly logBytes: number;
}

export class SizeLimit {
  readonly #database: Database;
  readonly #options: SizeLimitOptions;
  readonly #pageBytes: number;
  readonly #pages: Statement;
  readonly #freePages: Statement;
  #isLogTooLarge = false;

  constructor(database: Database, options: SizeLimitOptions) {
    this.#database = database;
    this.#options = options;
    this.#pageBytes = readPragma(database, "page_size");
    this.#pages = database.prepare("PRAGMA page_count");
    this.#freePages = database.prepare("PRAGMA freelist_count");
  }

  /**
   * What is wrong with what the open transaction makes of the database: the limit and the mend, when
   * that is more than it may be; else null. `logBytes` is what its log takes now.
   */
  refusal(logBytes: number): string | null {
    const { maxBytes } = this.#options;
    if (maxBytes === null) return null;
    const pages = number(this.#pages) - number(this.#freePages);
    const log = Math.max(logBytes, this.#options.logBytes);
    const bytes = pages * this.#pageBytes + log;
    if (bytes <= maxBytes) return null;
    this.#isLogTooLarge = log > this.#options.logBytes;
    return `the database has reached the ${shown(maxBytes)} of --max-db-size, its log included: ` +
      `restart the node with a larger one, or with another --db`;
  }

  /**
   * After a rollback: nobody else makes a log smaller that has grown while readers held it. Throws
   * never, since the refusal is what has to be told; the next one tries again.
   */
  onRefused(): void {
    if (!this.#isLogTooLarge) return;
    try {
      this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      this.#isLogTooLarge = false;
    } catch {
      // Somebody reads it still, or the disk fails: then the next commit says so.
    }
  }
}

function number(statement: Statement): number {
  return Number(Object.values(statement.get() ?? {})[0]);
}

function shown(bytes: number): string {
  return bytes >= 1e9 ? `${bytes / 1e9} GB` : `${bytes / 1e6} MB`;
}
