/**
 * Sets up what a fresh checkout lacks: the packages of deno.json, and Chromium with `--chromium`. This
 * script imports no package, so it runs before there are any. Does nothing, quickly, when all is there.
 * `nodeModulesDir` is `manual` so that Deno leaves the packages to this script: by itself Deno would
 * install them before the first task, and print two lines for each.
 */
import { setUpChromium } from "./chromium.ts";
import { digestOf, readOrEmpty, ROOT } from "./files.ts";
import { installPackages } from "./install_progress.ts";
import { exitWithError, ScriptError } from "./run.ts";

const STAMP = `${ROOT}/node_modules/.e-goat`;

/** Installs the packages when there are none or deno.json or deno.lock have changed since. */
export async function setUpPackages(): Promise<void> {
  if (await readOrEmpty(STAMP) === await digestOf(ROOT, ["deno.json", "deno.lock"])) return;
  // In CI a lock file that no longer fits is a mistake to show, not one to correct silently.
  const frozen = Deno.env.get("CI") ? ["--frozen"] : [];
  if (await installPackages(await readOrEmpty(`${ROOT}/deno.lock`), frozen) !== 0) {
    throw new ScriptError(
      "the packages could not be installed, see above. They come from the npm registry: can this " +
        "machine reach it? Behind a proxy, set HTTPS_PROXY",
    );
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
