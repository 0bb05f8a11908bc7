/**
 * Following the newest message, in Chromium with a fake session: only a person's scroll leaves the end,
 * sending goes to the end, and elements that grow around the log do not move the text that is being
 * read.
 *
 * `EGOAT_SENDS=100` sends that many messages at human speed instead of a few.
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { FakeSession } from "../../fakes/session.ts";
import { until } from "../../fakes/until.ts";
import { DESKTOP, openRoom, type PageSize } from "./browser.ts";
import {
  assertAtEnd,
  firstInView,
  focusComposer,
  hear,
  movedSince,
  nextFrame,
  othersWrite,
  placeInView,
  pullDown,
  toEnd,
  untilStill,
  wheel,
  worstOutOfView,
} from "./log_view.ts";
import { type PageCase, type PageFixture, runPageCases } from "./page_cases.ts";

declare const demo: { sessions: FakeSession[] };

const SENDS = Number(Deno.env.get("EGOAT_SENDS") ?? 10);
const PHONE: PageSize = { width: 390, height: 844, isPhone: true };

/** Texts of every height that a composer can have; a line break is Shift and Enter. */
const TEXTS = [
  "Yes",
  "The bus is late and I am wet, so keep the soup warm for me",
  "one\ntwo\nthree",
  "a\nb\nc\nd\ne\nf\ng\nh",
  "ok",
  "A long story that wraps until nobody knows how it began, and goes on and on behind its first line.",
];

const cases: Record<string, PageCase> = {};

for (const size of [DESKTOP, PHONE]) {
  cases[`what one writes is in view above the composer and stays there, ${size.width} px wide`] =
    async (fixture) => {
      await using opened = await openLong(fixture, size);
      const { page } = opened;
      await focusComposer(page, size);
      await othersWrite(page, 4);
      const hidden: string[] = [];
      for (let sent = 0; sent < SENDS; sent++) {
        const text = `${TEXTS[sent % TEXTS.length]!} ${sent}`;
        await typeAsPeopleDo(page, text);
        await page.keyboard.press("Enter");
        const worst = await worstOutOfView(page, text);
        if (worst > 1) hidden.push(`${sent}: ${worst} px of "${text.slice(0, 20)}"`);
      }
      const inView = SENDS - hidden.length;
      console.log(`own message in view, ${size.width} px wide: ${inView} of ${SENDS}`);
      assert.deepEqual(hidden, []);
    };
}

async function typeAsPeopleDo(page: Page, text: string): Promise<void> {
  for (const [index, line] of text.split("\n").entries()) {
    if (index > 0) await page.keyboard.press("Shift+Enter");
    await page.keyboard.type(line, { delay: 20 });
  }
}

cases["sending goes to the end from wherever one reads"] = async (fixture) => {
  await using opened = await openLong(fixture);
  const { page } = opened;
  await wheel(page, -4000);
  await page.getByRole("textbox", { name: "Message" }).click();
  await page.keyboard.type("here I am");
  await page.keyboard.press("Enter");
  assert.ok(await worstOutOfView(page, "here I am") <= 1);
  await assertAtEnd(page, "after sending");
};

/** Every way in which a user moves the log, by hand or with assistive software. */
const LEAVE: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  "the wheel": (page) => wheel(page, -400),
  "a finger": (page) => pullDown(page),
  "a key": async (page) => {
    await page.getByRole("log").focus();
    await page.keyboard.press("PageUp");
  },
  "a scrollbar or find in page, which tell nothing else,": (page) =>
    page.evaluate(() => void (document.querySelector(".log")!.scrollTop -= 500)),
  "a screen reader": (page) =>
    page.evaluate(() => document.querySelector(".message")!.scrollIntoView()),
};

for (const [how, leave] of Object.entries(LEAVE)) {
  cases[`${how} leaves the end, and what comes moves nothing`] = async (fixture) => {
    await using opened = await openLong(fixture, how === "a finger" ? PHONE : DESKTOP);
    const { page } = opened;
    await assertAtEnd(page, "at first");
    await leave(page);
    await page.getByRole("button", { name: /^Latest messages/ }).waitFor();
    await untilStill(page);
    const place = await placeInView(page);
    for (let i = 0; i < 5; i++) await hear(page, `meanwhile ${i}`);
    assert.ok(Math.abs(await movedSince(page, place)) < 2);
  };
}

