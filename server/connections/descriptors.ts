/**
 * A reserve of descriptors. Deno's runtime panics in some places when a process has none left, and a
 * process with few permissions can't ask how many it may have. So a node holds some that it does not use.
 * When a connection can't be accepted, the node releases them, and takes its limit from the number of open
 * connections.
 */

/** Enough for files, threads and WebRTC until connections have been ended. */
const COUNT = 64;

export class DescriptorReserve {
  readonly #held: Disposable[] = [];

  /** Opens the missing descriptors, as many as the system gives. */
  fill(): void {
    try {
      while (this.#held.length < COUNT) this.#held.push(Deno.openSync(NOTHING));
    } catch {
      // There are no descriptors left, or no such file.
    }
  }

  /** Releases the whole reserve. */
  release(): void {
    for (const file of this.#held.splice(0)) file[Symbol.dispose]();
  }
}

/** An empty file that always exists. */
const NOTHING = Deno.build.os === "windows" ? "NUL" : "/dev/null";

/** Whether an error says that the process, or the machine, has no descriptors left. */
export function isOutOfDescriptors(error: unknown): boolean {
  return error instanceof Error && /too many open files|EMFILE|ENFILE/i.test(error.message);
}
