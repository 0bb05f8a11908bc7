/** A node in its own process, for measurements of a process: `main.ts` as a user starts it. */
import { ADMIN_TOKEN } from "../fakes/admin.ts";
import { FOREIGN_URL } from "./node_under_test.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** Runs `run` with the base URL of a fresh node, or of the one at `EGOAT_URL`. */
export async function withProcess(run: (url: string) => Promise<void>): Promise<void> {
  if (FOREIGN_URL !== undefined) return await run(FOREIGN_URL.replace(/\/$/, ""));
  await withOwnProcess([], ({ url }) => run(url));
}

export interface OwnProcess {
  readonly url: string;
  /** Sends the process a signal. */
  kill(signal: Deno.Signal): void;
}

/** Runs `run` with a fresh node that gets the `further` flags. */
export async function withOwnProcess(
  further: readonly string[],
  run: (node: OwnProcess) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const flags = [
    "--host",
    "127.0.0.1",
    "--http-port",
    "0",
    "--stun-port",
    "0",
    "--ws-port",
    "0",
    "--rate-limit",
    "0",
    "--admin-token",
    ADMIN_TOKEN,
    "--log-level",
    "warn",
    ...further,
  ];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN, "--db", `${folder}/chat.db`, ...flags],
    cwd: folder,
    stdout: "piped",
  }).spawn();
  try {
    await run({ url: await firstUrl(child.stdout), kill: (signal) => child.kill(signal) });
  } finally {
    child.kill("SIGTERM");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

/** The first address that a node prints. */
export async function firstUrl(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  let found: string | undefined;
  for await (const chunk of stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    found = /http:\/\/\S+/.exec(text)?.[0];
    // The rest of the line may still be on its way.
    if (found !== undefined && text.includes("Stop with")) return found;
  }
  throw new Error(`The node printed no address: ${text}`);
}
