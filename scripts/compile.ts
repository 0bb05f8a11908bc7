/**
 * Compiles the executable: the bundle in `build/` with the page and the workers embedded, into
 * `dist/e-goat`, or `dist/e-goat-<target>` with `--target`. Does nothing when no input has changed;
 * `--force` compiles in any case.
 */
import { withoutSeparator } from "./arguments.ts";
import { OWN_FILES } from "./build_server.ts";
import { findDenort } from "./denort.ts";
import { digestOf, listFiles, readOrEmpty, removeAll, ROOT, sha256 } from "./files.ts";
import { exitWithError, runDeno, ScriptError } from "./run.ts";

/** Most bytes of the file that people download; denort alone takes 97.1 MB. */
export const MAX_EXECUTABLE_BYTES = 100_000_000;

/** The targets that `deno compile --target` accepts. */
const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-pc-windows-msvc",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
];

/**
 * The permissions of a node. It may not start programs or load native libraries, so that a hole in the
 * node is not a hole in the machine.
 */
export const PERMISSIONS = [
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys",
  "--no-prompt",
];

/**
 * V8's memory for new objects, in MiB; its default is four times as much. A node's objects live for a
 * moment or for long. The smaller memory costs `POST /send` 4 %, and an idle member holds 19 kB instead
 * of 27.
 */
const V8_FLAGS = "--v8-flags=--max-semi-space-size=4";

/** As in deno.json: `Deno.listenDatagram`, for WebRTC. */
const UNSTABLE = "--unstable-net";

interface Arguments {
  /** Undefined: this machine. */
  readonly target?: string;
  readonly force: boolean;
}

/**
 * Compiles, unless nothing has changed.
 * @returns the executable's path.
 * @throws {ScriptError} when Deno fails or the executable is too large.
 */
async function compile({ target, force }: Arguments): Promise<string> {
  const suffix = target === undefined ? "" : `-${target}`;
  const isWindows = (target ?? Deno.build.target).includes("windows");
  const output = `${ROOT}/dist/e-goat${suffix}${isWindows ? ".exe" : ""}`;
  const stamp = `${ROOT}/dist/.sources${suffix}`;
  const digest = sha256(JSON.stringify([
    Deno.version.deno,
    Deno.env.get("DENORT_BIN") ?? "",
    await digestOf(ROOT, ["scripts/compile.ts", "scripts/denort.ts"]),
    await digestOf(`${ROOT}/build`, ["."]),
  ]));
  if (!force && await readOrEmpty(stamp) === await stampOf(output, digest)) return output;
  const startedAt = performance.now();
  await Deno.mkdir(`${ROOT}/dist`, { recursive: true });
  await compileStaged(output, target);
  const { size } = await Deno.stat(output);
  if (size > MAX_EXECUTABLE_BYTES) {
    throw new ScriptError(`${output} is ${size} bytes, more than ${MAX_EXECUTABLE_BYTES}`);
  }
  await Deno.writeTextFile(stamp, await stampOf(output, digest));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const megabytes = (size / 1e6).toFixed(1);
  console.error(`Compiled ${output.slice(ROOT.length + 1)} (${megabytes} MB) in ${seconds} s`);
  return output;
}

/**
 * The digest, with size and time of the executable that was made from it: hashing that file would take
 * long.
 */
async function stampOf(output: string, digest: string): Promise<string> {
  const info = await Deno.stat(output).catch(() => null);
  return `${digest} ${info?.size} ${info?.mtime?.getTime()}`;
}

/** Compiles in a folder outside of the checkout: Deno would also embed the checkout's packages. */
async function compileStaged(output: string, target: string | undefined): Promise<void> {
  const staging = await Deno.makeTempDir({ prefix: "e-goat-compile-" });
  try {
    const parts = (await listFiles(`${ROOT}/build`)).filter((file) =>
      file.endsWith(".js") || file.startsWith("ui/")
    );
    if (!parts.includes("main.js")) throw new ScriptError("there is no bundle: run `task build`");
    for (const file of parts) await copy(`${ROOT}/build/${file}`, `${staging}/${file}`);
    const made = `${staging}/${output.slice(output.lastIndexOf("/") + 1)}`;
    await runCompile(staging, made, target);
    await putInPlace(made, output);
  } finally {
    await removeAll(staging);
  }
}

async function runCompile(staging: string, output: string, target?: string): Promise<void> {
  const args = ["compile", "--quiet", "--no-config", "--no-lock", "--no-check", ...PERMISSIONS];
  args.push(V8_FLAGS, UNSTABLE);
  const bundles = Object.keys(OWN_FILES).map((name) => `${name}.js`);
  for (const part of ["ui", ...bundles]) args.push("--include", part);
  args.push("--output", output);
  if (target !== undefined) args.push("--target", target);
  args.push("main.js");
  const denort = await findDenort(target ?? Deno.build.target);
  const env: Record<string, string> = denort === null ? {} : { DENORT_BIN: denort };
  if (await runDeno(args, { cwd: staging, env }) === 0) return;
  // Tried once more, because Deno does not repeat a failed download of denort.
  console.error("deno compile failed, see above: trying once more");
  if (await runDeno(args, { cwd: staging, env }) === 0) return;
  throw new ScriptError("deno compile failed twice: see above");
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
  await Deno.copyFile(from, to);
}

/**
 * Copies the file next to its place, because the folders may be on different disks, then renames it,
 * because the old one may be running.
 */
async function putInPlace(from: string, to: string): Promise<void> {
  const part = `${to}.${Deno.pid}`;
  await Deno.copyFile(from, part);
  await Deno.rename(part, to);
}

function parseArguments(args: readonly string[]): Arguments {
  let force = false;
  let target: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--force") force = true;
    else if (arg === "--target") target = args[++i] ?? "";
    else if (arg.startsWith("--target=")) target = arg.slice("--target=".length);
    else throw new ScriptError(`compile does not know ${arg}: it takes --target and --force`);
  }
  if (target === undefined) return { force };
  if (!TARGETS.includes(target)) {
    throw new ScriptError(`--target ${target}: it must be one of ${TARGETS.join(", ")}`);
  }
  return { target, force };
}

if (import.meta.main) {
  try {
    await compile(parseArguments(withoutSeparator(Deno.args)));
  } catch (error) {
    exitWithError(error);
  }
}
