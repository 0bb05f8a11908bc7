/** Opens a node's ports. When it can't, it says in one line what is wrong. */
import { UserError } from "../../transport/errors.ts";
import type { Connections, RequestHandler } from "./connections.ts";
import type { Settings } from "../settings/settings.ts";

export interface Listener {
  readonly port: number;
  /** Stops accepting connections. Resolves when the HTTP connections that are open have ended. */
  shutdown(): Promise<void>;
}

export interface ListenOptions {
  readonly settings: Settings;
  readonly connections: Connections;
  readonly port: number;
  /** The flag that chooses the port. */
  readonly flag: string;
}

/** @throws {UserError} `bad-request`, one line that names the flag and how to fix it. */
export async function listen(
  handler: RequestHandler,
  options: ListenOptions,
): Promise<Listener> {
  const { settings, connections, port, flag } = options;
  const tls = await readTls(settings);
  const open = (hostname: string): Deno.Listener =>
    tls === null
      ? Deno.listen({ hostname, port })
      : Deno.listenTls({ hostname, port, ...tls, alpnProtocols: ["h2", "http/1.1"] });
  const listener = bind(open, { host: settings.host, port, flag });
  const { shutdown } = connections.serve(listener, handler);
  return { port: (listener.addr as Deno.NetAddr).port, shutdown };
}

type Open = (hostname: string) => Deno.Listener;

function bind(
  open: Open,
  options: { host: string | null; port: number; flag: string },
): Deno.Listener {
  const { host, port, flag } = options;
  try {
    return host === null ? bindAll(open) : open(host);
  } catch (error) {
    throw new UserError("bad-request", describe(error, { host, port, flag }), { cause: error });
  }
}

/** `::` accepts IPv4 too; without IPv6 on the machine, this opens `0.0.0.0`. */
function bindAll(open: Open): Deno.Listener {
  try {
    return open("::");
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) throw error;
    return open("0.0.0.0");
  }
}

function describe(
  error: unknown,
  { host, port, flag }: { host: string | null; port: number; flag: string },
): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `Port ${port} is taken: choose another with --${flag}`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `Port ${port} may not be used by this user: choose one above 1023 with --${flag}`;
  }
  const reason = error instanceof Error ? error.message : String(error);
  if (host === null) return `Cannot listen on port ${port}: ${reason}`;
  return `Cannot listen on --host ${host}, port ${port}: ${reason}`;
}

interface TlsKeys {
  readonly cert: string;
  readonly key: string;
}

async function readTls({ tlsCert, tlsKey }: Settings): Promise<TlsKeys | null> {
  if (tlsCert === null || tlsKey === null) return null;
  return { cert: await readPem(tlsCert, "tls-cert"), key: await readPem(tlsKey, "tls-key") };
}

async function readPem(path: string, flag: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new UserError("bad-request", `--${flag} ${path} cannot be read`, { cause: error });
  }
}
