/**
 * The log as a user sees it: the messages in view, the distance to the end, and what others do
 * meanwhile.
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { FakeSession } from "../../fakes/session.ts";
import { until } from "../../fakes/until.ts";

declare const demo: { sessions: FakeSession[] };

/** Focuses the composer, by a tap or a click. */
export async function focusComposer(page: Page, options: { isPhone: boolean }): Promise<void> {
  const field = page.getByRole("textbox", { name: "Message" });
  if (options.isPhone) await field.tap();
  else await field.click();
}

/** Makes others write `perSecond` messages a second from now on. */
export async function othersWrite(page: Page, perSecond: number): Promise<void> {
  await page.evaluate((everyMs) => {
    let count = 0;
    setInterval(() => {
      const text = `Busy ${++count} ${"and on it goes ".repeat(count % 5)}`;
      demo.sessions.at(-1)!.say({ text });
    }, everyMs);
  }, 1000 / perSecond);
}

/** Makes somebody else say `text`; resolves when it is rendered. */
export async function hear(page: Page, text: string): Promise<void> {
  await page.evaluate((text) => void demo.sessions.at(-1)!.say({ text }), text);
  await page.locator(".message").getByText(text, { exact: true }).waitFor({ state: "attached" });
}

/** Pixels between the visible part and the end of the log. */
export function toEnd(page: Page): Promise<number> {
  return page.evaluate(() => {
    const log = document.querySelector(".log")!;
    return log.scrollHeight - log.clientHeight - log.scrollTop;
  });
}

export async function assertAtEnd(page: Page, what: string): Promise<void> {
  // Layout and its effects take a frame.
  await nextFrame(page);
  const distance = await toEnd(page);
  assert.ok(Math.abs(distance) <= 1, `${what}: the end is ${distance} px away`);
}

/**
 * Waits for two frames: the layout of the first one is painted, and reported to the page, in the
 * second.
 */
export function nextFrame(page: Page): Promise<void> {
  return page.evaluate(() =>
    new Promise<void>((resolve) =>
      requestAnimationFrame(() => requestAnimationFrame(() => resolve()))
    )
  );
}

/** A message in view: its id, and its top on the screen in pixels. */
export interface Place {
  readonly id: string;
  readonly top: number;
}

export function placeInView(page: Page): Promise<Place> {
  return placeBelow(page, 0.5);
}

/** The first message that begins in view. The messages above it may become less high with the width. */
export function firstInView(page: Page): Promise<Place> {
  return placeBelow(page, 0);
}

function placeBelow(page: Page, share: number): Promise<Place> {
  return page.evaluate((share) => {
    const log = document.querySelector(".log")!.getBoundingClientRect();
    const line = log.top + share * log.height;
    const message = [...document.querySelectorAll<HTMLElement>("[data-message]")]
      .find((element) => element.getBoundingClientRect().top >= line)!;
    return { id: message.dataset["message"]!, top: message.getBoundingClientRect().top };
  }, share);
}

/** How far the message has moved on the screen since then, in pixels. */
export async function movedSince(page: Page, { id, top }: Place): Promise<number> {
  await nextFrame(page);
  const now = await page.evaluate(
    (id) => document.querySelector(`[data-message="${id}"]`)!.getBoundingClientRect().top,
    id,
  );
  return now - top;
}

/**
 * Scrolls by the wheel, up when `deltaY` is negative; resolves when the log has moved and stands still.
 */
export async function wheel(page: Page, deltaY: number): Promise<void> {
  const before = await toEnd(page);
  const box = (await page.getByRole("log").boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.wheel(0, deltaY);
  await until(async () => await toEnd(page) !== before, "the wheel moves the log");
  await untilStill(page);
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Pulls the log down with a finger, which shows older messages. */
export async function pullDown(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...touchPoints: Point[]) =>
    session.send("Input.dispatchTouchEvent", { type, touchPoints });
  await touch("touchStart", { x: 200, y: 300 });
  for (let y = 310; y < 500; y += 10) await touch("touchMove", { x: 200, y });
  await touch("touchEnd");
}

/** Resolves when the log has stopped scrolling. */
export async function untilStill(page: Page): Promise<void> {
  let last = NaN;
  await until(async () => {
    await nextFrame(page);
    const now = await page.evaluate(() => document.querySelector(".log")!.scrollTop);
    const isStill = now === last;
    last = now;
    return isStill;
  }, "the log stops scrolling");
}

/** Pixels of the own message with this text that are above or below the view, at worst in 20 frames. */
export function worstOutOfView(page: Page, text: string): Promise<number> {
  return page.evaluate(async (text) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const find = () =>
      [...document.querySelectorAll(".own .message")].findLast((message) =>
        message.querySelector(".text")?.textContent === text
      );
    for (let frames = 0; frames < 300 && find() === undefined; frames++) await frame();
    let worst = 0;
    for (let frames = 0; frames < 20; frames++) {
      await frame();
      const log = document.querySelector(".log")!.getBoundingClientRect();
      const composer = document.querySelector(".composer textarea")!.getBoundingClientRect();
      const message = find()!.getBoundingClientRect();
      const below = message.bottom - Math.min(log.bottom, composer.top);
      worst = Math.max(worst, below, log.top - message.top);
    }
    return worst;
  }, text);
}
