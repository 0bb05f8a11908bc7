import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import type { Asset } from "../../scripts/asset_folder.ts";
import { buildUi, MAX_PAGE_BYTES } from "../../scripts/build_ui.ts";

const INDEX = '<link rel="icon" href="{{asset:icon.svg}}"><!-- styles --><!-- scripts -->';

/** Without leak checks: esbuild's child process outlives `esbuild.stop()` by a moment. */
function buildTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

/** Runs `body` with a page of its own in a temporary folder. */
async function withPage(
  files: Record<string, string>,
  body: (root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/ui/web/public`, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${root}/ui/web/${name}`, text);
    }
    await body(root);
  } finally {
    await esbuild.stop();
    await Deno.remove(root, { recursive: true });
  }
}

const PAGE = {
  "index.html": INDEX,
  "main.tsx": 'import "./app.css"; console.log("page");',
  "app.css": "p { color: red }",
  "public/icon.svg": "<svg/>",
  "public/app.webmanifest": '{ "icon": "{{asset:icon.svg}}" }',
};

async function readManifest(root: string): Promise<Asset[]> {
  return JSON.parse(await Deno.readTextFile(`${root}/build/ui/manifest.json`));
}

buildTest("the page names its script, style and assets by their content", async () => {
  await withPage(PAGE, async (root) => {
    await buildUi({ root });
    const html = await Deno.readTextFile(`${root}/build/ui/index.html`);
    assert.match(
      html,
      /^<link rel="icon" href="\/static\/icon-[0-9a-f]{8}\.svg"><link rel="stylesheet" href="\/static\/app-\w+\.css"><script type="module" src="\/static\/app-\w+\.js"><\/script>$/,
    );
    const paths = (await readManifest(root)).map(({ path }) => path);
    for (const [, path] of html.matchAll(/"(\/static\/[^"]+)"/g)) {
      assert.ok(paths.includes(path ?? ""));
    }
  });
});

buildTest(
  "every file of the manifest is there, with its type, ETag and compressed copies",
  async () => {
    const style = Array.from({ length: 100 }, (_, i) => `.p${i} { color: red }`).join("\n");
    await withPage({ ...PAGE, "app.css": style }, async (root) => {
      await buildUi({ root });
      const assets = await readManifest(root);
      for (const asset of assets) {
        const bytes = await Deno.readFile(`${root}/build/ui/${asset.file}`);
        assert.match(asset.etag, /^"[0-9a-f]{16}"$/);
        if (asset.gzip === undefined) continue;
        const packed = await Deno.readFile(`${root}/build/ui/${asset.gzip}`);
        assert.deepEqual(new Uint8Array(gunzipSync(packed)), bytes);
      }
      const css = assets.find(({ file }) => file.endsWith(".css"));
      assert.equal(css?.type, "text/css; charset=utf-8");
      assert.ok(css?.gzip && css.brotli);
      assert.equal(assets[0]?.path, "/");
      assert.equal(assets[0]?.file, "index.html");
    });
  },
);

buildTest("a text file of public may name the others", async () => {
  await withPage(PAGE, async (root) => {
    await buildUi({ root });
    const asset = (await readManifest(root)).find(({ file }) => file.endsWith(".webmanifest"));
    const text = await Deno.readTextFile(`${root}/build/ui/${asset?.file}`);
    assert.match(text, /^\{ "icon": "\/static\/icon-[0-9a-f]{8}\.svg" \}$/);
  });
});

buildTest("a page that names a file which is not there is refused", async () => {
  await withPage({ ...PAGE, "index.html": "{{asset:logo.svg}}" }, async (root) => {
    await assert.rejects(buildUi({ root }), /index\.html names ui\/web\/public\/logo\.svg/);
  });
});

buildTest("a page that would load slowly is refused", async () => {
  const noise = Array.from(
    crypto.getRandomValues(new Uint8Array(60_000)),
    (byte) => byte.toString(16),
  )
    .join("");
  const script = `console.log(${JSON.stringify(noise + [...noise].reverse().join("x"))});`;
  await withPage({ ...PAGE, "main.tsx": script }, async (root) => {
    await assert.rejects(buildUi({ root }), new RegExp(`more than ${MAX_PAGE_BYTES}`));
  });
});

buildTest(
  "what is loaded late costs the page nothing, and what it shares with that is preloaded",
  async () => {
    const noise = crypto.getRandomValues(new Uint8Array(60_000)).toHex();
    const files = {
      ...PAGE,
      "main.tsx":
        'import { log } from "./shared.ts"; log("page"); addEventListener("x", () => import("./late.ts"));',
      "late.ts": `import { log } from "./shared.ts"; log(${JSON.stringify(noise)});`,
      "shared.ts": "export function log(text: string) { console.log(text); }",
    };
    await withPage(files, async (root) => {
      assert.ok(await buildUi({ root }) < 2_000);
      const html = await Deno.readTextFile(`${root}/build/ui/index.html`);
      assert.match(html, /<link rel="modulepreload" href="\/static\/chunk-\w+\.js"><script /);
      assert.doesNotMatch(html, /late/);
      const scripts = (await readManifest(root)).filter(({ file }) => file.endsWith(".js"));
      assert.equal(scripts.length, 3, "the page, what is late and what they share");
    });
  },
);

buildTest("a page for development is not compressed and reloads itself", async () => {
  await withPage(PAGE, async (root) => {
    assert.equal(await buildUi({ root, dev: true }), 0);
    const script = (await readManifest(root)).find(({ file }) => file.endsWith(".js"));
    assert.equal(script?.gzip, undefined);
    assert.match(await Deno.readTextFile(`${root}/build/ui/${script?.file}`), /location\.reload/);
  });
});
