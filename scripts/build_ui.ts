/**
 * Bundles the page: `ui/web/main.tsx` with its style, `index.html`, and the files of `ui/web/public/`.
 * Their names change with their content, they are compressed in advance, and a manifest lists them,
 * from which the node serves them.
 *
 * Placeholders in `index.html` say where things go: `<!-- styles -->`, `<!-- scripts -->` and
 * `{{asset:name}}` for a file of `public/`. Text files of `public/` may use `{{asset:name}}` too.
 */
import { basename } from "node:path";
import * as esbuild from "esbuild";
import { AssetFolder } from "./asset_folder.ts";
import { listFiles, removeAll, ROOT, sha256 } from "./files.ts";
import { ScriptError } from "./run.ts";

/**
 * Most gzipped bytes of script and style. A phone on a slow network loads them before it shows a
 * message.
 */
export const MAX_PAGE_BYTES = 80_000;

/** Browsers of about two years ago. */
const TARGET = ["es2022", "chrome120", "firefox121", "safari17"];

/** Where the sources are and where the result goes; by default the checkout's own folders. */
export interface UiBuildOptions {
  readonly root?: string;
  readonly outDir?: string;
  /** Readable output with source maps, nothing compressed, and a page that reloads itself. */
  readonly dev?: boolean;
}

/**
 * Builds the page.
 * @returns the gzipped size in bytes of the script and style that the page loads first; 0 when `dev`.
 * @throws {ScriptError} when that is above `MAX_PAGE_BYTES`, or a name in a text file is unknown.
 */
export async function buildUi(options: UiBuildOptions = {}): Promise<number> {
  const root = options.root ?? ROOT;
  const outDir = options.outDir ?? `${root}/build/ui`;
  const dev = options.dev ?? false;
  const part = `${outDir}.part`;
  await removeAll(part);
  const folder = new AssetFolder(part, { compress: !dev });
  const { scripts, preloads, styles, pageBytes } = await addBundle(folder, root, dev);
  const names = await addPublicFiles(folder, `${root}/ui/web/public`);
  const index = await Deno.readTextFile(`${root}/ui/web/index.html`);
  const html = fillNames("ui/web/index.html", index, names)
    .replace(
      "<!-- styles -->",
      styles.map((path) => `<link rel="stylesheet" href="${path}">`).join(""),
    )
    .replace(
      "<!-- scripts -->",
      [
        // Otherwise the browser would request the chunks one after the other.
        ...preloads.map((path) => `<link rel="modulepreload" href="${path}">`),
        ...scripts.map((path) => `<script type="module" src="${path}"></script>`),
      ].join(""),
    );
  await folder.add("/", "index.html", new TextEncoder().encode(html));
  await folder.writeManifest();
  if (pageBytes > MAX_PAGE_BYTES) {
    throw new ScriptError(
      `the page's script and style are ${pageBytes} bytes gzipped, more than ${MAX_PAGE_BYTES}`,
    );
  }
  // Replaced only by a complete page, so that a running node never reads half of one.
  await removeAll(outDir);
  await Deno.rename(part, outDir);
  return pageBytes;
}

async function addBundle(folder: AssetFolder, root: string, dev: boolean) {
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: { app: "ui/web/main.tsx" },
    outdir: folder.path,
    entryNames: "static/[name]-[hash]",
    chunkNames: "static/[name]-[hash]",
    assetNames: "static/[name]-[hash]",
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    platform: "browser",
    format: "esm",
    target: TARGET,
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: !dev,
    sourcemap: dev ? "inline" : false,
    loader: { ".svg": "file", ".png": "file", ".woff2": "file" },
    inject: dev ? [`${ROOT}/scripts/dev_reload.ts`] : [],
    logLevel: "warning",
  });
  let pageBytes = 0;
  const late = lateOutputs(metafile);
  for (const file of outputFiles) {
    const name = relativeTo(folder.path, file.path);
    const asset = await folder.add(`/${name}`, name, file.contents);
    if (/\.(js|css)$/.test(name) && !late.has(basename(name))) pageBytes += asset.gzipBytes;
  }
  const entries = Object.values(metafile.outputs).filter((output) => output.entryPoint);
  const made = Object.keys(metafile.outputs).filter((path) => !late.has(basename(path)))
    .map((path) => `/static/${basename(path)}`);
  return {
    scripts: made.filter((path) => /\/app-[^/]*\.js$/.test(path)),
    preloads: made.filter((path) => /\/chunk-[^/]*\.js$/.test(path)),
    styles: entries.flatMap((entry) => entry.cssBundle ?? []).map((path) =>
      `/static/${basename(path)}`
    ),
    pageBytes,
  };
}

/** File names of the outputs that only dynamic imports load. */
function lateOutputs({ outputs }: esbuild.Metafile): Set<string> {
  const late = new Set(Object.keys(outputs));
  const begin = (path: string) => {
    if (!late.delete(path)) return;
    const { imports, cssBundle } = outputs[path]!;
    if (cssBundle !== undefined) begin(cssBundle);
    for (const { kind, path } of imports) if (kind !== "dynamic-import") begin(path);
  };
  for (const path of Object.keys(outputs)) if (/^app-[^/]*\.js$/.test(basename(path))) begin(path);
  return new Set([...late].map((path) => basename(path)));
}

/** Copies `public/` under hashed names and returns the new paths by the files' own names. */
async function addPublicFiles(folder: AssetFolder, from: string): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const files = await listFiles(from);
  // A file that names others comes second: it needs the hashes of the others.
  for (const hasNames of [false, true]) {
    for (const file of files) {
      let bytes: Uint8Array = await Deno.readFile(`${from}/${file}`);
      if (namesOthers(file, bytes) !== hasNames) continue;
      if (hasNames) bytes = encode(fillNames(file, new TextDecoder().decode(bytes), names));
      const name = `static/${withHash(file, bytes)}`;
      await folder.add(`/${name}`, name, bytes);
      names.set(file, `/${name}`);
    }
  }
  return names;
}

const encode = (text: string) => new TextEncoder().encode(text);

function namesOthers(file: string, bytes: Uint8Array): boolean {
  return /\.(webmanifest|json|svg|txt|html)$/.test(file) &&
    new TextDecoder().decode(bytes).includes("{{asset:");
}

function fillNames(where: string, text: string, names: ReadonlyMap<string, string>): string {
  return text.replace(/\{\{asset:([^}]+)\}\}/g, (_, name: string) => {
    const path = names.get(name);
    if (path === undefined) {
      throw new ScriptError(`${where} names ui/web/public/${name}: no such file`);
    }
    return path;
  });
}

/** `icon.svg` becomes `icon-1a2b3c4d.svg`. */
function withHash(file: string, bytes: Uint8Array): string {
  const dot = file.lastIndexOf(".");
  return `${file.slice(0, dot)}-${sha256(bytes).slice(0, 8)}${file.slice(dot)}`;
}

function relativeTo(folder: string, path: string): string {
  return path.slice(folder.length + 1).replaceAll("\\", "/");
}
