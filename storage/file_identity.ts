/**
 * Whether a path still leads to the file that is open: one that was removed or replaced takes what is
 * written along when the process ends. Knows nothing of SQLite but how it names its log.
 */

/** The database's files that hold what was acknowledged: itself, and its write-ahead log. */
const SUFFIXES = ["", "-wal"] as const;

export class FileIdentity {
  readonly #path: string;
  /** By suffix; a file that does not exist yet is not in it. */
  readonly #known = new Map<string, string>();
  #logBytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** What the write-ahead log took when it was checked last. */
  get logBytes(): number {
    return this.#logBytes;
  }

  /**
   * Checks the files against what they were when they were first seen.
   * @throws {Error} with what happened to which file, and the mend; its `cause` names the path, which
   * is for the node's owner alone.
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

/** A file's size, and its device and number; null for one that is not there. */
function look(path: string): { now: string | null; bytes: number } {
  try {
    const { dev, ino, size } = Deno.statSync(path);
    // Some file systems number no files: nothing can be told of them.
    return { now: ino === null ? "" : `${dev}:${ino}`, bytes: size };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { now: null, bytes: 0 };
    throw error;
  }
}
