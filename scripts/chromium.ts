/** Finds the Chromium that the browser tests use, and installs it where that is possible. */
import { installPackages } from "./apt.ts";
import { ScriptError } from "./run.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Places where installers put Chromium without a change of PATH. */
const USUAL_PLACES = [
  "/usr/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** Flags for a Chromium without a screen, which may run as root and sends no requests of its own. */
export const CHROMIUM_FLAGS: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The surroundings of the search; the real ones unless a test passes others. */
export interface Surroundings {
  env(name: string): string | undefined;
  isFile(path: string): boolean;
}

const HERE: Surroundings = {
  env: (name) => Deno.env.get(name),
  isFile(path) {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  },
};

/**
 * The path of a Chromium or Chrome: that of `EGOAT_CHROMIUM`, else one on PATH, else one in a usual
 * place; null when there is none.
 * @throws {ScriptError} when `EGOAT_CHROMIUM` names no file.
 */
export function findChromium(here: Surroundings = HERE): string | null {
  const wanted = here.env("EGOAT_CHROMIUM");
  if (wanted) {
    if (here.isFile(wanted)) return wanted;
    throw new ScriptError(`EGOAT_CHROMIUM names no file: ${wanted}`);
  }
  const folders = (here.env("PATH") ?? "").split(":").filter((folder) => folder !== "");
  const candidates = NAMES.flatMap((name) => folders.map((folder) => `${folder}/${name}`));
  return [...candidates, ...USUAL_PLACES].find((path) => here.isFile(path)) ?? null;
}

/**
 * Like `findChromium`, but installs Debian's package first when there is none and the script runs as
 * root.
 * @throws {ScriptError} that says what to install.
 */
export async function setUpChromium(): Promise<string> {
  const found = findChromium() ?? await installChromium();
  if (found !== null) return found;
  throw new ScriptError(
    "the browser tests need Chromium: install the package `chromium`, " +
      "or set EGOAT_CHROMIUM to a Chromium or Chrome",
  );
}

async function installChromium(): Promise<string | null> {
  if (!HERE.isFile("/usr/bin/apt-get")) return null;
  return await installPackages(["chromium"]) ? findChromium() : null;
}
