import assert from "node:assert/strict";
import { findChromium, type Surroundings } from "../../scripts/chromium.ts";
import { ScriptError } from "../../scripts/run.ts";

function surroundings(env: Record<string, string>, files: readonly string[]): Surroundings {
  return { env: (name) => env[name], isFile: (path) => files.includes(path) };
}

Deno.test("EGOAT_CHROMIUM goes before any other browser", () => {
  const env = { EGOAT_CHROMIUM: "/opt/chrome", PATH: "/bin" };
  assert.equal(findChromium(surroundings(env, ["/bin/chromium", "/opt/chrome"])), "/opt/chrome");
});

Deno.test("an EGOAT_CHROMIUM that names no file is an error, not passed over", () => {
  const here = surroundings({ EGOAT_CHROMIUM: "/gone", PATH: "/bin" }, ["/bin/chromium"]);
  assert.throws(() => findChromium(here), new ScriptError("EGOAT_CHROMIUM names no file: /gone"));
});

Deno.test("a browser is found on PATH under any of its names", () => {
  const here = surroundings({ PATH: "/bin:/opt/bin" }, ["/opt/bin/google-chrome"]);
  assert.equal(findChromium(here), "/opt/bin/google-chrome");
});

Deno.test("a browser is found in the usual place without PATH", () => {
  assert.equal(findChromium(surroundings({}, ["/usr/bin/chromium"])), "/usr/bin/chromium");
});

Deno.test("no browser is no error yet", () => {
  assert.equal(findChromium(surroundings({ PATH: "/bin" }, [])), null);
});
