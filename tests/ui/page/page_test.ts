/**
 * The page in Chromium, with a fake session behind it: every screen, the start, links, invitations,
 * settings. `room_page_test.ts` tests the inside of a room; `scenes.ts` has the rooms.
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { FakeSession } from "../../fakes/session.ts";
import { until } from "../../fakes/until.ts";
import { CHAT, DESKTOP, openPage, openRoom, PHONE, showPeople, untilInRoom } from "./browser.ts";
import { type PageCase, runPageCases } from "./page_cases.ts";

declare const demo: { sessions: FakeSession[] };

const SCREENS: Readonly<Record<string, { path: string; act?: (page: Page) => Promise<void> }>> = {
  "the start page": { path: "" },
  "a room": { path: CHAT },
  "people": { path: CHAT, act: showPeople },
  "a crowd": { path: "?room=crowd", act: showPeople },
  "an empty room": { path: "?room=empty" },
  "a room without its node": { path: "?room=offline" },
  "a room of markup": { path: "?room=markup" },
  "the invitation": {
    path: CHAT,
    act: (page) => page.getByRole("button", { name: "Invite" }).click(),
  },
  "the settings": {
    path: CHAT,
    act: (page) => page.getByRole("button", { name: "Settings" }).click(),
  },
};

const cases: Record<string, PageCase> = {};

for (const [what, { path, act }] of Object.entries(SCREENS)) {
  cases[`${what} has no accessibility violation in any theme and size`] = async (fixture) => {
    for (const size of [DESKTOP, PHONE]) {
      const open = path === "" ? openPage : openRoom;
      await using opened = await open(fixture.browser, fixture.server.url + path, { size });
      await opened.page.getByRole("heading", { level: 1 }).waitFor();
      await act?.(opened.page);
      for (const colorScheme of ["light", "dark"] as const) {
        await opened.page.emulateMedia({ colorScheme });
        await opened.assertSound(`${what}, ${size.width} px, ${colorScheme}`);
      }
    }
  };
}

cases["everything fits at 320 px and with text of twice the size"] = async (
  { browser, server },
) => {
  for (const path of ["", CHAT, "?room=offline"]) {
    const size = { ...PHONE, width: 320 };
    const open = path === "" ? openPage : openRoom;
    await using opened = await open(browser, server.url + path, { size });
    await opened.page.getByRole("heading", { level: 1 }).waitFor();
    await opened.assertSound(`${path} at 320 px`);
    await opened.page.evaluate(() => document.documentElement.style.fontSize = "200%");
    await opened.assertSound(`${path} at 320 px, twice the size`);
    if (path !== "") {
      assert.ok(await opened.page.getByLabel("Message", { exact: true }).isVisible());
    }
  }
};

cases["targets are large enough for fingers"] = async ({ browser, server }) => {
  await using opened = await openRoom(browser, server.url + CHAT, { size: PHONE });
  await opened.page.getByText("Who drives?").waitFor();
  const small = await opened.page.evaluate(() =>
    [...document.querySelectorAll("button:not(.link-button), input, textarea")].flatMap(
      (element) => {
        const { width, height } = element.getBoundingClientRect();
        return width < 44 || height < 44
          ? `${element.outerHTML.slice(0, 60)} ${width}x${height}`
          : [];
      },
    )
  );
  assert.deepEqual(small, []);
};

cases["a link asks for a name once, and then opens its room at once"] = async (
  { browser, server },
) => {
  await using opened = await openPage(browser, server.url + CHAT, { name: null });
  const { page } = opened;
  await page.getByRole("heading", { name: "Join quiet-summit-7k2m-9xqd" }).waitFor();
  await opened.assertSound("the page that asks for a name");
  await page.getByRole("button", { name: "Join the room" }).click();
  await page.getByText("Your name must be 1 to 64 characters").waitFor();
  await page.getByLabel("Your name").fill("Mara");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "quiet-summit-7k2m-9xqd" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "quiet-summit-7k2m-9xqd" }).waitFor();
  await untilInRoom(page);
  assert.equal(await page.evaluate(() => demo.sessions[0]!.name), "Mara");
};

cases["an older link joins with its peer id as the name"] = async ({ browser, server }) => {
  const url = `${server.url}?room=empty&peer_id=bob`;
  await using opened = await openPage(browser, url, { name: null });
  await opened.page.getByRole("heading", { name: "empty" }).waitFor();
  await untilInRoom(opened.page);
  const session = await opened.page.evaluate(() => ({
    name: demo.sessions[0]!.name,
    peerId: demo.sessions[0]!.peerId,
  }));
  assert.deepEqual(session, { name: "bob", peerId: "bob" });
  assert.equal(await opened.page.evaluate(() => localStorage.getItem("egoat.name")), null);
};

cases["starting a room goes there, and the back button leaves it"] = async (
  { browser, server },
) => {
  await using opened = await openPage(browser, server.url, { name: null });
  const { page } = opened;
  await page.getByLabel("Your name").fill("Mara");
  await page.getByRole("button", { name: "Start a room" }).click();
  await page.waitForURL(/\?room=[a-z]+-[a-z]+-\w{4}-\w{4}$/);
  await page.getByRole("button", { name: "Leave the room" }).waitFor();
  await page.goBack();
  await page.getByRole("button", { name: "Start a room" }).waitFor();
  assert.ok(await page.evaluate(() => demo.sessions[0]!.calls.includes("leave")));
  const recent = page.getByRole("region", { name: "Rooms you were in" });
  await recent.getByRole("link").click();
  await page.getByRole("button", { name: "Leave the room" }).click();
  await recent.getByRole("button", { name: /Remove/ }).click();
  await recent.waitFor({ state: "detached" });
};

cases["the join field says so when a link belongs to another node"] = async (
  { browser, server },
) => {
  await using opened = await openPage(browser, server.url);
  const { page } = opened;
  await page.getByLabel("Or join a room").fill("http://other.test:8080/?room=den");
  await page.getByRole("button", { name: "Join", exact: true }).click();
  const link = page.getByRole("link", { name: "Open it there" });
  assert.equal(await link.getAttribute("href"), "http://other.test:8080/?room=den");
  await page.getByLabel("Or join a room").fill("empty");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "empty" }).waitFor();
};

cases["the invitation offers addresses that others can use"] = async ({ browser, server }) => {
  server.config = { public_base: null, addresses: ["http://192.168.1.5:8080"] };
  await using opened = await openRoom(browser, server.url + CHAT);
  const { page } = opened;
  await page.getByRole("button", { name: "Invite" }).click();
  const link = page.getByLabel("Link to this room");
  await until(async () => await link.inputValue() === `http://192.168.1.5:8080/${CHAT}`);
  await page.getByRole("img", { name: "QR code of the link" }).waitFor();
  await page.getByLabel(/localhost/).check();
  await page.getByText("This address only works on this computer.").waitFor();
  assert.equal(await link.inputValue(), server.url + CHAT);
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("status").getByText("Link copied").waitFor();
};

cases["copying works where the browser has no clipboard to script"] = async (
  { browser, server },
) => {
  await using opened = await openRoom(browser, server.url + CHAT);
  const { page } = opened;
  await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("status").getByText("Link copied").waitFor();
  await page.keyboard.press("Escape");
  const field = page.getByRole("textbox", { name: "Message" });
  await field.focus();
  await page.keyboard.press("Control+V");
  assert.match(await field.inputValue(), /\/\?room=quiet-summit-7k2m-9xqd$/);
};

cases["a theme is chosen at once and kept"] = async ({ browser, server }) => {
  await using opened = await openPage(browser, server.url);
  const { page } = opened;
  const ground = () =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("Dark").check();
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  assert.equal(await ground(), dark);
};

cases["a new name is taken in place, and the room stays"] = async ({ browser, server }) => {
  await using opened = await openRoom(browser, server.url + "?room=empty");
  const { page } = opened;
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("Your name").fill("Mara B.");
  await page.getByText("Older messages keep your old name.").waitFor();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await until(() => page.evaluate(() => demo.sessions[0]!.name === "Mara B."));
  const [calls, count] = await page.evaluate(() =>
    [demo.sessions[0]!.calls, demo.sessions.length] as const
  );
  assert.deepEqual([calls.includes("leave"), count], [false, 1]);
  await page.getByRole("complementary").getByText("Mara B.").waitFor();
};

cases["the history is saved as a file"] = async ({ browser, server }) => {
  server.history = Array.from({ length: 5 }, (_, i) => ({
    id: `m${i}`,
    peer_id: "ann",
    name: "Ann",
    text: `text ${i}`,
    sent_at: null,
    timestamp: 1_700_000_000 + i,
  }));
  await using opened = await openRoom(browser, server.url + "?room=empty");
  const { page } = opened;
  await page.getByRole("button", { name: "Settings" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "As JSON" }).click();
  const file = await download;
  assert.equal(file.suggestedFilename(), "e-goat-empty.json");
  const path = await file.path();
  assert.deepEqual(JSON.parse(await Deno.readTextFile(path)), server.history);
  await page.getByRole("status").getByText("Saved 5 messages.").waitFor();
};

cases["the page works where storage is blocked"] = async ({ browser, server }) => {
  await using opened = await openPage(browser, "about:blank", { name: null });
  const { page } = opened;
  await page.addInitScript(() => {
    const deny = () => {
      throw new DOMException("denied", "SecurityError");
    };
    Object.defineProperty(globalThis, "localStorage", { get: deny });
    Object.defineProperty(globalThis, "sessionStorage", { get: deny });
  });
  await page.goto(server.url + "?room=empty");
  await page.getByLabel("Your name").fill("Mara");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "empty" }).waitFor();
  assert.deepEqual(opened.problems, []);
};

Deno.test("the page", (t) => runPageCases(t, cases));
