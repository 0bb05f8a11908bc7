/** The strategy with which the page opens a room, in Chromium: the user's, else the node's. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { FakeSession } from "../../fakes/session.ts";
import { until } from "../../fakes/until.ts";
import { DESKTOP, openPage, openRoom } from "./browser.ts";
import type { DemoServer } from "./demo_server.ts";
import { type PageCase, runPageCases } from "./page_cases.ts";

interface Opened {
  readonly strategy: string | null;
  readonly expected: string;
}

declare const demo: { sessions: FakeSession[]; opened: Opened[] };

const ROOM = "?room=empty";
const cases: Record<string, PageCase> = {};

cases["without a choice a room waits for the node's strategy"] = async ({ browser, server }) => {
  const answer = holdConfig(server, "relay-safe");
  await using opened = await openPage(browser, "about:blank");
  const { page } = opened;
  await stopClock(page);
  await page.goto(server.url + ROOM);
  await page.getByText("Opening the room…").waitFor();
  assert.deepEqual(await strategies(page), []);
  answer();
  await page.getByRole("heading", { name: "empty" }).waitFor();
  await until(async () => (await strategies(page)).length > 0);
  assert.deepEqual(await strategies(page), ["relay-safe"]);
  // The strategy is known now: another room does not wait.
  await page.getByRole("button", { name: "Leave the room" }).click();
  await page.getByLabel("Or join a room").fill("long");
  await page.keyboard.press("Enter");
  assert.deepEqual(await strategies(page), ["relay-safe", "relay-safe"]);
};

cases["a room that waits has no accessibility violation"] = async ({ browser, server }) => {
  const answer = holdConfig(server, "auto");
  await using opened = await openPage(browser, server.url + ROOM);
  await opened.page.getByRole("heading", { name: "empty" }).waitFor();
  await opened.assertSound("a room that waits");
  answer();
};

cases["with a choice a room waits for nothing"] = async ({ browser, server }) => {
  await using opened = await openPage(browser, server.url);
  const { page } = opened;
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("WebSocket only").check();
  await page.getByRole("button", { name: "Use", exact: true }).click();
  const answer = holdConfig(server, "relay-safe");
  await page.goto(server.url + ROOM);
  await page.getByRole("heading", { name: "empty" }).waitFor();
  assert.deepEqual(await choices(page), ["websocket-only"]);
  answer();
};

cases["a room opens without an answer, and shows what its session is told"] = async (
  { browser, server },
) => {
  const answer = holdConfig(server, "relay-safe");
  await using opened = await openPage(browser, "about:blank");
  const { page } = opened;
  await stopClock(page);
  await page.goto(server.url + ROOM);
  await page.getByText("Opening the room…").waitFor();
  await page.clock.runFor(500);
  await page.getByRole("button", { name: "Leave the room" }).waitFor();
  assert.deepEqual(await strategies(page), ["auto"]);
  await page.evaluate(() => demo.sessions[0]!.setStrategy("relay-safe"));
  await page.clock.runFor(100);
  await page.getByText("Connections: Hide my address from the others").waitFor();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByText(/now: Hide my address from the others/).waitFor();
  answer();
  assert.deepEqual(await strategies(page), ["auto"]);
};

cases["a room that is left while it waits is not opened"] = async ({ browser, server }) => {
  const answer = holdConfig(server, "auto");
  await using opened = await openPage(browser, "about:blank");
  const { page } = opened;
  await stopClock(page);
  await page.goto(server.url);
  await page.getByLabel("Or join a room").fill("empty");
  await page.keyboard.press("Enter");
  await page.getByText("Opening the room…").waitFor();
  await page.goBack();
  await page.getByRole("button", { name: "Start a room" }).waitFor();
  answer();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByText(/now: Automatic/).waitFor();
  assert.deepEqual(await strategies(page), []);
};

cases["another choice joins the open room anew, the same one does not"] = async (
  { browser, server },
) => {
  await using opened = await openPage(browser, server.url + ROOM);
  const { page } = opened;
  const use = async (label: string) => {
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByLabel(label).check();
    await page.getByRole("button", { name: "Use and rejoin" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  };
  await page.getByRole("heading", { name: "empty" }).waitFor();
  await use("Straight between people only");
  await page.getByRole("status").getByText("Joining the room anew").waitFor();
  await use("Straight between people only");
  await use("As this node says");
  await use("Automatic");
  assert.deepEqual(await choices(page), [null, "p2p-only", null, "auto"]);
  await page.reload();
  await page.getByRole("heading", { name: "empty" }).waitFor();
  await page.getByRole("button", { name: "Settings" }).click();
  assert.ok(await page.getByLabel("Automatic").isChecked());
};

cases["whom nothing reaches is shown so, in the banner, among the people and at a message"] =
  async (
    { browser, server },
  ) => {
    await using opened = await openRoom(browser, server.url + ROOM);
    const { page } = opened;
    await page.evaluate(() => {
      const session = demo.sessions[0]!;
      session.setStrategy("p2p-only");
      session.addPeer("Ann", { tier: null, reason: "no-turn" });
      session.send("does this arrive?");
    });
    await page.getByText(/What you write does not reach .*Ann.* yet/).waitFor();
    const card = page.getByRole("listitem").filter({ hasText: "No way through right now" });
    await card.getByText(/need a relay, and no TURN server is set.*kept until there is/).waitFor();
    await page.getByText("Waiting for a direct connection").waitFor({ state: "attached" });
    assert.equal(await page.getByText(/^Through the node/).count(), 0);
    await opened.assertSound("a room with somebody whom nothing reaches");
    await page.evaluate(() => demo.sessions[0]!.setPath("Ann", { tier: "webrtc-stun", rttMs: 2 }));
    await page.getByText(/What you write does not reach/).waitFor({ state: "detached" });
  };

cases["the header is one row from 520 px on"] = async ({ browser, server }) => {
  for (const width of [520, 560, 700]) {
    const size = { ...DESKTOP, width };
    const url = `${server.url}?room=quiet-summit-7k2m-9xqd`;
    await using opened = await openPage(browser, url, { size });
    const { page } = opened;
    await page.getByText("Who drives?").waitFor();
    const pill = (await page.locator(".pill").boundingBox())!;
    const gear = (await page.getByRole("button", { name: "Settings" }).boundingBox())!;
    assert.ok(gear.y < pill.y + pill.height && pill.y < gear.y + gear.height, `${width} px`);
    assert.ok(gear.x + gear.width <= width, `${width} px`);
    await opened.assertSound(`the header at ${width} px`);
  }
};

/** Holds back the node's configuration until the returned function is called. */
function holdConfig(server: DemoServer, strategy: string): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.config = { public_base: null, addresses: [], strategy };
  server.configReady = promise;
  held.push(resolve);
  return resolve;
}

