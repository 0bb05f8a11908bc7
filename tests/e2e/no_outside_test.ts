/** The page works on a network without internet: it sends requests to nobody but its node. */
import assert from "node:assert/strict";
import { browserTest, useChromium } from "./browser.ts";

useChromium();

browserTest("a whole chat makes no request to anywhere but the node", async ({ node, newPage }) => {
  const [ann, ben] = [await newPage(), await newPage()];
  await ben.joinRoom(await ann.startRoom("Ann"), "Ben");
  await Promise.all([ann.untilDirect("Ben"), ben.untilDirect("Ann")]);
  await ann.say("See https://example.com/picture.png and www.example.org");
  await ben.untilShown("See https://example.com/picture.png and www.example.org");
  await ben.inviteButton.click();
  await ben.linkField.waitFor();
  await ben.page.keyboard.press("Escape");
  await ben.settingsButton.click();
  await ben.settingsDialog.waitFor();
  await ben.page.keyboard.press("Escape");
  await ben.page.reload();
  await ben.untilDirect("Ann");
  await ann.page.goBack();
  await ann.startButton.waitFor();

  const host = new URL(node.url).host;
  for (const page of [ann, ben]) {
    assert(page.requests.some((url) => url.startsWith("ws://")), "the record has WebSockets too");
    assert.deepEqual(page.requests.filter((url) => new URL(url).host !== host), []);
  }
});

browserTest("every answer forbids what the page does not need", async ({ node }) => {
  const response = await fetch(node.url);
  const page = await response.text();
  const policy = response.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'|default-src 'self'/);
  assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|https?:|\*/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  assert.equal(response.headers.get("referrer-policy"), "no-referrer");
  assert.doesNotMatch(page, /(src|href)="(https?:)?\/\//);
});
