import assert from "node:assert/strict";
import { trimDraft } from "../../../../ui/web/state/drafts.ts";

Deno.test("a draft goes out without empty lines around it, but with its spaces", () => {
  assert.equal(trimDraft("\n\n  code\n  more\n\n"), "  code\n  more");
  assert.equal(trimDraft(" \n "), "");
});
