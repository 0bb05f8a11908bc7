/** Runs cases about the page as steps of one test, in one Chromium and over one server. */
import type { Browser } from "playwright-core";
import { launchChromium } from "./browser.ts";
import { type DemoServer, serveDemo } from "./demo_server.ts";

export interface PageFixture {
  readonly browser: Browser;
  readonly server: DemoServer;
}

/** A case opens pages of its own. Cases share only the browser and the server. */
export type PageCase = (fixture: PageFixture) => Promise<void>;

export async function runPageCases(
  t: Deno.TestContext,
  cases: Readonly<Record<string, PageCase>>,
): Promise<void> {
  await using server = await serveDemo();
  const browser = await launchChromium();
  try {
    for (const [name, run] of Object.entries(cases)) {
      await t.step(name, () => run({ browser, server }));
    }
  } finally {
    await browser.close();
  }
}
