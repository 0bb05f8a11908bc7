/**
 * Opening a room with unread messages, in Chromium with a fake session: it opens at the unread line,
 * with the count of the messages that were not seen yet.
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { FakeSession } from "../../fakes/session.ts";
import { until } from "../../fakes/until.ts";
import { DESKTOP, openPage, type PageSize, untilInRoom } from "./browser.ts";
import {
  assertAtEnd,
  firstInView,
  hear,
  movedSince,
  nextFrame,
  placeInView,
  pullDown,
  toEnd,
  untilStill,
  wheel,
} from "./log_view.ts";
import { type PageCase, type PageFixture, runPageCases } from "./page_cases.ts";
import { MISSED_SINCE } from "./scenes.ts";

declare const demo: { sessions: FakeSession[] };

const PHONE: PageSize = { width: 390, height: 844, isPhone: true };
/** Messages in each room. The newest page is loaded; the rest is older. */
const COUNT = { missed: 600, flood: 3000 } as const;

interface Visit {
  readonly room?: keyof typeof COUNT;
  /** How many of the messages an earlier visit has not seen. */
  readonly unread: number;
  readonly size?: PageSize;
}

/** Opens the room for a user who has been in it before. */
async function openUnread({ browser, server }: PageFixture, visit: Visit) {
  const { room = "missed", unread, size = DESKTOP } = visit;
  const opened = await openPage(browser, server.url, { size });
  const { page } = opened;
  const lastSeen = MISSED_SINCE + (COUNT[room] - unread - 1) * 20;
  await page.evaluate(([room, lastSeen]) => {
    const rooms = [{ room, openedAtMs: 1, lastSeen }];
    localStorage.setItem("egoat.rooms", JSON.stringify(rooms));
  }, [room, lastSeen] as const);
  await page.goto(`${server.url}?room=${room}`);
  await untilInRoom(page);
  await page.getByText(`Message ${COUNT[room] - 1}`).waitFor({ state: "attached" });
  return opened;
}

const line = (page: Page) => page.getByText("New messages", { exact: true });

/** The unread count in the tab's title. Fails if the button shows another one. */
async function unreadCount(page: Page): Promise<number> {
  await nextFrame(page);
  const [, title = "0"] = /^\((\d+\+?)\)/.exec(await page.title()) ?? [];
  const button = page.getByRole("button", { name: /^Latest messages/ });
  if (await button.isVisible()) {
    const [, count = "0"] = /(\d+\+?) new/.exec(await button.getAttribute("aria-label") ?? "") ??
      [];
    assert.equal(count, title, "the button and the title agree");
  }
  return parseInt(title);
}

/** Fails unless the unread line is in the upper half of the log, below a message that was seen before. */
async function assertAtLine(page: Page, firstUnread: number): Promise<void> {
  await line(page).waitFor();
  await untilStill(page);
  const found = await page.evaluate(() => {
    const log = document.querySelector(".log")!.getBoundingClientRect();
    const line = document.querySelector(".unread-line")!;
    const top = line.getBoundingClientRect().top;
    const above = [...document.querySelectorAll(".message")].filter((message) => {
      const { bottom } = message.getBoundingClientRect();
      return bottom > log.top && bottom <= top;
    });
    const next = line.nextElementSibling!.querySelector(".text")!.textContent;
    return { share: (top - log.top) / log.height, above: above.length, next };
  });
  assert.match(found.next, new RegExp(`^Message ${firstUnread} `));
  assert.ok(found.share >= 0 && found.share < 0.5, `the line is at ${found.share} of the log`);
  assert.ok(found.above > 0, "nothing that was seen is above the line");
}

const cases: Record<string, PageCase> = {};

for (const size of [DESKTOP, PHONE]) {
  cases[`a room opens at its unread line, ${size.width} px wide`] = async (fixture) => {
    await using opened = await openUnread(fixture, { unread: 100, size });
    const { page } = opened;
    await assertAtLine(page, 500);
    const count = await unreadCount(page);
    assert.ok(count > 80 && count < 100, `${count} of 100 are below what is in view`);
    await opened.assertSound("a room at its unread line");
  };
}

