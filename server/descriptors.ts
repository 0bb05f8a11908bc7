/**
 * A reserve of descriptors. Deno's runtime panics in some places where a process has none left, and a
 * process with few permissions can't ask how many it may have. So a node holds some that it needs for
 * nothing: when a connection can't be taken, it lets go of them, and knows how many there are.
 */

/** For files, threads and WebRTC until connections have been ended. */
const COUNT = 64;

export class DescriptorReserve {
  readonly #held: Disposable[] = [];

  /** Takes as many as are missing and can be had. */
  fill(): void {
    try {
      while (this.#held.length < COUNT) this.#held.push(Deno.openSync(NOTHING));
    } catch {
      // There are none left, or no such file.
    }
  }

  /** Lets go of all. */
  release(): void {
    for (const file of this.#held.splice(0)) file[Symbol.dispose]();
  }
}

/** A file that is there, and holds nothing. */
const NOTHING = Deno.build.os === "windows" ? "NUL" : "/dev/null";

/** Whether an error says that the process, or the machine, has no descriptors left. */
export function isOutOfDescriptors(error: unknown): boolean {
  return error instanceof Error && /too many open files|EMFILE|ENFILE/i.test(error.message);
}
