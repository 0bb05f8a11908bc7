/**
 * The progress of `deno install`, in one line. Deno names all packages at the start and then prints
 * nothing until the last one is installed, so this counts the packages in Deno's cache.
 */
import { runDeno } from "./run.ts";

/** The output of the line; standard error unless a test passes another. */
export interface Output {
  isTerminal(): boolean;
  write(text: string): void;
}

const STDERR: Output = {
  isTerminal: () => Deno.stderr.isTerminal(),
  write: (text) => Deno.stderr.writeSync(new TextEncoder().encode(text)),
};

/** Often enough to see the line move; a look at all packages takes 5 ms. */
const LOOK_EVERY_MS = 250;

/**
 * On a terminal one line, which is overwritten. Elsewhere a line at the start, one at the half and one
 * at the end.
 */
export class ProgressLine {
  readonly #what: string;
  readonly #total: number;
  readonly #output: Output;
  #halves = 0;

  constructor(what: string, total: number, output: Output = STDERR) {
    this.#what = what;
    this.#total = total;
    this.#output = output;
    output.write(output.isTerminal() ? what : `${what}\n`);
  }

  show(done: number): void {
    const text = `${this.#what}: ${done} of ${this.#total}`;
    if (this.#output.isTerminal()) return this.#output.write(`\r${text}\x1b[K`);
    const halves = Math.floor(2 * done / this.#total);
    if (halves <= this.#halves) return;
    this.#halves = halves;
    this.#output.write(`${text}\n`);
  }

  /** Ends the line, so that later output starts on a line of its own. */
  end(): void {
    if (this.#output.isTerminal()) this.#output.write("\n");
  }
}

/** npm's names for Deno's names of systems and processors, where they differ. */
const OS: Readonly<Record<string, string>> = { windows: "win32" };
const CPU: Readonly<Record<string, string>> = { x86_64: "x64", aarch64: "arm64" };

/** Folders of the packages in a `deno.lock` that are for this machine: `@scope/name/1.2.3`. */
export function packageFolders(
  lockText: string,
  { os, arch }: { os: string; arch: string } = Deno.build,
): string[] {
  const isMeant = (names: readonly string[] | undefined, own: string) =>
    names === undefined || names.includes(own);
  const packages: Record<string, { os?: string[]; cpu?: string[] }> =
    JSON.parse(lockText || "{}").npm ?? {};
  const meant = Object.entries(packages).filter(([, one]) =>
    isMeant(one.os, OS[os] ?? os) && isMeant(one.cpu, CPU[arch] ?? arch)
  );
  // Behind a `_` stand the peer dependencies with which a package was resolved.
  const folders = meant.map(([id]) => id.replace(/^(@?[^@]+)@([^_]+).*$/, "$1/$2"));
  return [...new Set(folders)];
}

/** How many of `folders` are in `cache`, which has a folder for each registry. */
export async function countCached(cache: string, folders: readonly string[]): Promise<number> {
  const registries = await Array.fromAsync(Deno.readDir(cache)).catch(() => []);
  const isThere = async (folder: string) => {
    const paths = registries.map(({ name }) => `${cache}/${name}/${folder}`);
    const found = await Promise.all(paths.map((path) => Deno.stat(path).catch(() => null)));
    return found.some((info) => info !== null);
  };
  return (await Promise.all(folders.map(isThere))).filter(Boolean).length;
}

/** Runs `deno install` with `flags` and shows a line of progress; resolves to its exit code. */
export async function installPackages(
  lockText: string,
  flags: readonly string[],
): Promise<number> {
  const folders = packageFolders(lockText);
  const cache = await npmCache();
  const line = new ProgressLine("Setting up packages", folders.length);
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    if (cache === null) return;
    looking = looking.then(async () => line.show(await countCached(cache, folders)));
  }, LOOK_EVERY_MS);
  // A backtrace of Deno's own code helps nobody.
  const env = { NO_COLOR: "1", RUST_BACKTRACE: "0" };
  try {
    return await runDeno(["install", ...flags], { quiet: true, env, isNoise, onEnd });
  } finally {
    clearInterval(timer);
  }

  async function onEnd(endCode: number): Promise<void> {
    clearInterval(timer);
    await looking;
    if (endCode === 0) line.show(folders.length);
    line.end();
  }
}

/** Whether `line` is one of the two that Deno prints for each package. */
function isNoise(line: string): boolean {
  return /^(Download|Initialize) /.test(line);
}

/**
 * The folder of Deno's cache for npm; null when Deno does not tell it. The installation itself then
 * reports what is wrong.
 */
async function npmCache(): Promise<string | null> {
  const args = ["info", "--no-config", "--json"];
  const { success, stdout } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" })
    .output();
  return success ? JSON.parse(new TextDecoder().decode(stdout)).npmCache : null;
}
