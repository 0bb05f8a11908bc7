/**
 * Gives the disk back what a database does not need any more, once at a start: SQLite keeps free pages for
 * later, and nothing but a `VACUUM` makes the file smaller. Owns when that is worth it.
 */
import { type Database, openDatabase, readPragma } from "./sqlite_database.ts";

/** Below this nobody misses it, and messages fill it soon. */
const MIN_FREE_BYTES = 16 * 1024 * 1024;
/** Of the file: a smaller part is not worth writing all the rest anew. */
const MIN_FREE_SHARE = 1 / 4;
/**
 * What is kept is written twice, at some 60 MB a second, while the node does not answer yet: 5 to 10 s.
 * Of more than this the free pages stay, and are used up by what is said next.
 */
const MAX_KEPT_BYTES = 256 * 1024 * 1024;

/**
 * Writes the database at `path` anew without its free pages, where those are much of it. It is one
 * transaction: what ends it early (a full disk, a killed process) leaves the file as it was.
 */
export function shrink(path: string, reader: Database): void {
  const pageBytes = readPragma(reader, "page_size");
  const free = readPragma(reader, "freelist_count") * pageBytes;
  const all = readPragma(reader, "page_count") * pageBytes;
  if (free <= MIN_FREE_BYTES || free < all * MIN_FREE_SHARE) return;
  if (all - free > MAX_KEPT_BYTES) return;
  const database = openDatabase(path);
  try {
    database.exec("PRAGMA synchronous = FULL; VACUUM");
  } catch {
    // It stays large: no reason not to start.
  }
  try {
    // The copy is in the log until here, and so is what was written of one that failed.
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // A later checkpoint moves it.
  } finally {
    database.close();
  }
}
