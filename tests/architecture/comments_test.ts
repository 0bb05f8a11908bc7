import assert from "node:assert/strict";
import { commentViolations } from "./comment_rules.ts";
import { readSources } from "./source_files.ts";

Deno.test("no line of a comment begins with what, who, whom, whose or those", async () => {
  const files = await readSources([".ts", ".tsx", ".css"]);
  assert.ok(files.length > 400, "the sources were found");
  assert.deepEqual(files.flatMap(commentViolations), []);
});

const violations = (source: string) => commentViolations({ path: "server/log.ts", source });

for (
  const source of [
    "// What waits is sent first.",
    "/** Who is here. */",
    "/**\n * The members,\n * whose tokens are known.\n */",
    "  /* Those that are left. */",
    "\t *  whom it waits for",
  ]
) {
  Deno.test(`a comment may not be ${JSON.stringify(source)}`, () => {
    const found = violations(source);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", /^server\/log\.ts:[12345]: name the subject/);
  });
}

for (
  const source of [
    "// The node says what failed.",
    "/** Whatever comes first wins. */",
    "const what = 1; // what",
    "export const who = 2;",
  ]
) {
  Deno.test(`a line may be ${JSON.stringify(source)}`, () => {
    assert.deepEqual(violations(source), []);
  });
}