cases["what is scrolled into view is seen, and nothing else"] = async (fixture) => {
  await using opened = await openUnread(fixture, { unread: 100 });
  const { page } = opened;
  await assertAtLine(page, 500);
  const before = await unreadCount(page);
  await wheel(page, 600);
  const after = await unreadCount(page);
  assert.ok(after > 0 && after < before, `${before}, then ${after}`);
  const lastInView = await page.evaluate(() => {
    const { bottom } = document.querySelector(".log")!.getBoundingClientRect();
    const inView = [...document.querySelectorAll(".message")]
      .filter((message) => message.getBoundingClientRect().bottom <= bottom);
    return Number(/\d+/.exec(inView.at(-1)!.textContent)![0]);
  });
  assert.ok(Math.abs(599 - lastInView - after) <= 1, `${after} behind message ${lastInView}`);
  await wheel(page, -1500);
  assert.equal(await unreadCount(page), after);
};

/** Ways to leave a room and to come back. */
const RETURNS: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  "a reload": (page) => page.reload(),
  "the start page": async (page) => {
    await page.getByRole("button", { name: "Leave the room" }).click();
    await page.getByRole("region", { name: "Rooms you were in" }).getByRole("link").click();
  },
  "another choice of paths": async (page) => {
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByLabel("WebSocket only").check();
    await page.getByRole("button", { name: "Use and rejoin" }).click();
    await until(() => page.evaluate(() => demo.sessions.length === 2));
  },
};

for (const [what, leaveAndReturn] of Object.entries(RETURNS)) {
  cases[`what was not seen is unread again after ${what}`] = async (fixture) => {
    await using opened = await openUnread(fixture, { unread: 100 });
    const { page } = opened;
    await assertAtLine(page, 500);
    await wheel(page, 1500);
    const count = await unreadCount(page);
    await leaveAndReturn(page);
    await untilInRoom(page);
    await assertAtLine(page, 600 - count);
    const left = await unreadCount(page);
    assert.ok(left > 0 && left < count, `${count}, then ${left}`);
  };
}

cases["pages are loaded until the unread line is here"] = async (fixture) => {
  await using opened = await openUnread(fixture, { unread: 350 });
  const { page } = opened;
  await line(page).waitFor();
  await until(async () => await page.getByText("Message 250 ").count() === 1);
  await assertAtLine(page, 250);
  const count = await unreadCount(page);
  assert.ok(count > 330 && count < 350, `${count} of 350`);
};

cases["more unread messages than are loaded by themselves open at the oldest that is"] = async (
  fixture,
) => {
  await using opened = await openUnread(fixture, { room: "flood", unread: 2900 });
  const { page } = opened;
  // A hundred pages of ten messages, and 200 messages that are there from the start.
  await until(async () => await page.getByText("Message 1800 ").count() === 1);
  await untilStill(page);
  const top = await line(page).evaluate((line) =>
    line.getBoundingClientRect().top - document.querySelector(".log")!.getBoundingClientRect().top
  );
  assert.ok(top >= 0 && top < 200, `the line is at ${top} px`);
  assert.ok(await unreadCount(page) > 1180);
  assert.match(await page.title(), /^\(\d+\+\) /, "and says that there are more");
};

/** Every way to ask for older messages at the top, where the log can't scroll. */
const PUSH_UP: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  "the wheel": async (page) => {
    await page.getByRole("log").hover();
    await page.mouse.wheel(0, -300);
  },
  "a finger": (page) => pullDown(page),
  "Page Up": (page) => page.getByRole("log").press("PageUp"),
  "Home": (page) => page.getByRole("log").press("Home"),
  "an arrow key": (page) => page.getByRole("log").press("ArrowUp"),
};

for (const [how, pushUp] of Object.entries(PUSH_UP)) {
  cases[`${how} at the top loads what was missed before`] = async (fixture) => {
    await using opened = await openBelowUnread(fixture, how === "a finger" ? PHONE : DESKTOP);
    const { page } = opened;
    await pushUp(page);
    await page.getByText("Message 1790 ").waitFor({ state: "attached" });
    await assertLineBefore(page, 1790);
  };
}

cases["what was missed before is unread until it comes into view, and moves nothing"] = async (
  fixture,
) => {
  await using opened = await openBelowUnread(fixture);
  const { page } = opened;
  const [count, place] = [await unreadCount(page), await firstInView(page)];
  await PUSH_UP["the wheel"]!(page);
  await page.getByText("Message 1790 ").waitFor({ state: "attached" });
  await untilStill(page);
  const moved = await movedSince(page, place);
  assert.ok(Math.abs(moved) < 2, `it moves by ${moved} px`);
  // A message may have come into view where the line stood.
  const more = await unreadCount(page) - count;
  assert.ok(more >= 8 && more <= 10, `${more} of 10`);
  await wheel(page, -300);
  const left = await unreadCount(page) - count;
  assert.ok(left > 0 && left < more, `${more}, then ${left}`);
  assert.match(await page.title(), /^\(\d+\) /, "all that were missed are here");
};

