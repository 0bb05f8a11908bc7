/**
 * Network namespaces that belong to one test. Their names begin with a prefix and this process's id.
 * They are joined by veth pairs, and removed with all programs that run in them. Creating a lab first
 * removes the leftovers of earlier runs that crashed. This module knows nothing of routers, nodes or
 * peers.
 */
import { LabProcess, type ProcessOptions } from "./lab_process.ts";

const PREFIX = "egoat-";
/** `ip netns exec` mounts the files of this folder over the namespace's `/etc`. */
const ETC_FOLDER = "/etc/netns";

let labCount = 0;

export class Lab implements AsyncDisposable {
  /** Folder for databases, logs and the like; removed with the lab. */
  readonly folder: string;
  readonly #prefix = `${PREFIX}${Deno.pid}-${++labCount}-`;
  readonly #namespaces = new Set<string>();
  readonly #processes = new Set<LabProcess>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Lab> {
    await removeStale();
    return new Lab(await Deno.makeTempDir({ prefix: `${PREFIX}${Deno.pid}-` }));
  }

  /** Makes a namespace; `hosts` are the names that it can resolve, with their addresses. */
  async addNamespace(name: string, hosts: Readonly<Record<string, string>> = {}): Promise<void> {
    const fullName = this.#fullName(name);
    await command("ip", ["netns", "add", fullName]);
    this.#namespaces.add(fullName);
    const lines = Object.entries({ localhost: "127.0.0.1", ...hosts })
      .map(([host, address]) => `${address} ${host}\n`);
    await Deno.mkdir(`${ETC_FOLDER}/${fullName}`, { recursive: true });
    await Deno.writeTextFile(`${ETC_FOLDER}/${fullName}/hosts`, lines.join(""));
    // No DNS server answers there, so any other name fails at once. With the machine's own server it
    // would not.
    await Deno.writeTextFile(`${ETC_FOLDER}/${fullName}/resolv.conf`, "nameserver 127.0.0.1\n");
    await this.ip(name, ["link set lo up"]);
    // Turns off duplicate address detection. The lab assigns no address twice, and Chromium aborts its
    // requests when a detection has passed.
    await this.sysctl(name, ["all", "default"].map((at) => `net/ipv6/conf/${at}/accept_dad=0`));
  }

  /** Joins two namespaces with a cable: interface `a.device` to interface `b.device`. */
  async connect(
    a: { namespace: string; device: string },
    b: { namespace: string; device: string },
  ): Promise<void> {
    await command("ip", [
      ...["link", "add", a.device, "netns", this.#fullName(a.namespace), "type", "veth"],
      ...["peer", "name", b.device, "netns", this.#fullName(b.namespace)],
    ]);
    await this.ip(a.namespace, [`link set ${a.device} up`]);
    await this.ip(b.namespace, [`link set ${b.device} up`]);
  }

  /** Runs lines of `ip` in a namespace, such as `addr add 10.0.0.1/24 dev eth0`. */
  async ip(namespace: string, lines: readonly string[]): Promise<void> {
    await command("ip", ["-n", this.#fullName(namespace), "-batch", "-"], lines.join("\n"));
  }

  /** Loads rules into a namespace's nftables. */
  async nft(namespace: string, rules: string): Promise<void> {
    await command("ip", ["netns", "exec", this.#fullName(namespace), "nft", "-f", "-"], rules);
  }

  /** Sets kernel parameters of a namespace, such as `net/ipv4/ip_forward=1`. */
  async sysctl(namespace: string, settings: readonly string[]): Promise<void> {
    const script = settings.map((setting) => {
      const [path, value] = setting.split("=");
      return `echo ${value} > /proc/sys/${path}`;
    });
    const shell = ["sh", "-ec", script.join("\n")];
    await command("ip", ["netns", "exec", this.#fullName(namespace), ...shell]);
  }

  /** Starts a program in a namespace. The lab ends the program when it closes. */
  spawn(
    namespace: string,
    [program, ...args]: readonly [string, ...string[]],
    options: ProcessOptions = {},
  ): LabProcess {
    const [first, ...rest] = this.commandLine(namespace, [program, ...args]);
    const process = new LabProcess(first, rest, options);
    this.#processes.add(process);
    return process;
  }

  /** Command line that runs a program in a namespace, for callers that start it themselves. */
  commandLine(namespace: string, program: readonly string[]): [string, ...string[]] {
    return ["ip", "netns", "exec", this.#fullName(namespace), ...program];
  }

  async close(): Promise<void> {
    await Promise.all([...this.#processes].map((process) => process.end("SIGKILL")));
    await Promise.all([...this.#namespaces].map(removeNamespace));
    this.#namespaces.clear();
    await Deno.remove(this.folder, { recursive: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #fullName(name: string): string {
    return this.#prefix + name;
  }
}

/** Runs a program to its end. */
async function command(program: string, args: readonly string[], stdin = ""): Promise<string> {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // A program that has already ended reads no input. Its exit code shows the cause.
  await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  if (code === 0) return decoder.decode(stdout);
  throw new Error(`${program} ${args.join(" ")}: ${decoder.decode(stderr).trim()}\n${stdin}`);
}

/**
 * Removes the namespaces and folders of earlier runs whose process is gone. Another run may remove them
 * at the same time.
 */
async function removeStale(): Promise<void> {
  const names = (await command("ip", ["netns", "list"])).split("\n")
    .map((line) => line.split(" ")[0] ?? "");
  for (const name of names.filter(isStale)) await removeNamespace(name).catch(() => {});
  const temp = Deno.env.get("TMPDIR") ?? "/tmp";
  for (const { name } of [...Deno.readDirSync(temp)].filter(({ name }) => isStale(name))) {
    await Deno.remove(`${temp}/${name}`, { recursive: true }).catch(() => {});
  }
}

function isStale(name: string): boolean {
  const [, pid] = new RegExp(`^${PREFIX}(\\d+)-`).exec(name) ?? [];
  return pid !== undefined && !exists(`/proc/${pid}`);
}

/** Kills all programs in a namespace, and removes the namespace with its interfaces. */
async function removeNamespace(fullName: string): Promise<void> {
  for (const pid of (await command("ip", ["netns", "pids", fullName])).split("\n")) {
    if (pid !== "") await command("kill", ["-KILL", pid]).catch(() => {});
  }
  await command("ip", ["netns", "delete", fullName]);
  if (exists(`${ETC_FOLDER}/${fullName}`)) {
    await Deno.remove(`${ETC_FOLDER}/${fullName}`, { recursive: true });
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
