import assert from "node:assert/strict";
import fc from "fast-check";
import { splitLinks } from "../../../ui/links/text_links.ts";

const links = (text: string) => splitLinks(text).flatMap(({ href }) => href ?? []);

Deno.test("web and mail addresses become links, with nothing of the sentence around them", () => {
  assert.deepEqual(links("see https://example.org/a?b=c#d, and (http://x.org/y)."), [
    "https://example.org/a?b=c#d",
    "http://x.org/y",
  ]);
  assert.deepEqual(links("write to ann@example.org!"), ["mailto:ann@example.org"]);
  assert.deepEqual(links("http://192.168.1.5:8080/?room=den"), [
    "http://192.168.1.5:8080/?room=den",
  ]);
});

Deno.test("no other scheme becomes a link", () => {
  const texts = [
    "javascript:alert(1)",
    "JaVaScRiPt://example.org/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://example.org/x",
    "//example.org/x",
    "blob:http://example.org/1",
  ];
  for (const text of texts) {
    for (const href of links(text)) assert.match(href, /^(https?|mailto):/);
  }
  assert.deepEqual(links("javascript:alert(1)"), []);
});

Deno.test("the pieces together are the text, whatever it is", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(fc.constantFrom("http://", "a.org", "/", " ", "@", "<b>", "\u202e", "mailto:", "x"))
      .map((parts) => parts.join("")),
  );
  fc.assert(fc.property(text, (text) => {
    assert.equal(splitLinks(text).map((piece) => piece.text).join(""), text);
  }));
});

Deno.test("a text of the largest size is split without getting stuck", () => {
  for (const part of ["http://", "a@", "https://a.b/((", "mailto:a@b."]) {
    const text = part.repeat(64 * 1024 / part.length);
    assert.equal(splitLinks(text).map((piece) => piece.text).join(""), text);
  }
});
