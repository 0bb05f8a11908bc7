/**
 * A room in Chromium, with a fake session behind it: composer, log, people, banner. `scenes.ts` has
 * the rooms.
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { FakeSession } from "../../fakes/session.ts";
import { until } from "../../fakes/until.ts";
import { CHAT, openRoom, PHONE, showPeople } from "./browser.ts";
import { type PageCase, runPageCases } from "./page_cases.ts";

declare const demo: { sessions: FakeSession[] };

const cases: Record<string, PageCase> = {};

cases["Enter sends, Shift+Enter breaks, and composing does neither"] = async (
  { browser, server },
) => {
  await using opened = await openRoom(browser, server.url + "?room=empty");
  const { page } = opened;
  const field = page.getByRole("textbox", { name: "Message" });
  await field.fill("one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two");
  await field.dispatchEvent("keydown", { key: "Enter", isComposing: true });
  assert.equal(await field.inputValue(), "one\ntwo");
  await page.keyboard.press("Enter");
  assert.equal(await field.inputValue(), "");
  assert.deepEqual(await sentTexts(page), ["one\ntwo"]);
};

cases["the composer grows to six lines and no further"] = async ({ browser, server }) => {
  await using opened = await openRoom(browser, server.url + "?room=empty");
  const field = opened.page.getByRole("textbox", { name: "Message" });
  const heightOf = async (lines: number) => {
    await field.fill("x\n".repeat(lines - 1) + "x");
    return (await field.boundingBox())!.height;
  };
  const [one, three, six, nine] = [
    await heightOf(1),
    await heightOf(3),
    await heightOf(6),
    await heightOf(9),
  ];
  assert.ok(one < three && three < six, `${one} < ${three} < ${six}`);
  assert.ok(nine - six < 1, `${nine} is ${six}`);
};

cases["a draft outlives a reload, and a refused message stays in the field"] = async (
  { browser, server },
) => {
  await using opened = await openRoom(browser, server.url + "?room=empty");
  const { page } = opened;
  const field = page.getByRole("textbox", { name: "Message" });
  await field.fill("half a thought");
  await page.reload();
  assert.equal(await field.inputValue(), "half a thought");
  await field.fill("x".repeat(64 * 1024 + 1));
  await page.getByText("64.0 of 64 KiB").waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("is larger than 64 KiB").first().waitFor();
  assert.equal((await field.inputValue()).length, 64 * 1024 + 1);
  assert.deepEqual(await sentTexts(page), []);
};

cases["names, rooms and texts are never markup"] = async ({ browser, server }) => {
  const room = `<img src=x onerror="document.title='owned'">`;
  const url = `${server.url}?room=${encodeURIComponent(room)}`;
  await using opened = await openRoom(browser, url, { name: "<b>Mara</b>" });
  await opened.page.getByRole("heading", { name: room }).waitFor();
  await opened.page.goto(server.url + "?room=markup");
  await opened.page.getByText("<script>document.body.remove()</script>").waitFor();
  assert.equal(await opened.page.locator("main script, main img, main b").count(), 0);
  assert.ok(!(await opened.page.title()).includes("owned"));
  const links = opened.page.locator(".text a");
  assert.equal(await links.count(), 1);
  assert.equal(await links.getAttribute("rel"), "noopener noreferrer");
  await opened.assertSound("markup");
};

cases["an own message tells its state, and a failed one can be tried again"] = async (
  { browser, server },
) => {
  await using opened = await openRoom(browser, server.url + CHAT);
  const { page } = opened;
  const log = page.getByRole("log");
  await log.getByText("Stored, delivered to all 3").waitFor();
  await log.getByText("Stored, delivered to 2 of 3").waitFor();
  await log.getByText("Sending").waitFor();
  await log.getByText("Not sent: Too many messages").waitFor();
  await log.getByRole("button", { name: "Try again" }).click();
  assert.ok(await page.evaluate(() => demo.sessions[0]!.calls.some((c) => c.startsWith("retry"))));
  assert.equal(await log.getAttribute("aria-live"), "off");
};

cases["a new message is said once, outside of the log"] = async ({ browser, server }) => {
  await using opened = await openRoom(browser, server.url + CHAT);
  const { page } = opened;
  await page.evaluate(() => demo.sessions[0]!.say({ text: "listen" }));
  const live = page.locator("[aria-live=polite]");
  await live.getByText("Ann: listen").waitFor();
  assert.ok(!(await live.textContent())!.includes("Is the hut open"));
};

cases["away from the end, new messages wait behind a button and a line"] = async (
  { browser, server },
) => {
  await using opened = await openRoom(browser, server.url + "?room=long");
  const { page } = opened;
  await page.getByText("Message 4999").waitFor();
  await page.evaluate(() => document.querySelector(".log")!.scrollTop -= 3000);
  await page.getByRole("button", { name: "Latest messages" }).waitFor();
  await page.evaluate(() => demo.sessions[0]!.say({ text: "fresh" }));
  await until(async () => (await page.title()).startsWith("(1) "));
  await page.getByRole("button", { name: "Latest messages, 1 new" }).click();
  await page.getByText("fresh").first().waitFor();
  await page.getByText("New messages").waitFor();
  await until(async () => !(await page.title()).startsWith("("));
};

cases["scrolling up shows older messages, and the reader's place stays"] = async (
  { browser, server },
) => {
  await using opened = await openRoom(browser, server.url + "?room=long");
  const { page } = opened;
  await page.getByText("Message 4999").waitFor();
  const rendered = () => page.locator("[data-message]").count();
  assert.equal(await rendered(), 200);
  const moved = await page.evaluate(async () => {
    const log = document.querySelector(".log")!;
    log.scrollTop = 300;
    const message = document.querySelector(".message")!;
    const before = message.getBoundingClientRect().top;
    const id = message.getAttribute("data-message");
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)));
    const after = document.querySelector(`[data-message="${id}"]`)!.getBoundingClientRect().top;
    return after - before;
  });
  assert.ok(Math.abs(moved) < 2, `moved by ${moved} px`);
  assert.ok(await rendered() > 200);
  const jump = page.getByRole("button", { name: "Latest messages" });
  await jump.click();
  await until(async () => await rendered() === 200);
};

cases["a room stays quick with thousands of messages in it"] = async ({ browser, server }) => {
  await using opened = await openRoom(browser, server.url + "?room=long");
  const { page } = opened;
  await page.getByText("Message 4999").waitFor();
  await page.evaluate(() => {
    for (let i = 0; i < 300; i++) demo.sessions[0]!.say({ text: `burst ${i}` });
  });
  await page.getByText("burst 299").first().waitFor();
  assert.equal(await page.locator("[data-message]").count(), 200);
};

cases["an address in a message becomes a link that tells the other site nothing"] = async (
  { browser, server },
) => {
  await using opened = await openRoom(browser, server.url + "?room=empty");
  const { page } = opened;
  await page.evaluate(() =>
    demo.sessions[0]!.say({ text: "See https://example.org/a?b=1, please" })
  );
  const link = page.getByRole("log").getByRole("link", { name: "https://example.org/a?b=1" });
  assert.equal(await link.getAttribute("href"), "https://example.org/a?b=1");
  assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
};

cases["without its node the page says what still works"] = async ({ browser, server }) => {
  await using opened = await openRoom(browser, server.url + "?room=offline");
  const { page } = opened;
  const banner = page.getByRole("region", { name: "Connection" });
  await banner.getByText(/You are still connected to .*Ann.* directly/).waitFor();
  await banner.getByText(/Trying again in \d+ seconds/).waitFor();
  await banner.getByRole("button", { name: "Try now" }).click();
  assert.ok(await page.evaluate(() => demo.sessions[0]!.calls.includes("reconnect")));
  await page.evaluate(() => demo.sessions[0]!.online());
  await banner.waitFor({ state: "detached" });
};

cases["what the browser says of its network reaches the session"] = async ({ browser, server }) => {
  await using opened = await openRoom(browser, server.url + "?room=empty");
  const { page } = opened;
  const calls = (name: string) =>
    page.evaluate(
      (name) => demo.sessions[0]!.calls.filter((call) => call === name).length,
      name,
    );
  await page.context().setOffline(true);
  await page.context().setOffline(false);
  await until(async () => await calls("reconnect") === 1);
  await until(async () => {
    await page.evaluate(() => void document.dispatchEvent(new Event("visibilitychange")));
    return await calls("wake") > 0;
  });
};

cases["people show their path, and why it is not direct"] = async ({ browser, server }) => {
  await using opened = await openRoom(browser, server.url + CHAT);
  const { page } = opened;
  const people = page.getByRole("complementary", { name: "People" });
  await people.getByText("Through the node (WebSocket)").waitFor();
  await people.getByText("Direct through a TURN relay").waitFor();
  await people.getByText(/The networks between you and .*Ben Okonkwo/).waitFor();
  await page.getByRole("button", { name: /^Through the node, 24 ms/ }).waitFor();
  await page.evaluate(() => {
    demo.sessions[0]!.setPath("Ben Okonkwo", { tier: "webrtc-stun", rttMs: 4 });
  });
  await page.getByRole("img", { name: /Direct to .*Ann.* and .*Ben Okonkwo/ }).waitFor();
  assert.equal(await page.getByRole("log").locator(".quiet").count(), 0);
};

cases["the drawer keeps the focus and gives it back"] = async ({ browser, server }) => {
  await using opened = await openRoom(browser, server.url + CHAT, { size: PHONE });
  const { page } = opened;
  await showPeople(page);
  const dialog = page.getByRole("dialog", { name: "People" });
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  const focused = await page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
  assert.equal(focused, "People");
};

async function sentTexts(page: Page): Promise<string[]> {
  const calls = await page.evaluate(() => demo.sessions.flatMap(({ calls }) => calls));
  return calls.filter((call) => call.startsWith("send ")).map((call) => call.slice(5));
}

Deno.test("a room's page", (t) => runPageCases(t, cases));
