import assert from "node:assert/strict";
import { leakViolations } from "./leak_rules.ts";
import { readSources } from "./source_files.ts";

Deno.test("no test with leak checks comes after one without", async () => {
  const files = await readSources(["_test.ts", "_test.tsx"]);
  assert.deepEqual(files.flatMap(leakViolations), []);
});

const CLEAN = `Deno.test("clean", () => {});`;
const inPlace = `Deno.test({ name: "a", sanitizeOps: false, fn() {} });`;
const byName = `const options = { sanitizeOps: false };\nDeno.test("a", options, () => {});`;
const spread =
  `const off = { sanitizeResources: false };\nDeno.test({ name: "a", ...off, fn() {} });`;

for (const unchecked of [inPlace, byName, spread]) {
  Deno.test(`a test with leak checks may not come after ${unchecked}`, () => {
    const found = leakViolations({ path: "tests/a_test.ts", source: `${unchecked}\n${CLEAN}` });
    const line = unchecked.split("\n").length + 1;
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", new RegExp(`^tests/a_test\\.ts:${line}: .* a file of its own$`));
  });

  Deno.test(`a test with leak checks may come before ${unchecked}`, () => {
    const source = `${CLEAN}\n${unchecked}`;
    assert.deepEqual(leakViolations({ path: "tests/a_test.ts", source }), []);
  });
}
