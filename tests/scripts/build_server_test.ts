import assert from "node:assert/strict";
import { dirname } from "node:path";
import * as esbuild from "esbuild";
import { buildServer } from "../../scripts/build_server.ts";

const SOURCES = {
  "deno.json": '{ "version": "1.2.3", "tasks": { "secret": "x" } }',
  "main.ts": `import config from "./deno.json" with { type: "json" };
import { readFileSync } from "fs";
import { basename } from "./old_style.cjs";
const late = Deno.args.includes("late") ? (await import("./late.ts")).word : "";
const place = new URL("./ui/", import.meta.url).pathname.endsWith("/build/ui/");
console.log(config.version, typeof readFileSync, basename("/a/b"), place, late);`,
  "old_style.cjs": `exports.basename = require("path").basename;
try { require("not-there"); } catch {}`,
  "late.ts": `export const word = "late";`,
  "storage/sqlite_writer.ts": `console.log("writer");`,
  "transport/werift/endpoint_worker.ts": `console.log("webrtc");`,
  "ui/terminal/doctor_main.ts": `console.log("doctor");`,
};

/** Without leak checks: esbuild's child process outlives `esbuild.stop()` by a moment. */
function buildTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

async function withBundle(body: (outDir: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(SOURCES)) {
      await Deno.mkdir(dirname(`${root}/${name}`), { recursive: true });
      await Deno.writeTextFile(`${root}/${name}`, text);
    }
    await buildServer({ root });
    for (const name of Object.keys(SOURCES)) await Deno.remove(`${root}/${name}`);
    await body(`${root}/build`);
  } finally {
    await esbuild.stop();
    await Deno.remove(root, { recursive: true });
  }
}

async function runBundle(path: string, ...args: string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", path, ...args],
  });
  const { stdout, stderr } = await command.output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

buildTest("the bundle runs without its sources, built-ins and CommonJS included", async () => {
  await withBundle(async (outDir) => {
    assert.equal(await runBundle(`${outDir}/main.js`), "1.2.3 function b true \n");
    assert.equal(await runBundle(`${outDir}/writer.js`), "writer\n");
  });
});

buildTest("what is imported late is a file of its own", async () => {
  await withBundle(async (outDir) => {
    assert.doesNotMatch(await Deno.readTextFile(`${outDir}/main.js`), /word = "late"/);
    assert.equal(await runBundle(`${outDir}/main.js`, "late"), "1.2.3 function b true late\n");
  });
});

buildTest("of deno.json the bundle holds the version alone", async () => {
  await withBundle(async (outDir) => {
    assert.doesNotMatch(await Deno.readTextFile(`${outDir}/main.js`), /secret/);
  });
});
