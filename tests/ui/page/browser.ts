/** Chromium for tests of the page: pages at the sizes for which they are designed. */
import assert from "node:assert/strict";
import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { CHROMIUM_FLAGS, setUpChromium } from "../../../scripts/chromium.ts";

export async function launchChromium(): Promise<Browser> {
  return await chromium.launch({
    executablePath: await setUpChromium(),
    args: [...CHROMIUM_FLAGS],
  });
}

export interface PageSize {
  readonly width: number;
  readonly height: number;
  readonly isPhone: boolean;
}

export const DESKTOP: PageSize = { width: 1280, height: 800, isPhone: false };
export const PHONE: PageSize = { width: 360, height: 740, isPhone: true };

/** The room with a conversation in it. */
export const CHAT = "?room=quiet-summit-7k2m-9xqd";

/** Shows the people, whether they are a panel or a drawer. */
export async function showPeople(page: Page): Promise<void> {
  const button = page.getByRole("button", { name: "People", exact: true });
  if (await button.isVisible()) await button.click();
}

/** Opens a page whose user has given a name before; without a name when `name` is null. */
export async function openPage(
  browser: Browser,
  url: string,
  options: { size?: PageSize; name?: string | null } = {},
): Promise<OpenedPage> {
  const { size = DESKTOP, name = "Mara" } = options;
  const context = await browser.newContext({
    viewport: { width: size.width, height: size.height },
    colorScheme: "light",
    reducedMotion: "reduce",
    hasTouch: size.isPhone,
    isMobile: size.isPhone,
    locale: "en-GB",
    serviceWorkers: "block",
  });
  if (name !== null) {
    await context.addInitScript((name) => {
      if (localStorage.getItem("egoat.name") === null) localStorage.setItem("egoat.name", name);
    }, name);
  }
  const page = await context.newPage();
  const opened = new OpenedPage(context, page);
  await page.goto(url);
  return opened;
}

/**
 * Opens a page in a room and resolves when the room is open: the page asks the node for its
 * configuration before that.
 */
export async function openRoom(...parameters: Parameters<typeof openPage>): Promise<OpenedPage> {
  const opened = await openPage(...parameters);
  await untilInRoom(opened.page);
  return opened;
}

export async function untilInRoom(page: Page): Promise<void> {
  await page.getByLabel("Message", { exact: true }).waitFor();
}

/** A page that collects its errors and warnings, and closes together with its context. */
export class OpenedPage implements AsyncDisposable {
  readonly page: Page;
  readonly problems: string[] = [];
  readonly #context: BrowserContext;

  constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on("pageerror", (error) => this.problems.push(String(error)));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.problems.push(message.text());
    });
  }

  /**
   * Fails when axe-core finds anything, the page has logged an error or a warning, or something is
   * wider than the page.
   */
  async assertSound(what: string): Promise<void> {
    await this.page.evaluate(axe.source);
    const violations = await this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
      const { violations } = await axe.run(document, { resultTypes: ["violations"] });
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
    });
    assert.deepEqual(violations, [], what);
    assert.deepEqual(this.problems, [], what);
    const excess = await this.page.evaluate(() =>
      document.documentElement.scrollWidth - innerWidth
    );
    assert.ok(excess <= 0, `${what} is ${excess} px wider than the page`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}
