/**
 * Finds `denort`, the runtime that `deno compile` puts under the bundle. Deno downloads it from its
 * own host. Where that host can't be reached, the same file is cut out of an executable that
 * somebody else compiled with the same Deno and published on npm, and checked by its hash: for
 * closed networks only, never for a release.
 */
import { ROOT, sha256 } from "./files.ts";
import { runDeno, ScriptError } from "./run.ts";

const TARGET = "x86_64-unknown-linux-gnu";
const PACKAGE = "@stdy/cli-linux-x64";
const PACKAGE_VERSION = "0.22.2";
const PROGRAM = "bin/steady";

/** Hash of denort 2.7.11 for Linux on x86-64, as inside the archive on Deno's download host. */
const DENORT_SHA256 = "f12d5d3886d5ea138304fb8d67d7396cfbedf53656676132152cb89f3fa4d8e6";
const DENORT_VERSION = "2.7.11";

const CACHED = `${ROOT}/.deno/denort-${DENORT_VERSION}-${TARGET}`;

/**
 * Timeout of the probe: longer than a far host takes to answer, short enough to wait for at each
 * compilation.
 */
const PROBE_TIMEOUT_MS = 4_000;

/**
 * The path of a `denort` to pass to `deno compile` as `DENORT_BIN`. Null when Deno finds or downloads
 * its own, or can itself report best why it can't.
 * @throws {ScriptError} when `denort` is needed and can't be recovered.
 */
export async function findDenort(target: string): Promise<string | null> {
  if (Deno.env.get("DENORT_BIN")) return null;
  if (target !== TARGET || Deno.version.deno !== DENORT_VERSION) return null;
  const archive = `release/v${DENORT_VERSION}/denort-${TARGET}.zip`;
  if (await isFile(`${await denoDir()}/dl/${archive}`)) return null;
  if (await answers(`https://dl.deno.land/${archive}`)) return null;
  const denort = await recoverDenort();
  console.error("denort was recovered from npm: for closed networks only, never for a release");
  return denort;
}

async function denoDir(): Promise<string> {
  const args = ["info", "--json", "--no-config"];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

function isFile(path: string): Promise<boolean> {
  return Deno.stat(path).then((info) => info.isFile, () => false);
}

async function answers(url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const response = await fetch(url, { method: "HEAD", signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/**
 * The path of a recovered `denort`, which is kept under `.deno/` once it was fetched.
 * @throws {ScriptError} when the package can't be fetched or holds something else.
 */
async function recoverDenort(): Promise<string> {
  const cached = await Deno.readFile(CACHED).catch(() => null);
  if (cached !== null && sha256(cached) === DENORT_SHA256) return CACHED;
  const denort = cutPayload(await fetchProgram());
  if (sha256(denort) !== DENORT_SHA256) {
    throw new ScriptError(`${PACKAGE}@${PACKAGE_VERSION} does not hold denort ${DENORT_VERSION}`);
  }
  await Deno.mkdir(`${ROOT}/.deno`, { recursive: true });
  // Renamed into place, so that no other process reads half of it.
  const part = `${CACHED}.${Deno.pid}`;
  await Deno.writeFile(part, denort, { mode: 0o755 });
  await Deno.rename(part, CACHED);
  return CACHED;
}

/**
 * The executable without the data behind it: an ELF file ends with its section headers (`e_shoff +
 * e_shentsize * e_shnum`), and Deno's payload follows them.
 * @throws {ScriptError} when `program` is not a 64-bit little-endian ELF file.
 */
export function cutPayload(program: Uint8Array): Uint8Array {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const isElf64 = program.length >= 64 && view.getUint32(0) === 0x7f454c46 &&
    view.getUint8(4) === 2 && view.getUint8(5) === 1;
  if (!isElf64) throw new ScriptError("not a 64-bit ELF executable");
  const end = Number(view.getBigUint64(0x28, true)) +
    view.getUint16(0x3a, true) * view.getUint16(0x3c, true);
  if (end > program.length) throw new ScriptError("an ELF executable that was cut short");
  return program.subarray(0, end);
}

/**
 * Installs the package into a folder of its own, with a cache of its own, because it is needed only
 * once.
 */
async function fetchProgram(): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir({ prefix: "e-goat-denort-" });
  try {
    const imports = { [PACKAGE]: `npm:${PACKAGE}@${PACKAGE_VERSION}` };
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      JSON.stringify({ nodeModulesDir: "auto", imports }),
    );
    const env = { DENO_DIR: `${folder}/cache` };
    if (await runDeno(["install"], { cwd: folder, env, quiet: true }) !== 0) {
      throw new ScriptError("neither Deno's download host nor the npm registry could be reached");
    }
    return await Deno.readFile(`${folder}/node_modules/${PACKAGE}/${PROGRAM}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
