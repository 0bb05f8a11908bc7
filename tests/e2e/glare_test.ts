/** Peers whose offers cross (glare) get their direct path every time. */
import assert from "node:assert/strict";
import { browserTest, type Stage, useChromium } from "./browser.ts";
import type { ChatPage } from "./page.ts";
import { pageScript } from "./page_script.ts";

const JOINS = 30;

const script = await pageScript(new URL("./glare_page.ts", import.meta.url));
useChromium();

/** Opens the start page with our script in it. Chromium lets only the node's pages talk to the node. */
async function openGlarePage({ newPage }: Stage): Promise<ChatPage> {
  const page = await newPage();
  await page.open();
  await page.page.evaluate(script);
  return page;
}

browserTest(`${JOINS} joins where both sides offer at once all connect`, async (stage) => {
  const { page } = await openGlarePage(stage);
  for (let join = 0; join < JOINS; join++) {
    const { isCrossed, signals } = await page.evaluate(
      (room) => glare.cross(room, 0),
      `cross-${join}`,
    );
    assert(isCrossed, `the offers of join ${join} did not cross: ${JSON.stringify(signals)}`);
  }
});

browserTest("restarts of ICE that cross leave the direct path working", async (stage) => {
  const { page } = await openGlarePage(stage);
  for (let pair = 0; pair < 5; pair++) {
    const { isCrossed, signals } = await page.evaluate(
      (room) => glare.cross(room, 3),
      `restart-${pair}`,
    );
    assert(isCrossed, `the offers did not cross: ${JSON.stringify(signals)}`);
  }
});

browserTest(
  `${JOINS} pairs of sessions that join at the same moment are all direct`,
  async (stage) => {
    const { page } = await openGlarePage(stage);
    for (let pair = 0; pair < JOINS; pair++) {
      await page.evaluate((room) => glare.meet(room), `meet-${pair}`);
    }
  },
);
