/**
 * The page in Chromium: the time from opening a link to the first message on the other side's screen,
 * and to the direct path. The message is sent as soon as the page lets its user send one.
 */
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { CHROMIUM_FLAGS, setUpChromium } from "../../scripts/chromium.ts";
import type { Bench, Row } from "./bench.ts";
import { median, ms } from "./figures.ts";
import { type Program, sleep, startDenoServer, startNode } from "./programs.ts";

const OPENINGS = 7;
const TIMEOUT_MS = 15_000;
/** Interval between two looks at a page. The page itself notes the time of an event. */
const LOOK_MS = 10;

/** Times that the pages note, in milliseconds since 1970. */
interface Noted {
  shownMs?: number;
  directMs?: number;
}

interface Opening {
  readonly shownMs: number;
  /** NaN for the comparison page. */
  readonly directMs: number;
}

export const pageBench: Bench = {
  name: "page",
  async run(at) {
    await using node = await startNode(at);
    await using bare = await startDenoServer("bare.ts");
    const browser = await chromium.launch({
      executablePath: await setUpChromium(),
      args: [...CHROMIUM_FLAGS],
    });
    try {
      // The first opening warms up the browser and the node.
      await openOurs(browser, node, "warm");
      const ours: Opening[] = [];
      const floor: Opening[] = [];
      for (let opening = 0; opening < OPENINGS; opening++) {
        ours.push(await openOurs(browser, node, `room-${opening}`));
        floor.push(await openBare(browser, bare));
      }
      return rows(ours, floor);
    } finally {
      await browser.close();
    }
  },
};

function rows(ours: readonly Opening[], floor: readonly Opening[]): Row[] {
  const shownMs = median(ours.map((opening) => opening.shownMs));
  const directMs = median(ours.map((opening) => opening.directMs));
  const floorMs = median(floor.map((opening) => opening.shownMs));
  const text = `page of a bare WebSocket ${ms(floorMs)}`;
  return [{
    what: "page opened to first message at the other side",
    measured: ms(shownMs),
    toReach: "400 ms",
    isReached: shownMs <= 400,
    beside: [{ text, ratio: shownMs / floorMs }],
  }, {
    what: "page opened to direct path on both sides",
    measured: ms(directMs),
    toReach: "1,500 ms",
    isReached: directMs <= 1500,
    beside: [{ text, ratio: directMs / floorMs }],
  }];
}

async function openOurs(browser: Browser, node: Program, room: string): Promise<Opening> {
  const url = `http://localhost:${node.port}/?room=${room}`;
  const text = `hello from ${room}`;
  const ada = await newContext(browser, "Ada");
  const bob = await newContext(browser, "Bob");
  try {
    const there = await ada.newPage();
    await there.addInitScript(noteText, text);
    await there.addInitScript(noteDirect);
    await there.goto(url);
    await there.getByRole("textbox", { name: "Message" }).waitFor();
    // Its own path to the node must be up before the second peer comes.
    await there.locator(".pill[data-kind=direct]").waitFor();
    const here = await bob.newPage();
    await here.addInitScript(sendSoon, text);
    await here.addInitScript(noteDirect);
    const openedMs = Date.now();
    await here.goto(url, { waitUntil: "commit" });
    const shownMs = await noted(there, "shownMs") - openedMs;
    const direct = [await noted(there, "directMs"), await noted(here, "directMs")];
    return { shownMs, directMs: Math.max(...direct) - openedMs };
  } finally {
    await ada.close();
    await bob.close();
  }
}

async function openBare(browser: Browser, { port }: Program): Promise<Opening> {
  const context = await browser.newContext();
  try {
    const there = await context.newPage();
    await there.addInitScript(noteText, "hello");
    await there.goto(`http://localhost:${port}/page`);
    const here = await context.newPage();
    const openedMs = Date.now();
    await here.goto(`http://localhost:${port}/page#hello`, { waitUntil: "commit" });
    return { shownMs: await noted(there, "shownMs") - openedMs, directMs: NaN };
  } finally {
    await context.close();
  }
}

async function newContext(browser: Browser, name: string): Promise<BrowserContext> {
  const context = await browser.newContext();
  await context.addInitScript((name) => localStorage.setItem("egoat.name", name), name);
  return context;
}

async function noted(page: Page, what: keyof Noted): Promise<number> {
  const giveUpAt = performance.now() + TIMEOUT_MS;
  while (performance.now() < giveUpAt) {
    const value = await page.evaluate((what) => (globalThis as Noted)[what], what);
    if (value !== undefined) return value;
    await sleep(LOOK_MS);
  }
  throw new Error(`The page never came to ${what}`);
}

// Functions that run in the pages. They use nothing outside themselves, because only their source is
// passed.

function noteText(text: string): void {
  new MutationObserver((_, observer) => {
    if (!document.body?.textContent?.includes(text)) return;
    (globalThis as { shownMs?: number }).shownMs = Date.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true, characterData: true });
}

function noteDirect(): void {
  new MutationObserver((_, observer) => {
    if (!document.querySelector(".pill")?.textContent?.startsWith("Direct")) return;
    (globalThis as { directMs?: number }).directMs = Date.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true, characterData: true });
}

function sendSoon(text: string): void {
  new MutationObserver((_, observer) => {
    const area = document.querySelector<HTMLTextAreaElement>(".composer textarea");
    if (area === null) return;
    observer.disconnect();
    area.value = text;
    area.dispatchEvent(new InputEvent("input", { bubbles: true }));
    // The page must process the input before the form is submitted.
    setTimeout(() => area.form?.requestSubmit());
  }).observe(document, { childList: true, subtree: true });
}
