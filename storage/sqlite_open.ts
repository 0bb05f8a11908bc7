/**
 * Opens a database file for one node: refuses a file that is in use, not ours or damaged, and brings
 * the schema to the latest version. Owns the lock and every refusal at start. A refused file is not
 * altered.
 */
import { basename, dirname, join } from "node:path";
import { UserError } from "../transport/errors.ts";
import { APPLICATION_ID, latestVersion, migrate, namesIn, schemaNames } from "./migrations.ts";
import {
  damagedError,
  type Database,
  isDamage,
  isLocked,
  openDatabase,
  readPragma,
  sqliteReason,
} from "./sqlite_database.ts";
import { shrink } from "./shrink.ts";

/** The first bytes of every SQLite file (https://sqlite.org/fileformat2.html#the_database_header). */
const MAGIC = "SQLite format 3\0";

/**
 * Up to this size every page is checked at start, at 5 ms a MiB. In a larger database, damage deep
 * inside is noticed only by the read or write that fails on it.
 */
const MAX_CHECKED_BYTES = 4 * 1024 * 1024;

/** A database that is ours until `lock` is closed. */
export interface OpenedFile {
  /** Absolute, with links resolved. */
  readonly path: string;
  /** Read-only. */
  readonly reader: Database;
  readonly lock: Database;
}

/**
 * Opens the database at `path`; creates it when there is none.
 * @throws {UserError} `database-damaged`, `database-too-new`, or `store-failed` when it can't be opened
 * or written, or another node has it.
 */
export function openFile(path: string): OpenedFile {
  const realPath = resolveInFolder(path);
  const lock = takeLock(realPath);
  try {
    const size = claim(realPath);
    return { path: realPath, reader: openReader(realPath, size), lock };
  } catch (error) {
    lock.close();
    if (error instanceof UserError) throw error;
    throw cannotUse(realPath, error);
  }
}

function cannotUse(path: string, error: unknown): UserError {
  const reason = sqliteReason(error);
  const mend = /\bfull\b/.test(reason)
    ? "Make room on its disk"
    : "Make it and its folder writable";
  return new UserError(
    "store-failed",
    `Cannot use the database "${path}": ${reason}. ${mend}, or choose another file with --db`,
    { cause: error },
  );
}

function resolveInFolder(path: string): string {
  try {
    const folder = dirname(path);
    Deno.mkdirSync(folder, { recursive: true });
    const plain = join(Deno.realPathSync(folder), basename(path));
    try {
      return Deno.realPathSync(plain);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return plain;
      throw error;
    }
  } catch (error) {
    throw cannotUse(path, error);
  }
}

/**
 * Takes SQLite's own lock on a file beside the database. This lock is the same on every platform, fails
 * at once when another node has it, does not affect our reader and writer, and ends with the process,
 * however that ends. The file stays, because a node that removed it could remove the file that another
 * node has just locked.
 */
function takeLock(path: string): Database {
  let lock: Database | undefined;
  try {
    lock = openDatabase(`${path}-lock`);
    lock.exec("PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    if (!isLocked(error)) throw cannotUse(path, error);
    throw new UserError(
      "store-failed",
      `The database "${path}" is in use by another node: stop that one, ` +
        `or choose another file with --db`,
      { cause: error },
    );
  }
}

/**
 * Checks that the file may be written, before SQLite opens it: SQLite would silently fall back to
 * reading, and closing a second descriptor later would drop its POSIX locks. Checks the first bytes
 * too, because SQLite takes a file of a few bytes for an empty database. Returns the size in bytes.
 */
function claim(path: string): number {
  // Only the file's owner may read the messages. SQLite gives its other files the same mode.
  const file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
  try {
    const { size, nlink } = file.statSync();
    if (nlink !== null && nlink > 1) throw linkedError(path, nlink);
    const start = new Uint8Array(MAGIC.length);
    if (size > 0) file.readSync(start);
    if (size > 0 && new TextDecoder().decode(start) !== MAGIC) {
      throw damagedError(path, "is not a database");
    }
    return size;
  } finally {
    file.close();
  }
}

/**
 * The error for a file with hard links. SQLite's log and our lock are named after the path, so nodes
 * that use two names of one file would not see each other.
 */
function linkedError(path: string, names: number): UserError {
  return new UserError(
    "store-failed",
    `The database "${path}" has ${names} names (hard links), and two nodes that use it by different ` +
      `ones would destroy it: remove all but one, or choose another file with --db`,
  );
}

function openReader(path: string, size: number): Database {
  if (size === 0) {
    createTables(path);
    return openDatabase(path, { readOnly: true });
  }
  // Read-only, so that a refused database keeps every byte, its log included.
  const reader = openDatabase(path, { readOnly: true });
  try {
    const version = examine(reader, path);
    if (size <= MAX_CHECKED_BYTES) checkWhole(reader, path);
    if (version < latestVersion()) createTables(path);
    shrink(path, reader);
    return reader;
  } catch (error) {
    reader.close();
    if (isDamage(error)) throw damagedError(path, `is damaged: ${sqliteReason(error)}`, error);
    throw error;
  }
}

/**
 * Returns the version of the schema; 0 for a database without one.
 * @throws {UserError} when the database is not ours, has lost a part of its schema, or is of a newer
 * version.
 */
export function examine(reader: Database, path: string): number {
  const version = readPragma(reader, "user_version");
  const names = new Set(namesIn(reader));
  if (readPragma(reader, "application_id") !== APPLICATION_ID) {
    // A database without tables: its creation was interrupted.
    if (version === 0 && names.size === 0) return 0;
    throw damagedError(path, "is not one of E-Goat's");
  }
  if (version <= latestVersion()) {
    if (version === 0) throw damagedError(path, "is damaged: its version is missing");
    const lost = schemaNames(version).find((name) => !names.has(name));
    if (lost !== undefined) throw damagedError(path, `is damaged: it has lost its "${lost}"`);
    return version;
  }
  throw new UserError(
    "database-too-new",
    `The database "${path}" is from a newer version of E-Goat (its format is ${version}, ` +
      `this version knows up to ${latestVersion()}): start the newer version, ` +
      `or choose another file with --db`,
  );
}

function checkWhole(reader: Database, path: string): void {
  const row = reader.prepare("PRAGMA quick_check(1)").get() ?? {};
  const finding = Object.values(row)[0];
  if (finding === "ok") return;
  const line = String(finding).replace(/\s+/g, " ");
  throw damagedError(path, `is damaged: ${line}`);
}

function createTables(path: string): void {
  const database = openDatabase(path);
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    migrate(database);
  } finally {
    database.close();
  }
}
