/** A node in a process of its own, as somebody starts it, with few descriptors where a test says so. */
import { ROOT } from "../../scripts/files.ts";
import { residentBytes } from "../bench/programs.ts";
import { firstUrl } from "../protocol/own_process.ts";

export interface Victim {
  /** For attackers, by IPv4, and for the canary, by IPv6: two addresses. */
  readonly attackUrl: string;
  readonly canaryUrl: string;
  /** Its UDP port for STUN. */
  readonly stunPort: number;
  /** Bytes of memory that it holds. */
  resident(): Promise<number>;
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
  const stunPort = freeUdpPort();
  const node = [
    ...[Deno.execPath(), "run", "-A", "--no-check", `${ROOT}/main.ts`],
    ...["--http-port", "0", "--ws-port", "0", "--stun-port", `${stunPort}`],
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
  const { port } = new URL(await firstUrl(child.stdout));
  return {
    attackUrl: `http://127.0.0.1:${port}`,
    canaryUrl: `http://[::1]:${port}`,
    stunPort,
    isUp: () => isUp,
    resident: () => residentBytes(child.pid),
    descriptors: () => [...Deno.readDirSync(`/proc/${child.pid}/fd`)].length,
    async stop() {
      if (isUp) child.kill("SIGTERM");
      await ended;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** One that was free a moment ago: with 0 a node answers no STUN. */
function freeUdpPort(): number {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: 0 });
  const { port } = socket.addr as Deno.NetAddr;
  socket.close();
  return port;
}
