/**
 * Checks whether a path still leads to the open file. Data that is written to a removed or replaced
 * file is lost when the process ends. Knows nothing of SQLite but the name of its log.
 */

/** The files that hold acknowledged messages: the database and its write-ahead log. */
const SUFFIXES = ["", "-wal"] as const;

export class FileIdentity {
  readonly #path: string;
  /** The identity of each file, by suffix; without the files that do not exist yet. */
  readonly #known = new Map<string, string>();
  #logBytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Bytes of the write-ahead log at the last check. */
  get logBytes(): number {
    return this.#logBytes;
  }

  /**
   * Compares the files with those that were first seen.
   * @throws {Error} that says what happened to which file and how to mend it. Its `cause` names the
   * path, which is for the node's owner alone.
   */
  check(): void {
    for (const suffix of SUFFIXES) {
      const path = this.#path + suffix;
      const known = this.#known.get(suffix);
      const { now, bytes } = look(path);
      if (suffix === "-wal") this.#logBytes = bytes;
      if (known === undefined && now !== null) this.#known.set(suffix, now);
      if (known === undefined || now === known) continue;
      throw changed(path, { isLog: suffix === "-wal", isGone: now === null });
    }
  }
}

function changed(path: string, { isLog, isGone }: { isLog: boolean; isGone: boolean }): Error {
  const say = (file: string) =>
    `${file} was ${isGone ? "removed" : "replaced"} while the node runs: ` +
    `put it back, or restart the node with what is there`;
  const cause = new Error(say(`"${path}"`));
  return new Error(say(isLog ? "the database's log file" : "the database file"), { cause });
}

/**
 * A file's size in bytes, and its device and inode numbers as one string, which is null when there is
 * no file.
 */
function look(path: string): { now: string | null; bytes: number } {
  try {
    const { dev, ino, size } = Deno.statSync(path);
    // Some file systems have no inode numbers, so a replaced file can't be noticed there.
    return { now: ino === null ? "" : `${dev}:${ino}`, bytes: size };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { now: null, bytes: 0 };
    throw error;
  }
}
