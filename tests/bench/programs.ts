/**
 * Starts and stops the measured programs: the node's executable, and the comparison servers. Each takes
 * a free port, and prints an address with that port.
 */
import { ROOT } from "../../scripts/files.ts";
import type { Surroundings } from "./bench.ts";

/** Longer than any program takes to start on a busy machine. */
const START_TIMEOUT_MS = 20_000;
/** A program that does not end when asked is killed after this time. */
const STOP_TIMEOUT_MS = 5_000;

/** A program that listens on `port` until it is disposed of. */
export class Program implements AsyncDisposable {
  readonly port: number;
  readonly #child: Deno.ChildProcess;

  constructor(port: number, child: Deno.ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  get pid(): number {
    return this.#child.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stop(this.#child);
  }
}

/** Ends a child that this process started. */
export async function stop(child: Deno.ChildProcess): Promise<void> {
  const kill = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch {
      // The child has already ended.
    }
  };
  kill("SIGTERM");
  const timer = setTimeout(() => kill("SIGKILL"), STOP_TIMEOUT_MS);
  await child.status;
  clearTimeout(timer);
}

/** Arguments of a node with a fresh database and no rate limit. */
export async function nodeArguments(
  at: Surroundings,
  { port = 0 }: { port?: number } = {},
): Promise<string[]> {
  const folder = await Deno.makeTempDir({ dir: at.folder, prefix: "node-" });
  const flags = [
    "--http-port",
    `${port}`,
    "--ws-port",
    "0",
    "--stun-port",
    "0",
    "--rate-limit",
    "0",
  ];
  flags.push("--host", "127.0.0.1", "--stun-url", "none", "--log-level", "warn");
  return [...flags, "--db", `${folder}/chat.db`];
}

/** Starts the executable; `flags` are added to those of {@linkcode nodeArguments}. */
export async function startNode(
  at: Surroundings,
  flags: readonly string[] = [],
): Promise<Program> {
  return await start(at.executable, [...await nodeArguments(at), ...flags]);
}

/**
 * Flags that keep the node from pinging or removing members that only listen, while frames are counted.
 */
export const NO_HEARTBEAT = ["--heartbeat-interval", "30m", "--peer-timeout", "60m"];

/** Starts a server of `servers/` under Deno. */
export async function startDenoServer(name: string): Promise<Program> {
  const file = `${ROOT}/tests/bench/servers/${name}`;
  return await start(Deno.execPath(), ["run", "-A", "--no-check", file]);
}

/** Starts a server of `servers/` under Node if it is installed, because its package is made for Node. */
export async function startNodeJsServer(name: string): Promise<Program> {
  const file = `${ROOT}/tests/bench/servers/${name}`;
  return hasNodeJs ? await start("node", [file]) : await startDenoServer(name);
}

const hasNodeJs = await new Deno.Command("node", { args: ["--version"], stdout: "null" }).output()
  .then(({ success }) => success, () => false);

/** The runtime of those servers, for the table. */
export const JS_RUNTIME = hasNodeJs ? "Node" : "Deno";

async function start(program: string, args: readonly string[]): Promise<Program> {
  const child = new Deno.Command(program, {
    args: [...args],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT_MS);
  const port = await readPort(child.stdout);
  clearTimeout(timer);
  if (port !== null) return new Program(port, child);
  await stop(child);
  throw new Error(`${program} ${args.join(" ")} did not start`);
}

/** Reads the port from the first address that is printed, and discards later output. */
async function readPort(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<number | null> {
  const reader = stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (true) {
    const { done, value } = await reader.read();
    if (done) return null;
    text += value;
    const found = /https?:\/\/[^\s/]*:(\d+)\s/.exec(text);
    if (found === null) continue;
    void drain(reader);
    return Number(found[1]);
  }
}

async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}

/** A port that was free a moment ago, for programs whose port must be known before they start. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** Bytes of a process that are in memory (`VmRSS`); NaN where there is no `/proc`. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) * 1024;
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
