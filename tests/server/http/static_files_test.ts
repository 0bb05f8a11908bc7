import assert from "node:assert/strict";
import { StaticFiles } from "../../../server/http/static_files.ts";

async function withFiles(run: (files: StaticFiles) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text);
    await write("index.html", "<!doctype html>");
    await write("app.js", "plain");
    await write("app.js.gz", "gzipped");
    await write("app.js.br", "brotlied");
    await write(
      "manifest.json",
      JSON.stringify([
        { path: "/", file: "index.html", type: "text/html; charset=utf-8", etag: '"one"' },
        {
          path: "/static/app-1.js",
          file: "app.js",
          type: "text/javascript",
          etag: '"two"',
          gzip: "app.js.gz",
          brotli: "app.js.br",
        },
      ]),
    );
    await run(await StaticFiles.open(new URL(`file://${folder}/`)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function ask(files: StaticFiles, path: string, headers: Record<string, string> = {}) {
  const url = `http://localhost:8080${path}`;
  const response = await files.respond(path, new Request(url, { headers }), new URL(url).host);
  assert(response !== null);
  return response;
}

Deno.test("a file with a hash in its name is kept for ever, the page is asked for again", () =>
  withFiles(async (files) => {
    const script = await ask(files, "/static/app-1.js");
    assert.equal(script.headers.get("cache-control"), "public, max-age=31536000, immutable");
    assert.equal(script.headers.get("content-type"), "text/javascript");
    assert.equal(await script.text(), "plain");
    const page = await ask(files, "/");
    assert.equal(page.headers.get("cache-control"), "no-cache");
  }));

Deno.test("the smallest encoding that the browser takes is sent", () =>
  withFiles(async (files) => {
    const cases: [string, string, string | null][] = [
      ["gzip, deflate, br", "brotlied", "br"],
      ["gzip", "gzipped", "gzip"],
      ["br;q=0, gzip;q=0.5", "gzipped", "gzip"],
      ["identity", "plain", null],
    ];
    for (const [accepted, text, encoding] of cases) {
      const response = await ask(files, "/static/app-1.js", { "accept-encoding": accepted });
      assert.equal(response.headers.get("content-encoding"), encoding);
      assert.equal(response.headers.get("vary"), "accept-encoding");
      assert.equal(await response.text(), text);
    }
  }));

Deno.test("a browser that has the file is told so", () =>
  withFiles(async (files) => {
    const etag = (await ask(files, "/")).headers.get("etag")!;
    for (const known of [etag, '"one"', `"zero", ${etag}`, "*"]) {
      assert.equal((await ask(files, "/", { "if-none-match": known })).status, 304, known);
    }
    assert.equal((await ask(files, "/", { "if-none-match": '"two"' })).status, 200);
  }));

Deno.test("the page may load its own files and talk to its own node, nothing else", () =>
  withFiles(async (files) => {
    const policy = (await ask(files, "/")).headers.get("content-security-policy")!;
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /connect-src 'self' ws:\/\/localhost:8080 wss:\/\/localhost:8080/);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|\*/);
  }));

Deno.test("what is not in the manifest is not served", () =>
  withFiles(async (files) => {
    for (const path of ["/manifest.json", "/app.js", "/../secret", "/static/app-1.js.br"]) {
      assert.equal(await files.respond(path, new Request("http://localhost/"), "localhost"), null);
    }
  }));

Deno.test("a node without a built page has no files", async () => {
  const files = await StaticFiles.open(new URL("file:///nowhere/"));
  assert(!files.has("/"));
});
