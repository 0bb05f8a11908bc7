/** Finds the Chromium that the browser tests drive, and installs it where that can be done. */
import { installPackages } from "./apt.ts";
import { ScriptError } from "./run.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Where installers put it without touching PATH. */
const USUAL_PLACES = [
  "/usr/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** For a Chromium without a screen that may run as root and asks nothing of the internet. */
export const CHROMIUM_FLAGS: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What the search looks at; the real ones unless a test says otherwise. */
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
 * The path of a Chromium or Chrome: `EGOAT_CHROMIUM`, else one on PATH, else in a usual place.
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
 * Like `findChromium`, but installs Debian's package first when there is none and this is root.
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
