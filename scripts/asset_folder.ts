/** The folder of the built page: its files, their compressed copies, and the manifest that lists both. */
import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { sha256 } from "./files.ts";
import { ScriptError } from "./run.ts";

/** One entry of `manifest.json`, from which the node serves the page. */
export interface Asset {
  /** The path of the request, `/static/app-1A2B3C4D.js`. */
  readonly path: string;
  /** The file, relative to the manifest. */
  readonly file: string;
  /** The `content-type`. */
  readonly type: string;
  /** A strong ETag with its quotes. */
  readonly etag: string;
  /** The compressed copies, when they are smaller than the file. */
  readonly gzip?: string;
  readonly brotli?: string;
}

const TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  jpg: "image/jpeg",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  mp3: "audio/mpeg",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  wasm: "application/wasm",
  webmanifest: "application/manifest+json",
  webp: "image/webp",
  woff2: "font/woff2",
};

/** Formats that are compressed already. */
const PACKED = /\.(ico|jpg|mp3|png|webp|woff2)$/;

/** Writes assets and remembers them for the manifest. */
export class AssetFolder {
  readonly path: string;
  readonly #compress: boolean;
  readonly #assets: Asset[] = [];

  constructor(path: string, options: { compress: boolean }) {
    this.path = path;
    this.#compress = options.compress;
  }

  /**
   * Writes `file`, to be served at `path`.
   * @returns its gzipped size in bytes, 0 when it is not compressed.
   * @throws {ScriptError} when its content type is unknown.
   */
  async add(path: string, file: string, bytes: Uint8Array): Promise<{ gzipBytes: number }> {
    const type = TYPES[file.slice(file.lastIndexOf(".") + 1)];
    if (type === undefined) throw new ScriptError(`no content type is known for ${file}`);
    await this.#write(file, bytes);
    const packed = this.#compress && !PACKED.test(file) ? await this.#pack(file, bytes) : null;
    const etag = `"${sha256(bytes).slice(0, 16)}"`;
    this.#assets.push({ path, file, type, etag, ...packed?.files });
    return { gzipBytes: packed?.gzipBytes ?? 0 };
  }

  /** Writes `manifest.json`: an array of `Asset`, sorted by path. */
  async writeManifest(): Promise<void> {
    this.#assets.sort((a, b) => a.path < b.path ? -1 : 1);
    const json = JSON.stringify(this.#assets, null, 2);
    await Deno.writeTextFile(`${this.path}/manifest.json`, `${json}\n`);
  }

  async #pack(file: string, bytes: Uint8Array) {
    const gzipped = await promisify(gzip)(bytes, { level: 9 });
    const brotlied = await promisify(brotliCompress)(Buffer.from(bytes), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11 },
    });
    const files: { gzip?: string; brotli?: string } = {};
    if (gzipped.length < bytes.length) files.gzip = await this.#write(`${file}.gz`, gzipped);
    if (brotlied.length < bytes.length) files.brotli = await this.#write(`${file}.br`, brotlied);
    return { files, gzipBytes: Math.min(gzipped.length, bytes.length) };
  }

  async #write(file: string, bytes: Uint8Array): Promise<string> {
    const path = `${this.path}/${file}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(path, bytes);
    return file;
  }
}
