/**
 * Gives unused space of a database back to the disk, once at a start. SQLite keeps free pages for
 * later, and only a `VACUUM` makes the file smaller. Owns the decision when that is worth it.
 */
import { type Database, openDatabase, readPragma } from "./sqlite_database.ts";

/** Less free space than this is not missed, and messages fill it soon. */
const MIN_FREE_BYTES = 16 * 1024 * 1024;
/** Share of the file that must be free: for a smaller part, writing all the rest anew does not pay. */
const MIN_FREE_SHARE = 1 / 4;
/**
 * Most bytes that are kept in a `VACUUM`. They are written twice, at some 60 MB a second, while the
 * node does not answer yet: 5 to 10 s. A larger database keeps its free pages, and new messages use
 * them.
 */
const MAX_KEPT_BYTES = 256 * 1024 * 1024;

/**
 * Writes the database at `path` anew without its free pages, when these are a large part of it. It is
 * one transaction: a full disk or a killed process leaves the file as it was.
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
    // The file stays large, but the node can start.
  }
  try {
    // Until this checkpoint the log holds the copy, or the pages of a copy that failed.
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // A later checkpoint moves the pages into the database.
  } finally {
    database.close();
  }
}
