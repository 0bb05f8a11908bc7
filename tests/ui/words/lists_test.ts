import assert from "node:assert/strict";
import { counted, isolate, nameList } from "../../../ui/words/lists.ts";
import { plain } from "../peers.ts";

Deno.test("names are listed as people say them, and many are summed up", () => {
  const list = (names: readonly string[], most?: number) => plain(nameList(names, most));
  assert.equal(list([]), "");
  assert.equal(list(["Ann"]), "Ann");
  assert.equal(list(["Ann", "Ben"]), "Ann and Ben");
  assert.equal(list(["Ann", "Ben", "Cy"]), "Ann, Ben and Cy");
  assert.equal(list(["Ann", "Ben", "Cy", "Dov", "Eve"]), "Ann, Ben and 3 others");
  assert.equal(list(["Ann", "Ben", "Cy", "Dov"], 4), "Ann, Ben, Cy and Dov");
});

Deno.test("a name's writing direction ends with the name", () => {
  assert.equal(nameList(["مريم", "Ann"]), `${isolate("مريم")} and ${isolate("Ann")}`);
});

Deno.test("one is counted in the singular", () => {
  assert.equal(counted(1, "message"), "1 message");
  assert.equal(counted(0, "message"), "0 messages");
  assert.equal(counted(2, "reply", "replies"), "2 replies");
});
