/** A node in a process of its own, as somebody starts it, with few descriptors where a test says so. */
import { ROOT } from "../../scripts/files.ts";

export interface Victim {
  /** For attackers, by IPv4, and for the canary, by IPv6: two addresses. */
  readonly attackUrl: string;
  readonly canaryUrl: string;
  /** Bytes of memory that it holds. */
  resident(): number;
  /** Files and sockets that it has open. */
  descriptors(): number;
  isUp(): boolean;
  stop(): Promise<void>;
}

export interface VictimOptions {
  /** `ulimit -n`. */
  readonly descriptors?: number;
}

export async function startVictim({ descriptors = 1024 }: VictimOptions = {}): Promise<Victim> {
  const folder = await Deno.makeTempDir({ prefix: "e-goat-attack-" });
  const node = [
    ...[Deno.execPath(), "run", "-A", "--no-check", `${ROOT}/main.ts`],
    ...["--http-port", "0", "--ws-port", "0", "--stun-port", "0"],
    ...["--db", `${folder}/chat.sqlite`, "--log-level", "warn"],
  ];
  const script = `ulimit -n ${descriptors}; exec "$@"`;
  const child = new Deno.Command("bash", {
    args: ["-c", script, "bash", ...node],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let isUp = true;
  const ended = child.status.then(() => isUp = false);
  const port = await portIn(child.stdout);
  return {
    attackUrl: `http://127.0.0.1:${port}`,
    canaryUrl: `http://[::1]:${port}`,
    isUp: () => isUp,
    resident() {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
    },
    descriptors: () => [...Deno.readDirSync(`/proc/${child.pid}/fd`)].length,
    async stop() {
      if (isUp) child.kill("SIGTERM");
      await ended;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** The port that the node says it listens on; the rest of its output is read and dropped. */
async function portIn(output: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<number> {
  const [first, rest] = output.tee();
  void rest.pipeTo(new WritableStream()).catch(() => {});
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of first.values({ preventCancel: true })) {
    text += decoder.decode(chunk, { stream: true });
    const port = /http:\/\/localhost:(\d+)/.exec(text)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`The node said no address: ${text}`);
}
