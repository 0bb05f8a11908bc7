/**
 * Builds the page and the node's bundle into `build/` when any source has changed since the last build.
 * `--force` builds in any case.
 */
import { digestOf, readOrEmpty, removeAll, ROOT } from "./files.ts";
import { exitWithError } from "./run.ts";

/** Everything that can change the result. */
const SOURCES = [
  "deno.json",
  "deno.lock",
  "main.ts",
  "scripts/asset_folder.ts",
  "scripts/build_server.ts",
  "scripts/build_ui.ts",
  "server",
  "storage",
  "transport",
  "ui",
];

const STAMP = `${ROOT}/build/sources`;

async function build(): Promise<void> {
  const digest = await digestOf(ROOT, SOURCES);
  if (!Deno.args.includes("--force") && await readOrEmpty(STAMP) === digest) return;
  const startedAt = performance.now();
  // Loaded only for a build, because esbuild takes a while to load.
  const [esbuild, { buildUi }, { buildServer }] = await Promise.all([
    import("esbuild"),
    import("./build_ui.ts"),
    import("./build_server.ts"),
  ]);
  try {
    await removeAll(STAMP);
    const [pageBytes] = await Promise.all([buildUi(), buildServer()]);
    await Deno.writeTextFile(STAMP, digest);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const page = (pageBytes / 1000).toFixed(1);
    console.error(`Built the page (${page} kB gzipped) and the node's bundle in ${seconds} s`);
  } finally {
    await esbuild.stop();
  }
}

if (import.meta.main) await build().catch(exitWithError);
