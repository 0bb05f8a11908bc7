/**
 * Checks that a page reconnects when the browser reports a returned network, before its next try is due.
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { until } from "../fakes/until.ts";
import { browserTest, type PageOptions, type Stage, useChromium } from "./browser.ts";
import { CutProxy } from "./cut_proxy.ts";
import type { ChatPage } from "./page.ts";

useChromium();

/** From this wait on, the session's next wait is at least half of its longest back-off. */
const LONG_WAIT_S = 5;

/** Opens a page that has lost its network and waits for its next try. The page's clock stands still. */
async function openCutOff(
  { newPage }: Stage,
  { proxy, options = {} }: { proxy: CutProxy; options?: PageOptions },
): Promise<ChatPage> {
  const ann = await newPage(options);
  await ann.page.clock.install();
  await ann.joinRoom(`${proxy.url}/?room=lobby`, "Ann");
  await ann.untilOnline();
  proxy.cut();
  await ann.page.context().setOffline(true);
  await ann.banner.waitFor();
  await until(async () => {
    if (await countdown(ann) >= LONG_WAIT_S && await pause(ann)) return true;
    await ann.page.clock.fastForward(2 * LONG_WAIT_S * 1000);
    return false;
  });
  proxy.mend();
  return ann;
}

/**
 * Stops the page's clock within a second. False when the countdown got too short by then: the clock runs on
 * until the order to stop arrives, and it can't be stopped at a time that has passed.
 */
async function pause(ann: ChatPage): Promise<boolean> {
  const { clock } = ann.page;
  const at = await ann.page.evaluate(() => Date.now()) + 1000;
  const isPaused = await clock.pauseAt(at).then(() => true, () => false);
  if (isPaused && await countdown(ann) >= LONG_WAIT_S - 1) return true;
  await clock.resume();
  return false;
}

/** Seconds until the next try, as the banner counts them down; 0 without a countdown. */
async function countdown({ banner }: ChatPage): Promise<number> {
  const text = await banner.innerText();
  return Number(/Trying again in (\d+) seconds/.exec(text)?.[1] ?? 0);
}

async function assertBackAtOnce(
  ann: ChatPage,
  { proxy, happens }: { proxy: CutProxy; happens: (page: Page) => Promise<void> },
): Promise<void> {
  const before = proxy.carried;
  await happens(ann.page);
  // No time passes in the page, so only the event can have caused the dial.
  await until(() => proxy.carried > before, "the page dials");
  await ann.page.clock.resume();
  await ann.banner.waitFor({ state: "detached" });
  await ann.say("Back");
  await ann.untilState("Back", /^Stored/);
}

/** Ends the offline mode. The browser then fires its own event. */
const isOnline = (page: Page) => page.context().setOffline(false);

browserTest(
  "a page connects when its network is back, and not when the countdown ends",
  async (stage) => {
    await using proxy = new CutProxy(stage.node.port);
    const ann = await openCutOff(stage, { proxy });
    assert.ok(await countdown(ann) >= LONG_WAIT_S - 1);
    await assertBackAtOnce(ann, { proxy, happens: isOnline });
  },
  { cutsNetwork: true },
);

browserTest(
  "a browser that knows nothing of its connection connects at once as well",
  async (stage) => {
    await using proxy = new CutProxy(stage.node.port);
    const before = () => {
      Object.defineProperty(navigator, "connection", { value: undefined, configurable: true });
    };
    const ann = await openCutOff(stage, { proxy, options: { before } });
    await assertBackAtOnce(ann, { proxy, happens: isOnline });
  },
  { cutsNetwork: true },
);
