/**
 * The limit on the size of a database: messages are refused while the disk still has room for
 * everything else. Owns the calculation of the size, not the refusal of messages.
 */
import { type Database, readPragma, type Statement } from "./sqlite_database.ts";

export interface SizeLimitOptions {
  /** Most bytes that the database and its log may take together; null: no limit. */
  readonly maxBytes: number | null;
  /** Bytes that the log usually takes; they count from the start. */
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
   * Why the open transaction must not be committed: the limit and how to mend it, when the transaction
   * makes the database larger than the limit; else null. `logBytes` is the size of the log now.
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
   * Cuts a log that has grown while readers held it, because nothing else does. To be called after the
   * rollback. Never throws, since the caller has to report the refusal; the next refusal tries again.
   */
  onRefused(): void {
    if (!this.#isLogTooLarge) return;
    try {
      this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      this.#isLogTooLarge = false;
    } catch {
      // A reader still holds the log, or the disk fails. The next commit reports a failing disk.
    }
  }
}

function number(statement: Statement): number {
  return Number(Object.values(statement.get() ?? {})[0]);
}

function shown(bytes: number): string {
  return bytes >= 1e9 ? `${bytes / 1e9} GB` : `${bytes / 1e6} MB`;
}
