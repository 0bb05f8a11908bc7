/** The command lines of the lab's own programs: files of this folder, run by this very Deno. */

/** The command that runs `file` of this folder with `args`. */
export function ownProgram(file: string, args: readonly string[] = []): [string, ...string[]] {
  const path = new URL(file, import.meta.url).pathname;
  return [Deno.execPath(), "run", "--no-check", "-A", path, ...args];
}