/** Answers that are held back. A failed case must not keep the server waiting for ever. */
const held: (() => void)[] = [];

/** Stops the page's timers, so that on a busy machine its waiting does not time out. */
async function stopClock(page: Page): Promise<void> {
  const startMs = Date.now();
  await page.clock.install({ time: startMs });
  // The clock runs until it is paused, and `pauseAt` takes only a later time. One hour ahead is later
  // on a busy machine too.
  await page.clock.pauseAt(startMs + 3_600_000);
}

/**
 * The node's strategy as the page knew it when each session was opened. Fails if the user had chosen
 * one.
 */
async function strategies(page: Page): Promise<string[]> {
  const all = await page.evaluate(() => demo.opened);
  assert.ok(all.every(({ strategy }) => strategy === null));
  return all.map(({ expected }) => expected);
}

/** The user's choice when each session was opened; null when there was none. */
async function choices(page: Page): Promise<(string | null)[]> {
  return await page.evaluate(() => demo.opened.map(({ strategy }) => strategy));
}

function atRest(run: PageCase): PageCase {
  return async (fixture) => {
    const { config, configReady } = fixture.server;
    try {
      await run(fixture);
    } finally {
      for (const answer of held.splice(0)) answer();
      Object.assign(fixture.server, { config, configReady });
    }
  };
}

Deno.test("the page's strategy", async (t) => {
  const rested = Object.entries(cases).map(([name, run]) => [name, atRest(run)] as const);
  await runPageCases(t, Object.fromEntries(rested));
});
