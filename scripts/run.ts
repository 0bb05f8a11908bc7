/**
 * Runs other programs for the scripts. Deno is always the one that runs the script, so that the scripts
 * work where none is on PATH.
 */
import { ROOT } from "./files.ts";

/** Where and how a program runs. */
export interface RunOptions {
  /** The working folder; by default the checkout's. */
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Record<string, string>;
  /** Shows the program's output only when it fails. */
  readonly quiet?: boolean;
  /** Whether a line of a quiet program says nothing about its failure, and is left out. */
  readonly isNoise?: (line: string) => boolean;
  /** Called before the output of a quiet program is shown. */
  readonly onEnd?: (code: number) => void | Promise<void>;
}

/** Runs a program to its end and returns its exit code; 127 when it can't be started. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<number> {
  const output = options.quiet ? "piped" : "inherit";
  try {
    const command = new Deno.Command(program, {
      args: [...args],
      cwd: options.cwd ?? ROOT,
      env: options.env ?? {},
      stdin: "null",
      stdout: output,
      stderr: output,
    });
    if (!options.quiet) return (await command.spawn().status).code;
    const { code, stdout, stderr } = await command.output();
    await options.onEnd?.(code);
    if (code !== 0) showWhole([stdout, stderr], options.isNoise);
    return code;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 127;
    throw error;
  }
}

function showWhole(outputs: readonly Uint8Array[], isNoise = (_line: string) => false): void {
  for (const output of outputs) {
    const lines = new TextDecoder().decode(output).split("\n").filter((line) => !isNoise(line));
    const text = lines.join("\n").trim();
    if (text !== "") console.error(text);
  }
}

/** Runs this Deno; see `run`. */
export function runDeno(args: readonly string[], options?: RunOptions): Promise<number> {
  return run(Deno.execPath(), args, options);
}

/**
 * Prints an error's message as one line and leaves with exit code 1.
 * For the scripts' own command lines, where a stack trace helps nobody.
 */
export function exitWithError(error: unknown): never {
  console.error(error instanceof ScriptError ? `error: ${error.message}` : error);
  Deno.exit(1);
}

/** An error that a person can mend. The message says how. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";
}
