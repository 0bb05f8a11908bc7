/**
 * Sets up what a fresh checkout lacks: the packages of deno.json, and Chromium with `--chromium`.
 * It imports no package itself, so it runs before there are any. Does nothing, quickly, when all
 * is there.
 */
import { setUpChromium } from "./chromium.ts";
import { digestOf, readOrEmpty, ROOT } from "./files.ts";
import { exitWithError, runDeno, ScriptError } from "./run.ts";

const STAMP = `${ROOT}/node_modules/.e-goat`;

/** Installs the packages when there are none or deno.json or deno.lock have changed since. */
export async function setUpPackages(): Promise<void> {
  if (await readOrEmpty(STAMP) === await digestOf(ROOT, ["deno.json", "deno.lock"])) return;
  console.error("Setting up packages");
  // In CI a lock file that no longer fits is a mistake to show, not one to mend in silence.
  const frozen = Deno.env.get("CI") ? ["--frozen"] : [];
  if (await runDeno(["install", ...frozen], { quiet: true }) !== 0) {
    throw new ScriptError("the packages of deno.json could not be installed: see above");
  }
  await Deno.writeTextFile(STAMP, await digestOf(ROOT, ["deno.json", "deno.lock"]));
}

if (import.meta.main) {
  try {
    await setUpPackages();
    if (Deno.args.includes("--chromium")) await setUpChromium();
  } catch (error) {
    exitWithError(error);
  }
}
