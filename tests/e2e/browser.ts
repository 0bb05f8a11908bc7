/**
 * Chromium for the browser tests: one launch per test file, a fresh node per test, a fresh context per
 * page. Every hidden problem of a page (console errors, exceptions, breaches of the CSP, requests to
 * anywhere but the node) fails its test.
 */
import assert from "node:assert/strict";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { CHROMIUM_FLAGS } from "../../scripts/chromium.ts";
import { NodeProcess } from "./node_process.ts";
import { ChatPage } from "./page.ts";
import { recordWire } from "./wire_record.ts";

/**
 * Limit for one step in a page. A working step takes a second at most, on a starved machine many
 * seconds.
 */
const STEP_TIMEOUT_MS = 60_000;

/** Limit for a whole test, so that a hanging test is named. */
const TEST_TIMEOUT_MS = 150_000;

/** Chromium's messages when the node is away or the test itself cuts a connection. */
const NETWORK_ERROR = /^(WebSocket connection to|Failed to load resource: (net::|the server))/;

/** On a busy machine a poll starts beside the WebSocket. The node answers 409 to the second of the two. */
const LOST_RACE = /status of 409 \(Conflict\) at \S+\/signal\?/;

let browser: Browser | null = null;

export interface PageOptions extends BrowserContextOptions {
  /** Runs in the page before the page's own scripts, for example to remove WebRTC. */
  readonly before?: () => void;
}

export interface BrowserTestOptions {
  /** Flags of the node, after the usual ones. */
  readonly nodeArgs?: readonly string[];
  /** Whether the test cuts off the node or the network, so that Chromium reports failed requests. */
  readonly cutsNetwork?: boolean;
}

/** The node and the pages of a browser test. */
export interface Stage {
  readonly node: NodeProcess;
  /** Opens an empty page in its own context, which acts as a separate browser. */
  newPage(options?: PageOptions): Promise<ChatPage>;
}

/** Launches Chromium before the tests of this file, and ends it after them. Call it once per file. */
export function useChromium(): void {
  Deno.test.beforeAll(async () => {
    const executablePath = Deno.env.get("EGOAT_CHROMIUM");
    assert(executablePath, "EGOAT_CHROMIUM is not set: run `./scripts/deno task test:e2e`");
    browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
  });
  Deno.test.afterAll(async () => {
    await browser?.close();
    browser = null;
  });
}

/** Opens an empty page of no site, for tests that need no node. */
export async function blankPage(): Promise<Page> {
  return await browser!.newPage();
}

/** Registers a test with a node and pages. */
export function browserTest(
  name: string,
  body: (stage: Stage) => Promise<void>,
  options: BrowserTestOptions = {},
): void {
  Deno.test({
    name,
    // Playwright reads the pipe to Chromium all the time, across tests.
    sanitizeOps: false,
    fn: () => runOnStage(body, options),
  });
}

async function runOnStage(
  body: (stage: Stage) => Promise<void>,
  { nodeArgs = [], cutsNetwork = false }: BrowserTestOptions,
): Promise<void> {
  await using node = await NodeProcess.start({ args: nodeArgs });
  const pages: ChatPage[] = [];
  const newPage = async (pageOptions: PageOptions = {}) => {
    const page = await openPage(node.url, pageOptions);
    pages.push(page);
    return page;
  };
  try {
    await withinTime(body({ node, newPage }));
    const problems = pages.flatMap((page) => page.problems)
      .filter((problem) => !LOST_RACE.test(problem))
      .filter((problem) => !cutsNetwork || !NETWORK_ERROR.test(problem));
    assert.deepEqual(problems, [], "the pages had problems of their own");
  } catch (error) {
    for (const page of pages) console.error(await describe(page));
    throw error;
  } finally {
    for (const page of pages) await page.page.context().close();
  }
}

async function withinTime(work: Promise<void>): Promise<void> {
  let timer = 0;
  const timeout = new Promise<never>((_, reject) => {
    const fail = () => reject(new Error(`The test took longer than ${TEST_TIMEOUT_MS / 1000} s`));
    timer = setTimeout(fail, TEST_TIMEOUT_MS);
  });
  await Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}

async function openPage(
  nodeUrl: string,
  { before, ...contextOptions }: PageOptions,
): Promise<ChatPage> {
  const context = await browser!.newContext({ baseURL: nodeUrl, ...contextOptions });
  context.setDefaultTimeout(STEP_TIMEOUT_MS);
  await context.addInitScript(recordWire);
  if (before) await context.addInitScript(before);
  return new ChatPage(await context.newPage());
}

/** Describes the page of a failed test, for the report: its address, problems and content. */
async function describe(page: ChatPage): Promise<string> {
  const shown = await page.page.locator("body").ariaSnapshot({ timeout: 2000 }).catch(String);
  return `${page.page.url()}\n${page.problems.join("\n")}\n${shown}\n`;
}
