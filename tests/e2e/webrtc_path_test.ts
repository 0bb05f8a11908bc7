/** The contract of `Path` between werift and a real Chromium, whichever of the two offers. */
import assert from "node:assert/strict";
import { LocalEnd, testConnections } from "../conformance/connection_pair.ts";
import { ConnectionPage } from "../conformance/page_end.ts";
import { weriftConnections } from "../../transport/werift/werift.ts";
import { blankPage, useChromium } from "./browser.ts";
import { pageScript } from "./page_script.ts";

const script = await pageScript(new URL("../conformance/page_connections.ts", import.meta.url));
let page: ConnectionPage | null = null;

useChromium();
Deno.test.beforeAll(async () => {
  page = await ConnectionPage.open(await blankPage(), script);
});

type MakeEnd = Parameters<typeof testConnections>[0]["near"];

const inWerift: MakeEnd = (options) => new LocalEnd(weriftConnections, options);
const inChromium: MakeEnd = (options) => {
  assert.ok(page, "the page is open");
  return page.newEnd(options);
};

testConnections({ name: "webrtc, Chromium offers to werift", near: inChromium, far: inWerift });
testConnections({ name: "webrtc, werift offers to Chromium", near: inWerift, far: inChromium });
