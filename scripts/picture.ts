/**
 * Takes the README's picture: two browsers that chat through one node, side by side. Needs Chromium and
 * a build. Run it with `./scripts/deno task picture` after the page has changed its looks.
 */
import { type Browser, chromium, type Page } from "playwright-core";
import { CHROMIUM_FLAGS, findChromium } from "./chromium.ts";

const PICTURE = new URL("../.github/two-browsers.png", import.meta.url).pathname;
const BUNDLE = new URL("../build/main.js", import.meta.url).pathname;
const SIZE = { width: 560, height: 640 };
/** Not the default port, which a running node may use. */
const PORT = "18181";

const TALK: readonly (readonly [who: 0 | 1, text: string])[] = [
  [0, "Are you on the train already?"],
  [1, "Yes, with three bars of nothing. This still gets through, though!"],
  [0, "It went direct a second after you joined."],
  [1, "Then have a look at this: https://www.rfc-editor.org/rfc/rfc8445"],
];

async function open(browser: Browser, name: string): Promise<Page> {
  const context = await browser.newContext({ viewport: SIZE, deviceScaleFactor: 2 });
  const page = await context.newPage();
  await page.goto(`http://localhost:${PORT}/?room=goat-hill`);
  await page.getByLabel("Your name").fill(name);
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  return page;
}

async function talk(pages: readonly [Page, Page]): Promise<void> {
  for (const page of pages) await page.getByText(/^Direct, /).first().waitFor();
  for (const [who, text] of TALK) {
    await pages[who].getByRole("textbox", { name: "Message" }).fill(text);
    await pages[who].keyboard.press("Enter");
    await pages[1 - who]!.getByText(text.slice(0, 20)).first().waitFor();
  }
}

/** Both pages as two windows on one picture. */
async function compose(browser: Browser, shots: readonly Uint8Array[]): Promise<void> {
  const images = shots.map((shot) => `<img src="data:image/png;base64,${shot.toBase64()}">`);
  const page = await browser.newPage({ viewport: { width: 1240, height: 720 } });
  await page.setContent(`<style>
    body { margin: 0; background: #dfe3d5; display: flex; gap: 40px; padding: 40px }
    img { width: ${SIZE.width}px; border-radius: 12px; box-shadow: 0 8px 30px #0004 }
  </style>${images.join("")}`);
  await page.screenshot({ path: PICTURE });
}

const folder = await Deno.makeTempDir();
const node = new Deno.Command(Deno.execPath(), {
  args: [
    "run",
    "-A",
    BUNDLE,
    "--http-port",
    PORT,
    "--stun-port",
    "0",
    "--ws-port",
    "0",
    "--stun-url",
    "none",
    "--db",
    `${folder}/chat.db`,
  ],
  stdout: "piped",
}).spawn();
const lines = node.stdout.getReader();
await lines.read();
const browser = await chromium.launch({
  executablePath: findChromium() ?? "chromium",
  args: [...CHROMIUM_FLAGS],
});
const pages = [await open(browser, "Ann"), await open(browser, "Bob")] as const;
await talk(pages);
await compose(browser, [await pages[0].screenshot(), await pages[1].screenshot()]);
await browser.close();
await lines.cancel();
node.kill("SIGTERM");
await node.status;
await Deno.remove(folder, { recursive: true });
console.log(`Wrote ${PICTURE}`);
