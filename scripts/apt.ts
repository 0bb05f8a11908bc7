/** Installs Debian's packages where that is possible: on Debian, as root. */
import { run } from "./run.ts";

/** A machine that has just started may be updating itself, and a mirror may be slow to answer. */
const OPTIONS = [
  ...["-o", "DPkg::Lock::Timeout=300"],
  ...["-o", "Acquire::Retries=3"],
  ...["-o", "Acquire::http::Timeout=30"],
];

/**
 * Lets only one process install at a time. Tests of two files may need packages at once, and `apt-get
 * update` does not wait for another one.
 */
const LOCK = "/run/e-goat-apt.lock";

/**
 * Installs `packages` and resolves to whether that worked; if not, the output of apt was printed.
 * `flags` are apt's own, such as `--no-install-recommends`.
 */
export async function installPackages(
  packages: readonly string[],
  flags: readonly string[] = [],
): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  using lock = await Deno.open(LOCK, { create: true, write: true });
  await lock.lock(true);
  const options = { quiet: true, env: { DEBIAN_FRONTEND: "noninteractive" } };
  console.error(`Installing ${packages.join(", ")} with apt-get`);
  await run("apt-get", [...OPTIONS, "update"], options);
  const args = [...OPTIONS, "install", "-y", ...flags, ...packages];
  return await run("apt-get", args, options) === 0;
}
