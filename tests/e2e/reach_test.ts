/** The page by keyboard alone, on narrow screens, and with large text. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { browserTest, type Stage, useChromium } from "./browser.ts";
import type { ChatPage } from "./page.ts";

useChromium();

/** Presses Tab until `target` has the focus, 40 times at most. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < 40; presses++) {
    if (await hasFocus(target)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab never reaches ${target}`);
}

function hasFocus(target: Locator): Promise<boolean> {
  return target.evaluate((element) => element === document.activeElement);
}

/** Whether the focused element is visibly marked. */
function isFocusVisible(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const style = getComputedStyle(document.activeElement!);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 ||
      style.boxShadow !== "none";
  });
}

browserTest(
  "the keyboard alone leads from the start page to a message and an invitation",
  async (stage) => {
    const page = await stage.newPage();
    const { keyboard } = page.page;
    await page.open();
    await tabTo(page.page, page.nameField);
    assert(await isFocusVisible(page.page));
    await keyboard.type("Ann");
    await keyboard.press("Enter");
    await page.composer.waitFor();

    await tabTo(page.page, page.composer);
    await keyboard.type("By keyboard");
    await keyboard.press("Enter");
    await page.untilShown("By keyboard");
    assert(await hasFocus(page.composer), "the composer keeps the focus after sending");

    await tabTo(page.page, page.inviteButton);
    assert(await isFocusVisible(page.page));
    await keyboard.press("Enter");
    await page.linkField.waitFor();
    for (let presses = 0; presses < 12; presses++) {
      await keyboard.press("Tab");
      const isTrapped = await page.page.evaluate(() =>
        document.activeElement === document.body ||
        document.activeElement?.closest("dialog") !== null
      );
      assert(isTrapped, "the focus left the dialog");
    }
    await tabTo(page.page, page.copyButton);
    await keyboard.press("Enter");
    await page.inviteDialog.getByText("Copied").waitFor();
    await keyboard.press("Escape");
    await page.inviteDialog.waitFor({ state: "detached" });
    assert(await hasFocus(page.inviteButton), "the focus is back where the dialog was opened");
  },
);

browserTest(
  "Shift and Enter break the line, and an input method's Enter does not send",
  async (stage) => {
    const page = await stage.newPage();
    await page.startRoom("Ann");
    await page.composer.fill("one");
    await page.composer.press("Shift+Enter");
    await page.composer.pressSequentially("two");
    assert.equal(await page.composer.inputValue(), "one\ntwo");
    await page.composer.dispatchEvent("keydown", { key: "Enter", isComposing: true });
    assert.equal(await page.composer.inputValue(), "one\ntwo");
    assert.deepEqual(await page.texts(), []);
  },
);

/** Elements that stick out of the page, or are cut off, in words. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} px wide`);
    for (const element of document.querySelectorAll<HTMLElement>("body *")) {
      const style = getComputedStyle(element);
      if (
        element.closest(".visually-hidden, svg, noscript, input") || style.visibility === "hidden"
      ) continue;
      const words = `${element.localName}.${element.className} "${
        element.innerText?.slice(0, 40)
      }"`;
      const box = element.getBoundingClientRect();
      // Text for screen readers alone has a box of one pixel.
      if (box.width <= 1 || box.height <= 1) continue;
      if (box.right > innerWidth + 1 || box.left < -1) {
        found.push(`${words} sticks out of the page`);
      }
      const clipsX = style.overflowX === "hidden" || style.overflowX === "clip";
      const clipsY = style.overflowY === "hidden" || style.overflowY === "clip";
      const isCutX = clipsX && element.scrollWidth > element.clientWidth + 1;
      const isCutY = clipsY && element.scrollHeight > element.clientHeight + 1;
      if (isCutX && style.textOverflow !== "ellipsis") {
        found.push(`${words} is cut off at its side`);
      }
      if (isCutY && element.innerText?.trim()) found.push(`${words} is cut off below`);
    }
    return found;
  });
}

/** Asserts that each of `targets` can be brought into view and pressed. */
async function assertUsable(targets: readonly Locator[]): Promise<void> {
  for (const target of targets) {
    await target.click({ trial: true });
  }
}

async function visitScreens({ newPage }: Stage, prepare: (page: ChatPage) => Promise<void>) {
  const viewport = { width: 320, height: 640 };
  const page = await newPage({ viewport, reducedMotion: "reduce" });
  const check = async (screen: string) => assert.deepEqual(await cutOff(page.page), [], screen);
  await page.open();
  await prepare(page);
  await check("start");
  await assertUsable([page.nameField, page.startButton, page.joinField, page.settingsButton]);
  await page.open("/?room=lobby");
  await prepare(page);
  await check("name question");
  await page.nameField.fill("Ann");
  await page.joinRoomButton.click();
  await page.say("A message that is long enough to need several lines on a screen like this one.");
  await page.say(`https://example.com/${"long".repeat(40)}`);
  await page.say("x".repeat(200));
  await check("room");
  await assertUsable([page.inviteButton, page.peopleButton, page.settingsButton, page.composer]);
  await page.inviteButton.click();
  await page.linkField.waitFor();
  await check("invite");
  await assertUsable([page.copyButton]);
  await page.page.keyboard.press("Escape");
  await page.settingsButton.click();
  await page.settingsDialog.waitFor();
  await check("settings");
  await page.page.keyboard.press("Escape");
  await page.peopleButton.click();
  await page.peopleDrawer.waitFor();
  await check("people");
}

browserTest("at 320 pixels nothing is cut off and nothing scrolls sideways", async (stage) => {
  await visitScreens(stage, async () => {});
});

browserTest("text of twice the size is whole", async (stage) => {
  await visitScreens(stage, async ({ page }) => {
    await page.evaluate(() => document.documentElement.style.fontSize = "32px");
  });
});

browserTest("what a finger presses is at least 44 pixels high and wide", async ({ newPage }) => {
  const page = await newPage({
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  const small = () =>
    page.page.getByRole("button").evaluateAll((buttons) =>
      buttons.filter((button) => button.checkVisibility()).flatMap((button) => {
        const { width, height } = button.getBoundingClientRect();
        const words = button.getAttribute("aria-label") ?? button.textContent;
        return width < 43.9 || height < 43.9 ? [`${words}: ${width} × ${height}`] : [];
      })
    );
  await page.open();
  await page.startButton.waitFor();
  assert.deepEqual(await small(), []);
  await page.startRoom("Ann");
  assert.deepEqual(await small(), []);
  await page.inviteButton.click();
  await page.linkField.waitFor();
  assert.deepEqual(await small(), []);
});

browserTest("a page checks its network when its node is gone", async ({ node, newPage }) => {
  const ann = await newPage();
  await ann.startRoom("Ann");
  // The script of the checks is loaded late. It must be there before the node is killed.
  await ann.page.waitForFunction(() =>
    performance.getEntriesByType("resource").some(({ name }) => name.includes("/static/doctor-"))
  );
  await node.kill();
  await ann.page.getByRole("button", { name: "Settings" }).click();
  await ann.page.getByRole("button", { name: "Check this network" }).click();
  const dialog = ann.page.getByRole("dialog", { name: "Check this network" });
  await dialog.getByRole("listitem").filter({ hasText: "The node" })
    .getByText("Blocked", { exact: true }).first().waitFor();
  // Chromium logs an error for each connection that its node refuses.
  ann.problems.length = 0;
});
