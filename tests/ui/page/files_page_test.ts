/**
 * Files that are dropped on the page or pasted into it, in Chromium: the page says that it can't send
 * them.
 */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import type { FakeSession } from "../../fakes/session.ts";
import { until } from "../../fakes/until.ts";
import { CHAT, DESKTOP, openPage, openRoom, PHONE } from "./browser.ts";
import { type PageCase, runPageCases } from "./page_cases.ts";

declare const demo: { sessions: FakeSession[] };

const cases: Record<string, PageCase> = {};

interface Dragged {
  readonly files?: string[];
  readonly items?: { mimeType: string; data: string }[];
}

/** Drags files or items from outside of the browser to the middle of `target`, and drops them. */
async function drop(page: Page, target: Locator, { files = [], items = [] }: Dragged) {
  const session = await page.context().newCDPSession(page);
  const box = (await target.boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const data = { items, files, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x, y, data });
  }
}

const refusal = (page: Page) => page.getByRole("alert").getByText("Files can't be sent yet.");

/** Fails unless the page has kept its address and shows the refusal once. */
async function assertRefused(page: Page, url: string): Promise<void> {
  await refusal(page).waitFor();
  assert.equal(await page.getByRole("alert").count(), 1);
  assert.equal(page.url(), url);
}

const SCREENS: Readonly<
  Record<string, { path: string; target: (page: Page) => Locator; act?: (page: Page) => unknown }>
> = {
  "the log": { path: CHAT, target: (page) => page.getByRole("log") },
  "the composer": { path: CHAT, target: (page) => page.getByRole("textbox", { name: "Message" }) },
  "the header": { path: CHAT, target: (page) => page.getByRole("banner") },
  "a dialog": {
    path: CHAT,
    act: (page) => page.getByRole("button", { name: "Settings" }).click(),
    target: (page) => page.getByRole("dialog"),
  },
  "the start page": { path: "", target: (page) => page.getByRole("main") },
  "the field for a name": { path: "", target: (page) => page.getByLabel("Your name") },
};

for (const [what, { path, target, act }] of Object.entries(SCREENS)) {
  cases[`a file that is dropped on ${what} is refused in words`] = async ({ browser, server }) => {
    const folder = await Deno.makeTempDir();
    const files = [`${folder}/notes.txt`, `${folder}/plan.html`];
    for (const file of files) await Deno.writeTextFile(file, "secret");
    const open = path === "" ? openPage : openRoom;
    await using opened = await open(browser, server.url + path);
    const { page } = opened;
    await act?.(page);
    for (const dragged of [files.slice(0, 1), files, [folder]]) {
      await drop(page, target(page), { files: dragged });
      await assertRefused(page, server.url + path);
      await page.getByRole("alert").getByRole("button", { name: "Dismiss" }).click();
      await refusal(page).waitFor({ state: "detached" });
    }
    await drop(page, target(page), { files });
    await refusal(page).waitFor();
    await opened.assertSound(`a file dropped on ${what}`);
    await Deno.remove(folder, { recursive: true });
  };
}

cases["a second file is refused anew, and another screen knows nothing of it"] = async (
  { browser, server },
) => {
  await using opened = await openRoom(browser, server.url + CHAT, { size: PHONE });
  const { page } = opened;
  await pasteFile(page);
  await refusal(page).waitFor();
  const first = await page.getByRole("alert").elementHandle();
  await pasteFile(page);
  await until(async () => !await first!.evaluate((element) => element.isConnected));
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("dialog").waitFor();
  assert.equal(await refusal(page).count(), 0);
};

/** Pastes a file, as from a file manager. */
async function pasteFile(page: Page): Promise<void> {
  await page.evaluate(() => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File(["x"], "photo.jpg", { type: "image/jpeg" }));
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.activeElement!.dispatchEvent(event);
  });
}

cases["text and links go into the composer, and nowhere else"] = async ({ browser, server }) => {
  await using opened = await openRoom(browser, server.url + "?room=empty");
  const { page } = opened;
  const field = page.getByRole("textbox", { name: "Message" });
  const text = [{ mimeType: "text/plain", data: "dropped" }];
  await drop(page, field, { items: text });
  await until(async () => await field.inputValue() === "dropped");
  const link = "https://example.org/";
  const linkItems = [
    { mimeType: "text/uri-list", data: link },
    { mimeType: "text/plain", data: link },
  ];
  await drop(page, page.getByRole("log"), { items: linkItems });
  await drop(page, page.getByRole("log"), { items: text });
  await field.fill("");
  await drop(page, field, { items: linkItems });
  await until(async () => await field.inputValue() === link);
  assert.equal(page.url(), server.url + "?room=empty");
  assert.equal(await page.getByRole("alert").count(), 0);
};

cases["a picture that is pasted is refused, and a text with a picture of itself is pasted"] =
  async ({ browser, server }) => {
    await using opened = await openRoom(browser, server.url + "?room=empty", { size: DESKTOP });
    const { page } = opened;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const field = page.getByRole("textbox", { name: "Message" });
    await field.focus();
    await copy(page, { text: "A1\tB1", hasPicture: true });
    await page.keyboard.press("Control+V");
    await until(async () => await field.inputValue() === "A1\tB1");
    assert.equal(await refusal(page).count(), 0);
    await copy(page, { text: null, hasPicture: true });
    await page.keyboard.press("Control+V");
    await refusal(page).waitFor();
    assert.equal(await field.inputValue(), "A1\tB1");
  };

/** Puts a text, a picture or both into the clipboard. */
async function copy(
  page: Page,
  { text, hasPicture }: { text: string | null; hasPicture: boolean },
): Promise<void> {
  await page.evaluate(async ([text, hasPicture]) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 4;
    const picture = await new Promise<Blob>((resolve) => canvas.toBlob((blob) => resolve(blob!)));
    const item = {
      ...text === null ? {} : { "text/plain": new Blob([text], { type: "text/plain" }) },
      ...hasPicture ? { "image/png": picture } : {},
    };
    await navigator.clipboard.write([new ClipboardItem(item)]);
  }, [text, hasPicture] as const);
}

Deno.test("files on the page", (t) => runPageCases(t, cases));
