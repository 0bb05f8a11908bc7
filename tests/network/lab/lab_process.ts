/** A program that runs in a lab: its output, line by line, its input, and its end. */
import { readLines } from "../peers/lines.ts";

/** A program on two busy cores has started within this time. */
const START_TIMEOUT_MS = 20_000;
/** A program that does not stop when asked is killed after this time. */
const STOP_TIMEOUT_MS = 5_000;

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Takes every line of standard output. Without it the lines go to `output`. */
  readonly onLine?: (line: string) => void;
}

export class LabProcess {
  /** The program's output, for the report of a failed test. */
  output = "";
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #ended: Promise<unknown>;
  #isOver = false;
  #onOutput: () => void = () => {};

  constructor(program: string, args: readonly string[], { env = {}, onLine }: ProcessOptions) {
    this.#child = new Deno.Command(program, {
      args: [...args],
      env: { ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    const keep = (line: string) => {
      this.output += `${line}\n`;
      this.#onOutput();
    };
    this.#ended = Promise.all([
      readLines(this.#child.stdout, onLine ?? keep),
      readLines(this.#child.stderr, keep),
      this.#child.status,
    ]).then(() => {
      this.#isOver = true;
      this.#onOutput();
    });
  }

  /** Whether the program has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when the output matches `pattern`. The default timeout is that of a program's start. */
  printed(pattern: RegExp, timeoutMs = START_TIMEOUT_MS): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${why}: ${this.output}`));
      const timer = setTimeout(() => fail(`It never printed ${pattern}`), timeoutMs);
      this.#onOutput = () => {
        if (!pattern.test(this.output) && !this.#isOver) return;
        clearTimeout(timer);
        this.#onOutput = () => {};
        if (pattern.test(this.output)) resolve();
        else fail(`It ended before it printed ${pattern}`);
      };
      this.#onOutput();
    });
  }

  /** Writes one line to its standard input. */
  async tell(line: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Ends the program, and resolves when it has ended. Idempotent. */
  async end(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    const kill = (signal: Deno.Signal) => {
      try {
        if (!this.#isOver) this.#child.kill(signal);
      } catch (error) {
        // The program has ended by itself.
        if (!(error instanceof TypeError)) throw error;
      }
    };
    kill(signal);
    const timer = setTimeout(() => kill("SIGKILL"), STOP_TIMEOUT_MS);
    await this.#stdin.close().catch(() => {});
    await this.#ended;
    clearTimeout(timer);
  }
}
