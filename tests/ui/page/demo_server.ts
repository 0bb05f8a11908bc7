/** Bundles the demo and serves it as a node would: CSP, `/config`, `/history`. */
import * as esbuild from "esbuild";

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
  "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'";

const uiDir = new URL("../../../ui/web/", import.meta.url);

export interface DemoServer extends AsyncDisposable {
  readonly url: string;
  /** The answer of `/config`, besides the version. */
  config: { public_base: string | null; addresses: string[]; strategy?: string };
  /** Holds the answer of `/config` until it resolves. */
  configReady: Promise<void>;
  /** The messages that `/history` has. */
  history: { timestamp: number }[];
}

/** Builds and serves; closes everything when disposed. */
export async function serveDemo(): Promise<DemoServer> {
  const files = await bundleDemo();
  // esbuild's process outlives this call by a moment, and must not outlive the test.
  await esbuild.stop();
  const state: Pick<DemoServer, "config" | "configReady" | "history"> = {
    config: { public_base: null, addresses: [] },
    configReady: Promise.resolve(),
    history: [],
  };
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const url = new URL(request.url);
      if (url.pathname === "/config") {
        await state.configReady;
        return Response.json({ version: "0.1.0", ...state.config });
      }
      if (url.pathname === "/history") {
        const since = Number(url.searchParams.get("since"));
        return Response.json(state.history.filter((row) => row.timestamp > since).slice(0, 2));
      }
      const file = files.get(url.pathname);
      if (file === undefined) return new Response("not found", { status: 404 });
      return new Response(file.body, {
        headers: { "content-type": file.type, "content-security-policy": CSP },
      });
    },
  );
  return Object.assign(state, {
    url: `http://localhost:${server.addr.port}/`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  });
}

async function bundleDemo(): Promise<Map<string, { body: string; type: string }>> {
  const built = await esbuild.build({
    entryPoints: [new URL("./demo.tsx", import.meta.url).pathname],
    outdir: "/out",
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "silent",
  });
  const text = (name: string) => built.outputFiles.find(({ path }) => path.endsWith(name))!.text;
  const html = (await Deno.readTextFile(new URL("index.html", uiDir)))
    .replace("<!-- styles -->", '<link rel="stylesheet" href="/demo.css">')
    .replace("<!-- scripts -->", '<script type="module" src="/demo.js"></script>')
    .replaceAll(/\{\{asset:(.+?)\}\}/g, "/$1");
  const icon = await Deno.readTextFile(new URL("public/favicon.svg", uiDir));
  return new Map([
    ["/", { body: html, type: "text/html; charset=utf-8" }],
    ["/demo.js", { body: text("demo.js"), type: "text/javascript" }],
    ["/demo.css", { body: text("demo.css"), type: "text/css" }],
    ["/favicon.svg", { body: icon, type: "image/svg+xml" }],
    ["/manifest.webmanifest", { body: "{}", type: "application/manifest+json" }],
  ]);
}
