/**
 * A real Chromium that runs in a home's namespace and opens the node's own page. It corresponds to
 * `peer_client.ts`, which drives werift peers. `ChatPage` reads the text that a person sees on the page.
 */
import assert from "node:assert/strict";
import { type Browser, chromium } from "playwright-core";
import { CHROMIUM_FLAGS } from "../../../scripts/chromium.ts";
import type { Strategy } from "../../../transport/protocol/mod.ts";
import { ChatPage } from "../../e2e/page.ts";
import { readWire, recordWire } from "../../e2e/wire_record.ts";
import type { Home } from "../lab/home.ts";
import type { Lab } from "../lab/lab.ts";
import { nodeUrl } from "../lab/services.ts";
import { HOME_KINDS } from "../lab/theory.ts";

/** Limit for one step in a page, including a second connection attempt. */
const STEP_TIMEOUT_MS = 60_000;

export interface VisitOptions {
  readonly room: string;
  readonly name: string;
  readonly strategy?: Strategy;
}

export class BrowserClient implements AsyncDisposable {
  readonly home: Home;
  readonly #browser: Browser;

  private constructor(home: Home, browser: Browser) {
    this.home = home;
    this.#browser = browser;
  }

  static async start(lab: Lab, home: Home): Promise<BrowserClient> {
    const executable = Deno.env.get("EGOAT_CHROMIUM");
    assert(executable, "EGOAT_CHROMIUM is not set: run `./scripts/deno task test:e2e`");
    const executablePath = `${lab.folder}/chromium-${home.namespace}`;
    const command = lab.commandLine(home.namespace, [executable]).join(" ");
    await Deno.writeTextFile(executablePath, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
    const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
    return new BrowserClient(home, browser);
  }

  /**
   * Opens a room of the node in a new browser context, with `name` and `strategy` already in its
   * storage.
   */
  async visit({ room, name, strategy }: VisitOptions): Promise<ChatPage> {
    const context = await this.#browser.newContext();
    context.setDefaultTimeout(STEP_TIMEOUT_MS);
    const kept = { name, ...strategy === undefined ? {} : { strategy } };
    await context.addInitScript((entries) => {
      for (const [key, value] of entries) localStorage.setItem(`egoat.${key}`, value);
    }, Object.entries(kept));
    await context.addInitScript(recordWire);
    const page = new ChatPage(await context.newPage());
    await page.open(`${nodeUrl(HOME_KINDS[this.home.kind].family)}/?room=${room}`);
    await page.composer.waitFor();
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

/** Signaling frames that a page has sent, as JSON. */
export async function sentSignals({ page }: ChatPage): Promise<string[]> {
  return (await readWire(page))
    .filter(({ direction, frame }) => direction === "out" && SIGNALS.includes(frame.type))
    .map(({ frame }) => JSON.stringify(frame));
}

const SIGNALS = ["offer", "answer", "ice"];
