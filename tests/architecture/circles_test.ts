import assert from "node:assert/strict";
import { importCircles } from "./circle_rules.ts";
import { readSources } from "./source_files.ts";

Deno.test("no file imports itself by way of others, types included", async () => {
  const files = await readSources([".ts", ".tsx"]);
  assert.ok(files.length > 400, "the sources were found");
  assert.deepEqual(importCircles(files), []);
});

/** The files of a checkout, each with the code in it. */
function circlesOf(sources: Readonly<Record<string, string>>): string[] {
  return importCircles(Object.entries(sources).map(([path, source]) => ({ path, source })));
}

Deno.test("two files may not import each other", () => {
  const found = circlesOf({
    "server/a.ts": 'import { b } from "./b.ts";',
    "server/b.ts": 'import { a } from "./a.ts";',
  });
  assert.deepEqual(found, ["server/a.ts imports server/b.ts imports server/a.ts"]);
});

for (
  const back of [
    'import type { A } from "../ice/a.ts";',
    'import { type A } from "../ice/a.ts";',
    'export * from "../ice/a.ts";',
    'export type { A } from "../ice/a.ts";',
    'const a = await import("../ice/a.ts");',
    'type A = typeof import("../ice/a.ts");',
    'type A = import("../ice/a.ts").A;',
  ]
) {
  Deno.test(`a circle may not close by ${back}`, () => {
    const found = circlesOf({
      "server/ice/a.ts": 'import { b } from "../b.ts";',
      "server/b.ts": 'export { c } from "./rooms/c.ts";',
      "server/rooms/c.ts": back,
    });
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0]!, /a\.ts imports server\/b\.ts imports server\/rooms\/c\.ts/);
  });
}

Deno.test("a file may not import itself", () => {
  const found = circlesOf({ "main.ts": 'import type { X } from "./main.ts";' });
  assert.deepEqual(found, ["main.ts imports main.ts"]);
});

Deno.test("every circle is told, and only the files in it", () => {
  const found = circlesOf({
    "main.ts": 'import "./server/a.ts"; import "./ui/c.ts";',
    "server/a.ts": 'import "./b.ts"; import "../leaf.ts";',
    "server/b.ts": 'import "../leaf.ts"; import "./a.ts";',
    "ui/c.ts": 'import "./d.ts";',
    "ui/d.ts": 'import "./c.ts"; import "../server/a.ts";',
    "leaf.ts": "",
  });
  assert.equal(found.length, 2, found.join("\n"));
  assert.ok(found.every((circle) => !/main|leaf/.test(circle)), found.join("\n"));
});

Deno.test("several files may import one, and one may import several", () => {
  const found = circlesOf({
    "main.ts": 'import "./a.ts"; import "./b.ts"; import "./c.ts"; import "node:fs";',
    "a.ts": 'import "./c.ts";',
    "b.ts": 'import "./c.ts"; import "./a.ts";',
    "c.ts": '// import "./a.ts"\nexport const text = \'import "./b.ts"\';',
  });
  assert.deepEqual(found, []);
});
