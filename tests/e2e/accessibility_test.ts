/** Checks with axe-core that no screen has an accessibility violation, at any size, in both themes. */
import assert from "node:assert/strict";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { browserTest, type PageOptions, type Stage, useChromium } from "./browser.ts";
import type { ChatPage } from "./page.ts";

useChromium();

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } } as const;
const SCHEMES = ["light", "dark"] as const;

/** Fails with the violations that axe-core finds on the page. */
async function assertAccessible(page: Page, screen: string): Promise<void> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${help}\n  ${html}\n  ${failureSummary}`)
    );
  });
  assert.deepEqual(violations, [], screen);
}

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of SCHEMES) {
    const options = { viewport, colorScheme, reducedMotion: "reduce" } as const;
    browserTest(
      `axe-core finds nothing on any screen, ${size} and ${colorScheme}`,
      async (stage) => {
        await visitScreens(stage, options, size === "phone");
      },
      { cutsNetwork: true },
    );
  }
}

async function visitScreens(
  { node, newPage }: Stage,
  options: PageOptions,
  isPhone: boolean,
): Promise<void> {
  const [ann, ben] = [await newPage(options), await newPage()];
  const check = (screen: string) => assertAccessible(ann.page, screen);
  await ann.open();
  await ann.startButton.waitFor();
  await check("start");
  await ann.startButton.click();
  await ann.nameProblem.waitFor();
  await check("start, without a name");
  await ann.open("/?room=lobby");
  await ann.joinRoomButton.waitFor();
  await check("name question");

  await ann.joinRoom("/?room=lobby", "Ann");
  await check("empty room");
  await ben.joinRoom("/?room=lobby", "Ben");
  await ben.untilDirect("Ann");
  await ann.say("Hello, see https://example.com");
  await ann.untilState("Hello, see https://example.com", /delivered to 1 of 1/);
  await ben.say("Hello yourself\n\nwith several lines");
  await ben.say("\u{1f410}");
  await ann.untilShown("\u{1f410}");
  await check("room with messages");
  await checkDialogs(ann, check, isPhone);

  await node.stop();
  await ann.banner.waitFor();
  await ann.say("Not stored yet");
  await ann.untilState("Not stored yet", /not yet stored/);
  await check("banner, the node is gone, one is direct");
  await ben.page.close();
  await ann.banner.getByText(/Messages are kept here/).waitFor();
  await check("banner, nobody is reached");
  await node.restart();
  await ann.banner.waitFor({ state: "detached" });
  await ann.leaveButton.click();
  await ann.startButton.waitFor();
  await check("start, with rooms that one was in");
}

async function checkDialogs(
  ann: ChatPage,
  check: (screen: string) => Promise<void>,
  isPhone: boolean,
): Promise<void> {
  await ann.inviteButton.click();
  await ann.linkField.waitFor();
  await check("invite");
  await ann.copyButton.click();
  await check("invite, copied");
  await ann.page.keyboard.press("Escape");
  await ann.settingsButton.click();
  await ann.settingsDialog.waitFor();
  await check("settings");
  await ann.page.keyboard.press("Escape");
  if (!isPhone) return;
  await ann.peopleButton.click();
  await ann.person("Ben").waitFor();
  await check("people");
  await ann.page.keyboard.press("Escape");
}
