/** A node in its own process, started as a user starts it. A test can limit its file descriptors. */
import { ROOT } from "../../scripts/files.ts";
import { residentBytes } from "../bench/programs.ts";
import { firstUrl } from "../protocol/own_process.ts";

export interface Victim {
  /** Attackers use IPv4 and the canary uses IPv6, so that they have two addresses. */
  readonly attackUrl: string;
  readonly canaryUrl: string;
  /** Its UDP port for STUN. */
  readonly stunPort: number;
  /** Resident memory of the node, in bytes. */
  resident(): Promise<number>;
  /** Number of files and sockets that the node has open. */
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

/** A port that was free a moment ago. With port 0 a node answers no STUN. */
function freeUdpPort(): number {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: 0 });
  const { port } = socket.addr as Deno.NetAddr;
  socket.close();
  return port;
}
