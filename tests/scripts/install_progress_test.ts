import assert from "node:assert/strict";
import { listFiles, ROOT } from "../../scripts/files.ts";
import { countCached, packageFolders, ProgressLine } from "../../scripts/install_progress.ts";

/** The output for `counts` of four packages, one after the other. */
function shown(isTerminal: boolean, counts: readonly number[]): string {
  let text = "";
  const line = new ProgressLine("Setting up", 4, {
    isTerminal: () => isTerminal,
    write: (more) => text += more,
  });
  for (const count of counts) line.show(count);
  line.end();
  return text;
}

Deno.test("on a terminal progress is one line that is written over", () => {
  assert.equal(
    shown(true, [0, 1, 4]),
    "Setting up\rSetting up: 0 of 4\x1b[K\rSetting up: 1 of 4\x1b[K\rSetting up: 4 of 4\x1b[K\n",
  );
});

Deno.test("elsewhere progress is a line for each half of the way, however often it is told", () => {
  assert.equal(
    shown(false, [0, 0, 1, 1, 2, 3, 3, 4, 4]),
    "Setting up\nSetting up: 2 of 4\nSetting up: 4 of 4\n",
  );
  assert.equal(shown(false, [0, 4]), "Setting up\nSetting up: 4 of 4\n");
  assert.equal(shown(false, [1]), "Setting up\n");
});

const LOCK = JSON.stringify({
  npm: {
    "hono@4.1.0": {},
    "@preact/signals@2.1.0_preact@11.2.0": {},
    "@esbuild/linux-x64@0.2.0": { os: ["linux"], cpu: ["x64"] },
    "@esbuild/linux-arm64@0.2.0": { os: ["linux"], cpu: ["arm64"] },
    "@esbuild/win32-x64@0.2.0": { os: ["win32"], cpu: ["x64"] },
  },
});

Deno.test("the packages of a lock file are those for this kind of machine", () => {
  const common = ["hono/4.1.0", "@preact/signals/2.1.0"];
  for (
    const [os, arch, own] of [
      ["linux", "x86_64", ["@esbuild/linux-x64/0.2.0"]],
      ["linux", "aarch64", ["@esbuild/linux-arm64/0.2.0"]],
      ["windows", "x86_64", ["@esbuild/win32-x64/0.2.0"]],
      ["darwin", "aarch64", []],
    ] as const
  ) assert.deepEqual(packageFolders(LOCK, { os, arch }), [...common, ...own]);
  assert.deepEqual(packageFolders(""), []);
});

Deno.test("packages are counted as they come, from whatever registry", async () => {
  const cache = await Deno.makeTempDir();
  try {
    const folders = ["hono/4.1.0", "@preact/signals/2.1.0", "zod/4.0.0"];
    assert.equal(await countCached(`${cache}/none`, folders), 0);
    await Deno.mkdir(`${cache}/registry.npmjs.org/hono/4.1.0`, { recursive: true });
    await Deno.mkdir(`${cache}/registry.npmjs.org/zod/3.0.0`, { recursive: true });
    await Deno.mkdir(`${cache}/npm.example/@preact/signals/2.1.0`, { recursive: true });
    assert.equal(await countCached(cache, folders), 2);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});

/** The URL of a proxy where nobody answers, as good as no network: the port was free a moment ago. */
function unreachable(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `http://127.0.0.1:${listener.addr.port}/`;
}

Deno.test("the first task of a fresh checkout says in a few lines what it does and what failed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/scripts`);
    const scripts = (await listFiles(ROOT, "scripts")).filter((file) => file.endsWith(".ts"));
    for (const file of ["deno.json", "deno.lock", ...scripts]) {
      await Deno.copyFile(`${ROOT}/${file}`, `${folder}/${file}`);
    }
    const proxy = unreachable();
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "start"],
      cwd: folder,
      env: {
        DENO_DIR: `${folder}/cache`,
        HTTP_PROXY: proxy,
        HTTPS_PROXY: proxy,
        NO_PROXY: "",
        NO_COLOR: "1",
      },
      stdin: "null",
    }).output();
    const text = new TextDecoder().decode(stderr);
    assert.equal(code, 1);
    assert.match(text, /^Task start .*\nSetting up packages\nerror: /);
    assert.match(text, /\nerror: the packages could not be installed, see above\..*registry/);
    assert(text.split("\n").length < 15, text);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
