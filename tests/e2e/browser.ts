/**
 * Chromium for the browser tests: one launch a test file, a fresh node a test, a fresh context a page.
 * Whatever goes wrong in a page unseen (console errors, exceptions, breaches of the CSP, requests to
 * anywhere but the node) fails its test.
 */
import assert from "node:assert/strict";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { CHROMIUM_FLAGS } from "../../scripts/chromium.ts";
import { NodeProcess } from "./node_process.ts";
import { ChatPage } from "./page.ts";
import { recordWire } from "./wire_record.ts";

/** For one step in a page. What works takes a second at most, on a machine that is starved many. */
const STEP_TIMEOUT_MS = 60_000;

/** For a whole test, so that one that hangs says which it was. */
const TEST_TIMEOUT_MS = 150_000;

/** What Chromium reports when the node is away or the test itself cuts a connection. */
const NETWORK_ERROR = /^(WebSocket connection to|Failed to load resource: (net::|the server))/;

/** On a busy machine a poll starts beside the WebSocket, and the node answers whoever comes second. */
const LOST_RACE = /status of 409 \(Conflict\) at \S+\/signal\?/;

let browser: Browser | null = null;

export interface PageOptions extends BrowserContextOptions {
  /** Run in the page before any of its own scripts, such as to take WebRTC away. */
  readonly before?: () => void;
}

export interface BrowserTestOptions {
  /** Flags of the node behind the usual ones. */
  readonly nodeArgs?: readonly string[];
  /** The test takes the node or the network away, so Chromium reports failed requests. */
  readonly cutsNetwork?: boolean;
}

/** What a browser test has to work with. */
export interface Stage {
  readonly node: NodeProcess;
  /** An empty page in a context of its own, as in a browser of its own. */
  newPage(options?: PageOptions): Promise<ChatPage>;
}

/** Launches Chromium before the tests of this file, and ends it after them. Once a file. */
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

/** An empty page of no site, for tests that need no node. */
export async function blankPage(): Promise<Page> {
  return await browser!.newPage();
}

/** A test with a node and pages. */
export function browserTest(
  name: string,
  body: (stage: Stage) => Promise<void>,
  options: BrowserTestOptions = {},
): void {
  Deno.test({
    name,
    // The pipe to Chromium is read all the time, across tests.
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

/** What a failed test's page looked like, for whoever reads the failure. */
async function describe(page: ChatPage): Promise<string> {
  const shown = await page.page.locator("body").ariaSnapshot({ timeout: 2000 }).catch(String);
  return `${page.page.url()}\n${page.problems.join("\n")}\n${shown}\n`;
}
