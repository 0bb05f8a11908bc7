/**
 * Bundles the node into few files, which start faster than its sources and need no packages. An
 * executable of the sources had 142 MB and answered after 175 ms; one of the bundle has 98 MB and
 * answers after 116 ms.
 *
 * `main.js`, `doctor.js`, `writer.js` and `webrtc.js` stand beside `ui/`. Modules that main.ts imports
 * on demand stay in files of their own, which are read only then.
 */
import * as esbuild from "esbuild";
import { builtinModules } from "node:module";
import { removeAll, ROOT } from "./files.ts";

const BUILTINS = new Set(builtinModules);

/**
 * Adds the prefix `node:` to built-in modules. Deno finds them only with it, and packages import them
 * without it.
 */
const nodeNames: esbuild.Plugin = {
  name: "node-names",
  setup(build) {
    build.onResolve({ filter: /^[a-z_]+(\/[a-z_]+)?$/ }, ({ path }) => {
      return BUILTINS.has(path) ? { path: `node:${path}`, external: true } : null;
    });
  },
};

/** Reduces deno.json to the version, which the node reads. A bundle needs no tasks and no lint rules. */
const versionAlone: esbuild.Plugin = {
  name: "version-alone",
  setup(build) {
    build.onLoad({ filter: /[\\/]deno\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await Deno.readTextFile(path));
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
  },
};

/**
 * A `require` for CommonJS inside an ES module, which has none. Only built-in modules are left to
 * require.
 */
const REQUIRE = `const require = (name) => {
  const found = process.getBuiltinModule(name);
  if (found) return found;
  throw Object.assign(new Error("Cannot find module " + name), { code: "MODULE_NOT_FOUND" });
};
`;

/**
 * Entries that are bundled by themselves and share no parts with main.js: workers must not wait for
 * shared parts, and a node must not load code that only the doctor needs.
 */
export const OWN_FILES = {
  "doctor": "ui/terminal/doctor_main.ts",
  "writer": "storage/sqlite_writer.ts",
  "webrtc": "transport/werift/endpoint_worker.ts",
};

/** Where the sources are and where the result goes; by default the checkout's own folders. */
export interface ServerBuildOptions {
  readonly root?: string;
  readonly outDir?: string;
}

/** Bundles `main.ts` to `main.js`, and each of `OWN_FILES` to a file of its name. */
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
