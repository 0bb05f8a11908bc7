/** The command lines of the lab's own programs: files of `tests/network/`, run by this very Deno. */

/** Returns the command that runs `file`, a path below `tests/network/`, with `args`. */
export function ownProgram(file: string, args: readonly string[] = []): [string, ...string[]] {
  const path = new URL(`../${file}`, import.meta.url).pathname;
  return [Deno.execPath(), "run", "--no-check", "-A", path, ...args];
}