cases["a busy room lets go of whoever scrolls up, and takes them back at its end"] = async (
  fixture,
) => {
  await using opened = await openLong(fixture);
  const { page } = opened;
  await othersWrite(page, 20);
  await wheel(page, -300);
  await wheel(page, -300);
  const latest = page.getByRole("button", { name: /^Latest messages/ });
  await latest.waitFor();
  await until(async () => await toEnd(page) > 2000);
  await latest.click();
  await assertAtEnd(page, "after the button");
};

/** Changes of the space that the log has, or of its content. */
const GROWTH: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  "the composer": async (page) => {
    await page.getByRole("textbox", { name: "Message" }).fill("a\nb\nc\nd\ne\nf");
    await nextFrame(page);
    await page.getByRole("textbox", { name: "Message" }).fill("a\nb\nc");
  },
  "a banner": async (page) => {
    await page.evaluate(() => demo.sessions[0]!.setUplink({ state: "offline", tier: null }));
    await page.getByRole("region", { name: "Connection" }).waitFor();
  },
  "a banner that goes": async (page) => {
    await page.evaluate(() => demo.sessions[0]!.setUplink({ state: "offline", tier: null }));
    await page.getByRole("region", { name: "Connection" }).waitFor();
    await page.evaluate(() => demo.sessions[0]!.online());
    await page.getByRole("region", { name: "Connection" }).waitFor({ state: "detached" });
  },
  "people who type": async (page) => {
    await page.evaluate(() => {
      const [session] = demo.sessions;
      for (const name of ["Bartholomew the Elder of Hillside", "Cordelia from Upper Mountain"]) {
        session!.addPeer(name, { tier: "websocket" });
        session!.setTyping(name, true);
      }
    });
    await page.getByText("are typing").waitFor();
  },
  "a message that failed": (page) =>
    page.evaluate(() => {
      const session = demo.sessions[0]!;
      const own = session.messages.findLast((message) => message.own)!;
      const error = { code: "rate-limited", message: "Too many messages" } as const;
      session.change(own.id, { state: "failed", error });
    }),
};

/** Changes of the width of lines, and so of the height of everything above. */
const REFLOW: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  "the phone's keyboard": (page) => page.setViewportSize({ width: 390, height: 500 }),
  "rotation": (page) => page.setViewportSize({ width: 844, height: 390 }),
  "a narrower window": (page) => page.setViewportSize({ width: 330, height: 844 }),
  "larger text": (page) =>
    page.evaluate(() => void (document.documentElement.style.fontSize = "150%")),
  "another font": (page) =>
    page.evaluate(() => void (document.documentElement.style.fontFamily = "monospace")),
};

cases["the end stays in view, whatever grows"] = async (fixture) => {
  await using opened = await openLong(fixture, PHONE);
  const { page } = opened;
  await assertAtEnd(page, "at first");
  for (const [what, grow] of Object.entries({ ...GROWTH, ...REFLOW })) {
    await grow(page);
    await assertAtEnd(page, what);
    await hear(page, `behind ${what}`);
    await assertAtEnd(page, `a message behind ${what}`);
  }
};

cases["what is being read stays where it is, whatever grows"] = async (fixture) => {
  await using opened = await openLong(fixture, PHONE);
  const { page } = opened;
  await scrollUpBy(page, 3000);
  for (const [what, grow] of Object.entries({ ...GROWTH, ...REFLOW })) {
    const place = await (what in REFLOW ? firstInView(page) : placeInView(page));
    await grow(page);
    const moved = await movedSince(page, place);
    assert.ok(Math.abs(moved) < 2, `${what} moves it by ${moved} px`);
  }
};

async function scrollUpBy(page: Page, px: number): Promise<void> {
  await page.evaluate((px) => void (document.querySelector(".log")!.scrollTop -= px), px);
  await page.getByRole("button", { name: /^Latest messages/ }).waitFor();
  await untilStill(page);
}

cases["a finger that trembles at the end does not leave it"] = async (fixture) => {
  await using opened = await openLong(fixture);
  const { page } = opened;
  await page.evaluate(() => void (document.querySelector(".log")!.scrollTop -= 5));
  await until(async () => await toEnd(page) < 1);
  await hear(page, "still here");
  await assertAtEnd(page, "after the next message");
};

async function openLong({ browser, server }: PageFixture, size: PageSize = DESKTOP) {
  const opened = await openRoom(browser, server.url + "?room=long", { size });
  await opened.page.getByText("Message 4999").waitFor();
  return opened;
}

Deno.test("following the newest message", (t) => runPageCases(t, cases));
