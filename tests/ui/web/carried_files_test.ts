import assert from "node:assert/strict";
import { type Carried, isFiles } from "../../../ui/web/carried_files.ts";

/** The content of a clipboard: texts by their types, and files by their names. */
function carried(texts: Record<string, string>, ...files: string[]): Carried {
  return {
    types: [...Object.keys(texts), ...files.length > 0 ? ["Files"] : []],
    getData: (type) => texts[type] ?? "",
    files: files.map((name) => ({ name })),
  };
}

Deno.test("text and links are no files", () => {
  assert.equal(isFiles(carried({ "text/plain": "hello" })), false);
  assert.equal(isFiles(carried({ "text/uri-list": "https://example.org" })), false);
});

Deno.test("files, and a picture that was copied, are files", () => {
  assert.equal(isFiles(carried({}, "a.pdf", "b.txt")), true);
  assert.equal(isFiles(carried({ "text/html": "<img src=x>" }, "image.png")), true);
});

Deno.test("a text that comes with a picture of itself is text", () => {
  const fromExcel = { "text/plain": "1\t2\n3\t4\n", "text/html": "<table>" };
  assert.equal(isFiles(carried(fromExcel, "image.png")), false);
});

Deno.test("files that come with their names or paths are files", () => {
  assert.equal(isFiles(carried({ "text/plain": "a.pdf" }, "a.pdf")), true);
  const paths = { "text/plain": "/home/ann/a.pdf\r\n/home/ann/b.txt\r\n" };
  assert.equal(isFiles(carried(paths, "a.pdf", "b.txt")), true);
});
