import assert from "node:assert/strict";
import { pageTitle } from "../../../ui/words/title.ts";

Deno.test("the title counts", () => {
  assert.equal(pageTitle("den", "3"), "(3) den – E-Goat");
  assert.equal(pageTitle("den", null), "den – E-Goat");
  assert.equal(pageTitle(null, null), "E-Goat");
});