/**
 * Opens a room with 1,210 unread messages: the page loads 1,200 of them by itself, and stands at the
 * top.
 */
async function openBelowUnread(fixture: PageFixture, size: PageSize = DESKTOP) {
  const opened = await openUnread(fixture, { room: "flood", unread: 1210, size });
  const { page } = opened;
  await page.getByText("Message 1800 ").waitFor({ state: "attached" });
  await untilStill(page);
  await assertLineBefore(page, 1800);
  assert.equal(await page.evaluate(() => document.querySelector(".log")!.scrollTop), 0);
  return opened;
}

async function assertLineBefore(page: Page, firstUnread: number): Promise<void> {
  const next = await line(page).evaluate((line) => line.nextElementSibling!.textContent);
  assert.match(next, new RegExp(`Message ${firstUnread} `));
}

cases["unread messages that fit in view are seen once shown"] = async (fixture) => {
  await using opened = await openUnread(fixture, { unread: 3 });
  const { page } = opened;
  await line(page).waitFor();
  await assertAtEnd(page, "with three unread");
  await until(async () => await unreadCount(page) === 0);
  await hear(page, "and one more");
  await assertAtEnd(page, "after one more");
};

cases["a hidden page sees nothing, and comes back to where it was left"] = async (fixture) => {
  await using opened = await openUnread(fixture, { unread: 0 });
  const { page } = opened;
  await assertAtEnd(page, "at first");
  await setVisible(page, false);
  await page.evaluate(() => {
    for (let i = 0; i < 60; i++) demo.sessions[0]!.say({ text: `missed ${i}` });
  });
  await until(async () => await unreadCount(page) === 60);
  await setVisible(page, true);
  await page.getByRole("button", { name: /^Latest messages, \d+\+? new/ }).waitFor();
  await untilStill(page);
  const count = await unreadCount(page);
  assert.ok(count > 30 && count < 60, `${count} of 60`);
  assert.ok(await page.getByText("missed 0", { exact: true }).isVisible());
  await page.getByRole("button", { name: /^Latest messages/ }).click();
  await assertAtEnd(page, "after the button");
  assert.equal(await unreadCount(page), 0);
};

cases["what was missed while the network was away is found at the unread line"] = async (
  fixture,
) => {
  await using opened = await openUnread(fixture, { unread: 0 });
  const { page } = opened;
  await assertAtEnd(page, "at first");
  await page.evaluate(() => {
    const texts = Array.from({ length: 60 }, (_, index) => ({ text: `missed ${index}` }));
    demo.sessions[0]!.load(texts);
  });
  await page.getByRole("button", { name: /^Latest messages, \d+\+? new/ }).waitFor();
  await untilStill(page);
  assert.ok(await page.getByText("missed 0", { exact: true }).isVisible());
  // A message that fits in view is seen at once, so no count stays at the button.
  await page.getByRole("button", { name: /^Latest messages/ }).click();
  await page.evaluate(() => demo.sessions[0]!.load([{ text: "one more" }]));
  await page.getByText("one more").waitFor();
  await assertAtEnd(page, "after one that was missed");
  assert.equal(await unreadCount(page), 0);
};

async function setVisible(page: Page, isVisible: boolean): Promise<void> {
  await page.evaluate((isVisible) => {
    const value = isVisible ? "visible" : "hidden";
    Object.defineProperty(document, "visibilityState", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  }, isVisible);
}

cases["at the unread line nothing moves, whatever comes and however the composer grows"] = async (
  fixture,
) => {
  await using opened = await openUnread(fixture, { unread: 100 });
  const { page } = opened;
  await assertAtLine(page, 500);
  const [count, place] = [await unreadCount(page), await placeInView(page)];
  for (let i = 0; i < 5; i++) await hear(page, `new ${i}`);
  await page.getByRole("textbox", { name: "Message" }).fill("a\nb\nc\nd");
  assert.ok(Math.abs(await movedSince(page, place)) < 2);
  assert.equal(await unreadCount(page), count + 5);
};

cases["sending from the unread line goes to the end, and leaves nothing unread"] = async (
  fixture,
) => {
  await using opened = await openUnread(fixture, { unread: 100 });
  const { page } = opened;
  await assertAtLine(page, 500);
  await page.getByRole("textbox", { name: "Message" }).fill("I am back");
  await page.keyboard.press("Enter");
  await page.locator(".own .message").getByText("I am back").waitFor();
  await until(async () => await toEnd(page) <= 1);
  assert.equal(await unreadCount(page), 0);
};

Deno.test("a room with unread messages", (t) => runPageCases(t, cases));
