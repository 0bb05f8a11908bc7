/** The public hosts' programs: the node under test and a coturn, which can be stopped and started. */
import { HOSTS, type Internet, NODE_PORT } from "./internet.ts";
import type { LabProcess } from "./lab_process.ts";

/** Secret that only the node and coturn know (`--turn-secret`). */
const TURN_SECRET = "lab-secret";
const TURN_PORT = 3478;

/** A program in a lab that can be stopped, and started again with the same command. */
export interface Service {
  readonly output: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** URL of the node for homes of an address family. */
export function nodeUrl(family: 4 | 6): string {
  return family === 4
    ? `http://${HOSTS.node.v4[0]}:${NODE_PORT}`
    : `http://[${HOSTS.node.v6}]:${NODE_PORT}`;
}

/** Starts the node: the executable under test, or else `build/main.js` in this Deno. */
export function startNode(internet: Internet, args: readonly string[] = []): Promise<Service> {
  const { lab } = internet;
  const turn = `turn:turn.lab:${TURN_PORT}`;
  return startService(() =>
    lab.spawn("node", [
      ...nodeProgram(),
      ...["--http-port", `${NODE_PORT}`, "--ws-port", "0", "--db", `${lab.folder}/chat.db`],
      ...["--stun-url", `stun:stun.lab:${TURN_PORT}`, "--turn-secret", TURN_SECRET],
      ...["--turn-url", `${turn}?transport=udp,${turn}?transport=tcp`],
      ...args,
    ]), /^ {2}https?:/m);
}

/** Command of the executable under test, or else of `build/main.js` in this Deno. */
export function nodeProgram(): [string, ...string[]] {
  const built = (path: string) => new URL(`../../../${path}`, import.meta.url).pathname;
  const given = Deno.env.get("EGOAT_EXECUTABLE");
  if (given) return [given];
  return [Deno.execPath(), "run", "-A", "--no-prompt", built("build/main.js")];
}

/** Certificate and key of a server, as paths of PEM files. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Starts coturn on two IPv4 addresses, so that it also answers the tests of RFC 5780. With `tls` it also
 * takes TLS, on port 5349.
 */
export function startCoturn(internet: Internet, tls?: CertificateFiles): Promise<Service> {
  const { lab } = internet;
  const { v4, v6 } = HOSTS.turn;
  const addresses = [...v4, v6].flatMap((address) => [`--listening-ip=${address}`]);
  const relays = [v4[0], v6].map((address) => `--relay-ip=${address}`);
  return startService(() =>
    lab.spawn("turn", [
      ...["turnserver", "-n", "--no-cli", "--no-dtls", "--log-file=stdout"],
      ...tls ? [`--cert=${tls.certificate}`, `--pkey=${tls.key}`] : ["--no-tls"],
      ...["--simple-log", `--pidfile=${lab.folder}/turn.pid`, `--userdb=${lab.folder}/turn.db`],
      ...[`--listening-port=${TURN_PORT}`, "--realm=lab", "--fingerprint"],
      ...["--use-auth-secret", `--static-auth-secret=${TURN_SECRET}`],
      ...addresses,
      ...relays,
    ] as [string, ...string[]]), /DB connection success/);
}

async function startService(spawn: () => LabProcess, ready: RegExp): Promise<Service> {
  let process = spawn();
  await process.printed(ready);
  return {
    get output() {
      return process.output;
    },
    async start() {
      process = spawn();
      await process.printed(ready);
    },
    stop: () => process.end("SIGINT"),
  };
}
