/** Bundles scripts of the tests for pages. */
import * as esbuild from "esbuild";

/** Returns `entry` and its imports as one script. */
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
