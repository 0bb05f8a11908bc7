/**
 * Bundles the node into few files, which start faster than its sources and need no packages: an
 * executable of the sources was 142 MB and answered after 175 ms, of the bundle 98 MB and 116 ms.
 *
 * `main.js`, `doctor.js`, `writer.js` and `webrtc.js` stand beside `ui/`. What main.ts imports only
 * when it is wanted stays in files of its own, which are not read before.
 */
import * as esbuild from "esbuild";
import { builtinModules } from "node:module";
import { removeAll, ROOT } from "./files.ts";

const BUILTINS = new Set(builtinModules);

/** Deno takes built-in modules by their `node:` names alone; packages name them without it. */
const nodeNames: esbuild.Plugin = {
  name: "node-names",
  setup(build) {
    build.onResolve({ filter: /^[a-z_]+(\/[a-z_]+)?$/ }, ({ path }) => {
      return BUILTINS.has(path) ? { path: `node:${path}`, external: true } : null;
    });
  },
};

/** The node reads its version from deno.json; tasks and lint rules are none of a bundle's. */
const versionAlone: esbuild.Plugin = {
  name: "version-alone",
  setup(build) {
    build.onLoad({ filter: /[\\/]deno\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await Deno.readTextFile(path));
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
  },
};

/** CommonJS inside an ES module finds no `require`; what is left to require is built in. */
const REQUIRE = `const require = (name) => {
  const found = process.getBuiltinModule(name);
  if (found) return found;
  throw Object.assign(new Error("Cannot find module " + name), { code: "MODULE_NOT_FOUND" });
};
`;

/**
 * Entries with files of their own, which share no parts with main.js: workers must not wait for such
 * parts, and a node must not start with what only the doctor needs.
 */
const OWN_FILES = {
  "doctor": "ui/terminal/doctor_main.ts",
  "writer": "storage/sqlite_writer.ts",
  "webrtc": "transport/webrtc_worker.ts",
};

/** What goes in and where it comes out; the checkout's own unless a test says otherwise. */
export interface ServerBuildOptions {
  readonly root?: string;
  readonly outDir?: string;
}

/** Bundles `main.ts` to `main.js`, and `OWN_FILES` to theirs. */
export async function buildServer(options: ServerBuildOptions = {}): Promise<void> {
  const root = options.root ?? ROOT;
  const outDir = options.outDir ?? `${root}/build`;
  await Deno.mkdir(outDir, { recursive: true });
  await removeOldBundles(outDir);
  await bundle(root, { entry: "main.ts", name: "main", outDir, splitting: true });
  for (const [name, entry] of Object.entries(OWN_FILES)) {
    await bundle(root, { entry, name, outDir, splitting: false });
  }
}

interface Bundle {
  readonly entry: string;
  readonly name: string;
  readonly outDir: string;
  readonly splitting: boolean;
}

async function bundle(root: string, { entry, name, outDir, splitting }: Bundle): Promise<void> {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: { [name]: entry },
    outdir: outDir,
    // Beside main.js, so that `import.meta.url` means the same folder in each.
    chunkNames: "part-[hash]",
    bundle: true,
    splitting,
    write: false,
    platform: "node",
    format: "esm",
    target: "esnext",
    // Lines and names stay, so that a stack trace in a report can be read.
    minifySyntax: true,
    plugins: [nodeNames, versionAlone],
    logLevel: "warning",
  });
  for (const file of outputFiles) {
    const prefix = file.text.includes("typeof require") ? REQUIRE : "";
    await Deno.writeTextFile(file.path, prefix + file.text);
  }
}

async function removeOldBundles(outDir: string): Promise<void> {
  for await (const entry of Deno.readDir(outDir)) {
    if (entry.name.endsWith(".js")) await removeAll(`${outDir}/${entry.name}`);
  }
}
