/**
 * Runs the compiled executable as a node for a test: starts it on a free port with its own database,
 * reads its address from its output, stops, kills and restarts it.
 */

/** A node normally starts in 0.1 s. A machine that is busy with other tests takes longer. */
const START_TIMEOUT_MS = 20_000;

export interface NodeOptions {
  /** Flags after the usual ones, which they override. */
  readonly args?: readonly string[];
  /** Folder for the database. Without it, the node makes its own folder and removes it at the end. */
  readonly folder?: string;
}

/** Exit code and output of a process. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The path of the executable under test. */
export function executablePath(): string {
  const path = Deno.env.get("EGOAT_EXECUTABLE");
  if (path) return path;
  throw new Error("EGOAT_EXECUTABLE names no executable: run `./scripts/deno task test:e2e`");
}

/** Runs the executable with `args` to its end. */
export async function runToEnd(
  args: readonly string[],
  options: { executable?: string; cwd?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
  const { executable = executablePath(), cwd, env } = options;
  const { code, stdout, stderr } = await new Deno.Command(executable, {
    args: [...args],
    ...cwd === undefined ? {} : { cwd },
    ...env === undefined ? {} : { env, clearEnv: true },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** A node under test. `await using` stops it and removes its folder. */
export class NodeProcess implements AsyncDisposable {
  readonly folder: string;
  readonly #args: readonly string[];
  readonly #ownsFolder: boolean;
  #process: RunningProcess | null = null;
  #port = 0;
  #url = "";

  private constructor(folder: string, { args = [], folder: given }: NodeOptions) {
    this.folder = folder;
    this.#args = args;
    this.#ownsFolder = given === undefined;
  }

  static async start(options: NodeOptions = {}): Promise<NodeProcess> {
    const folder = options.folder ?? await Deno.makeTempDir({ prefix: "e-goat-e2e-" });
    const node = new NodeProcess(folder, options);
    await node.restart();
    return node;
  }

  /** The node's origin, such as `http://127.0.0.1:41234`; the same after a restart. */
  get url(): string {
    return this.#url;
  }

  get port(): number {
    return this.#port;
  }

  /** Everything that the node has printed since its last start. */
  get output(): string {
    return this.#process?.output ?? "";
  }

  /** Starts the node. If it was running before, it gets the same port and database again. */
  async restart(): Promise<void> {
    await this.stop();
    this.#process = new RunningProcess([
      ...["--host", "127.0.0.1", "--http-port", `${this.#port}`],
      ...["--ws-port", "0", "--stun-port", "0"],
      ...["--db", `${this.folder}/chat.db`, "--stun-url", "none", "--log-level", "warn"],
      ...this.#args,
    ]);
    this.#url = await this.#process.address();
    this.#port = Number(new URL(this.#url).port);
  }

  /** Ends the node as Ctrl+C does. Idempotent. */
  async stop(): Promise<void> {
    await this.#process?.end("SIGINT");
    this.#process = null;
  }

  /** Ends the node as a power cut does. */
  async kill(): Promise<void> {
    await this.#process?.end("SIGKILL");
    this.#process = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    if (this.#ownsFolder) await Deno.remove(this.folder, { recursive: true });
  }
}

/** One run of the executable. */
class RunningProcess {
  output = "";
  readonly #child: Deno.ChildProcess;
  readonly #drained: Promise<unknown>;
  #onOutput: () => void = () => {};
  #isOver = false;

  constructor(args: readonly string[]) {
    this.#child = new Deno.Command(executablePath(), {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#drained = Promise.all([this.#drain(this.#child.stdout), this.#drain(this.#child.stderr)])
      .then(() => {
        this.#isOver = true;
        this.#onOutput();
      });
  }

  /** Resolves to the first address that the executable prints. */
  address(): Promise<string> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        clearTimeout(timer);
        reject(new Error(`The node ${why}: ${this.output}`));
      };
      const timer = setTimeout(() => fail("printed no address in time"), START_TIMEOUT_MS);
      this.#onOutput = () => {
        const [, url] = /^ {2}(https?:\/\/\S+)$/m.exec(this.output) ?? [];
        if (url === undefined) return this.#isOver ? fail("ended at its start") : undefined;
        clearTimeout(timer);
        this.#onOutput = () => {};
        resolve(url);
      };
      this.#onOutput();
    });
  }

  async end(signal: Deno.Signal): Promise<void> {
    try {
      this.#child.kill(signal);
    } catch (error) {
      // The process has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#drained;
    await this.#child.status;
  }

  async #drain(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      this.output += decoder.decode(bytes, { stream: true });
      this.#onOutput();
    }
  }
}
