/**
 * For work on E-Goat itself: builds, runs the node, and does both again whenever a source changes; open
 * pages reload. Flags go to the node. When a build fails, the error is printed and the node keeps
 * running as it was.
 */
import * as esbuild from "esbuild";
import { buildServer } from "./build_server.ts";
import { buildUi } from "./build_ui.ts";
import { PERMISSIONS } from "./compile.ts";
import { ROOT } from "./files.ts";
import { ScriptError } from "./run.ts";

const SOURCES = ["deno.json", "main.ts", "server", "storage", "transport", "ui"];

/**
 * Quiet time that ends a burst of changes: editors write a file in several steps, and people save
 * several files at once.
 */
const SETTLE_MS = 80;

async function build(): Promise<boolean> {
  const startedAt = performance.now();
  try {
    await Promise.all([buildUi({ dev: true }), buildServer()]);
    console.error(`Built in ${Math.round(performance.now() - startedAt)} ms`);
    return true;
  } catch (error) {
    // esbuild has printed its own errors with their lines.
    if (error instanceof ScriptError) console.error(`error: ${error.message}`);
    return false;
  }
}

function startNode(): Deno.ChildProcess {
  const args = ["run", ...PERMISSIONS, `${ROOT}/build/main.js`, ...Deno.args];
  return new Deno.Command(Deno.execPath(), { args, stdin: "null" }).spawn();
}

async function stopNode(node: Deno.ChildProcess): Promise<void> {
  try {
    node.kill("SIGTERM");
  } catch {
    // The node has ended by itself.
  }
  await node.status;
}

/** Yields once for each burst of changes. */
async function* changes(watcher: Deno.FsWatcher): AsyncGenerator<void> {
  const events = watcher[Symbol.asyncIterator]();
  let next = events.next();
  while (!(await next).done) {
    let isQuiet = false;
    while (!isQuiet) {
      next = events.next();
      let timer = 0;
      const quiet = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(true), SETTLE_MS);
      });
      isQuiet = await Promise.race([quiet, next.then(() => false)]);
      clearTimeout(timer);
    }
    yield;
  }
}

async function develop(): Promise<void> {
  // Removes the stamp of `build`, because `dev` replaces what `build` has made.
  await Deno.remove(`${ROOT}/build/sources`).catch(() => {});
  const watcher = Deno.watchFs(SOURCES.map((path) => `${ROOT}/${path}`));
  let node: Deno.ChildProcess | null = await build() ? startNode() : null;
  const stop = async () => {
    watcher.close();
    if (node !== null) await stopNode(node);
    await esbuild.stop();
    Deno.exit(0);
  };
  Deno.addSignalListener("SIGINT", stop);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stop);
  for await (const _ of changes(watcher)) {
    if (!await build()) continue;
    if (node !== null) await stopNode(node);
    node = startNode();
  }
}

if (import.meta.main) await develop();
