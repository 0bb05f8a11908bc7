/**
 * The page's files, as the build wrote them with a `manifest.json`. Each is read at its first request and
 * kept: together they are a few hundred kilobytes.
 */
import * as z from "zod/mini";
import { SECURITY_HEADERS } from "./respond.ts";

const manifestSchema = z.array(z.object({
  /** URL path of the file: `/static/app-1a2b3c.js`; `/` is the page. */
  path: z.string(),
  /** Name of the file in the folder. */
  file: z.string(),
  type: z.string(),
  etag: z.string(),
  gzip: z.optional(z.string()),
  brotli: z.optional(z.string()),
}));
type ManifestEntry = z.infer<typeof manifestSchema>[number];

/** Names under `/static/` hold a hash of the content, so they never change. */
const IMMUTABLE = "public, max-age=31536000, immutable";
const REVALIDATE = "no-cache";

export class StaticFiles {
  readonly #folder: URL;
  readonly #entries: ReadonlyMap<string, ManifestEntry>;
  readonly #contents = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

  private constructor(folder: URL, entries: readonly ManifestEntry[]) {
    this.#folder = folder;
    this.#entries = new Map(entries.map((entry) => [entry.path, entry]));
  }

  /** Opens the files in `folder` (a URL that ends with a slash); none when it is null or not built yet. */
  static async open(folder: URL | null): Promise<StaticFiles> {
    if (folder === null) return new StaticFiles(new URL("file:///"), []);
    try {
      const manifest = await Deno.readTextFile(new URL("manifest.json", folder));
      return new StaticFiles(folder, manifestSchema.parse(JSON.parse(manifest)));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return new StaticFiles(folder, []);
      throw error;
    }
  }

  get paths(): Iterable<string> {
    return this.#entries.keys();
  }

  has(path: string): boolean {
    return this.#entries.has(path);
  }

  /** Answers a request for `path` that was sent to `host`; null when there is no such file. */
  async respond(path: string, request: Request, host: string): Promise<Response | null> {
    const entry = this.#entries.get(path);
    if (entry === undefined) return null;
    const headers = headersOf(entry, host);
    if (isKnown(request.headers.get("if-none-match"), entry.etag)) {
      return new Response(null, { status: 304, headers });
    }
    const { file, encoding } = chooseEncoding(entry, request.headers.get("accept-encoding") ?? "");
    if (encoding !== null) headers.push(["content-encoding", encoding]);
    return new Response(await this.#read(file), { headers });
  }

  #read(file: string): Promise<Uint8Array<ArrayBuffer>> {
    let content = this.#contents.get(file);
    if (content === undefined) {
      content = Deno.readFile(new URL(file, this.#folder));
      this.#contents.set(file, content);
      content.catch(() => this.#contents.delete(file));
    }
    return content;
  }
}

function headersOf(entry: ManifestEntry, host: string): [string, string][] {
  return [
    ["content-type", entry.type],
    // Weak: the same tag stands for each of its encodings (RFC 9110 8.8.1).
    ["etag", `W/${strongTag(entry.etag)}`],
    ["cache-control", entry.path.startsWith("/static/") ? IMMUTABLE : REVALIDATE],
    ["vary", "accept-encoding"],
    ["content-security-policy", contentPolicy(new URL(`http://${host}`).host)],
    ["x-frame-options", "DENY"],
    ["referrer-policy", "no-referrer"],
    ...SECURITY_HEADERS,
  ];
}

/**
 * Lets the page load only its own files, and open sockets only to its own node. `host` was checked before.
 */
function contentPolicy(host: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "font-src 'self'",
    // 'self' covers WebSockets in today's browsers; Safari before 15.4 wants them named.
    `connect-src 'self' ws://${host} wss://${host}`,
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** Returns `etag` in quotes and without a weakness prefix. */
function strongTag(etag: string): string {
  const bare = etag.replace(/^W\//, "");
  return bare.startsWith('"') ? bare : `"${bare}"`;
}

function isKnown(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  const wanted = strongTag(etag);
  return ifNoneMatch.split(",").some((tag) =>
    tag.trim() === "*" || strongTag(tag.trim()) === wanted
  );
}

function chooseEncoding(
  entry: ManifestEntry,
  accepted: string,
): { file: string; encoding: string | null } {
  if (entry.brotli !== undefined && accepts(accepted, "br")) {
    return { file: entry.brotli, encoding: "br" };
  }
  if (entry.gzip !== undefined && accepts(accepted, "gzip")) {
    return { file: entry.gzip, encoding: "gzip" };
  }
  return { file: entry.file, encoding: null };
}

function accepts(header: string, encoding: string): boolean {
  return header.split(",").some((item) => {
    const [name, ...parameters] = item.trim().toLowerCase().split(";");
    return name === encoding && !parameters.some((p) => /^\s*q=0(\.0*)?\s*$/.test(p));
  });
}
