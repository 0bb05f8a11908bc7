/** Parses the command lines of scripts, which are started by `deno task`. */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { ScriptError } from "./run.ts";

/** `args` without the `--` that npm needs before a task's arguments, and that `deno task` passes on. */
export function withoutSeparator(args: readonly string[]): string[] {
  const at = args.indexOf("--");
  return args.filter((_, index) => index !== at);
}

/**
 * Parses a command line that consists of options alone.
 * @throws {ScriptError} that says what is wrong with it.
 */
export function parseOptions<T extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ args: string[]; options: T }>>["values"] {
  try {
    return parseArgs<{ args: string[]; options: T }>({ args: withoutSeparator(args), options })
      .values;
  } catch (error) {
    const known = Object.keys(options).map((name) => `--${name}`).join(", ");
    throw new ScriptError(`${(error as Error).message.split(". ")[0]}: there are ${known}`);
  }
}
