/** The contract of `Path` between werift and a real Chromium, whichever of the two offers. */
import assert from "node:assert/strict";
import { LocalEnd, testLinks } from "../conformance/link_pair.ts";
import { LinkPage } from "../conformance/page_end.ts";
import { weriftLinks } from "../../transport/werift/werift.ts";
import { blankPage, useChromium } from "./browser.ts";
import { pageScript } from "./page_script.ts";

const script = await pageScript(new URL("../conformance/page_links.ts", import.meta.url));
let page: LinkPage | null = null;

useChromium();
Deno.test.beforeAll(async () => {
  page = await LinkPage.open(await blankPage(), script);
});

type MakeEnd = Parameters<typeof testLinks>[0]["near"];

const inWerift: MakeEnd = (options) => new LocalEnd(weriftLinks, options);
const inChromium: MakeEnd = (options) => {
  assert.ok(page, "the page is open");
  return page.newEnd(options);
};

testLinks({ name: "webrtc, Chromium offers to werift", near: inChromium, far: inWerift });
testLinks({ name: "webrtc, werift offers to Chromium", near: inWerift, far: inChromium });
