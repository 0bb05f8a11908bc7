/** Bundles a script of the tests for a page. */
import * as esbuild from "esbuild";

/** The script that `entry` and what it imports make. */
export async function pageScript(entry: URL): Promise<string> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [entry.pathname],
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
  });
  await esbuild.stop();
  return outputFiles[0]!.text;
}
