/** Names of people and rooms, and messages, are always shown as text. */
import assert from "node:assert/strict";
import { browserTest, useChromium } from "./browser.ts";
import type { ChatPage } from "./page.ts";

useChromium();

const RTL_OVERRIDE = "\u202e";

const TEXTS = [
  `<script>window.__pwned = 1</script>`,
  `<img src="x" onerror="window.__pwned = 1">`,
  `"><svg onload=window.__pwned=1>`,
  `</p></li><style>body{display:none}</style>`,
  `<a href="javascript:window.__pwned=1">here</a>`,
  `javascript:window.__pwned=1`,
  `&lt;b&gt;not bold&lt;/b&gt; &amp;amp; &#x202e;`,
  `${"${"}window.__pwned = 1} {{constructor.constructor('window.__pwned=1')()}}`,
  `${RTL_OVERRIDE}gpj.exe is not what it seems`,
  `\u2066\u2067\u2068 isolates left open`,
  `Z\u0351\u036b\u0343\u036a\u0302a\u0321\u030a\u0349l\u0324\u033ag\u0317o`,
  `e\u0301 and \u00e9 are not the same`,
  `\u200b\u200d\ufeffinvisible\u200b`,
  `family \u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466} flag \u{1f3f4}\u{e0067}\u{e0062}\u{e007f}`,
  `\u{10ffff} \ufffe \ud7ff \u{1f410}`,
  `مرحبا שלום hello`,
  `__proto__`,
  `constructor`,
  `[object Object] null undefined NaN`,
];

async function assertHarmless(page: ChatPage): Promise<void> {
  const found = await page.page.evaluate(() => ({
    pwned: (globalThis as { __pwned?: unknown }).__pwned,
    injected: document.querySelectorAll("img, script:not([src]), svg[onload], main style").length,
    links: [...document.links].filter(({ protocol }) => protocol === "javascript:").length,
    isVisible: getComputedStyle(document.body).display !== "none",
  }));
  assert.deepEqual(found, { pwned: undefined, injected: 0, links: 0, isVisible: true });
}

browserTest(
  "script, markup and odd Unicode in messages are shown as they were written",
  async (stage) => {
    const [ann, ben] = [await stage.newPage(), await stage.newPage()];
    await ben.joinRoom(await ann.startRoom("Ann"), "Ben");
    await ben.untilHere(2);
    for (const text of TEXTS) await ann.say(text);
    await ben.untilTexts(TEXTS);
    await ben.page.reload();
    await ben.untilTexts(TEXTS);
    await assertHarmless(ann);
    await assertHarmless(ben);
  },
);

browserTest("lines and blanks inside a message are kept", async ({ newPage }) => {
  const [ann, ben] = [await newPage(), await newPage()];
  await ben.joinRoom(await ann.startRoom("Ann"), "Ben");
  await ben.untilHere(2);
  await ann.composer.fill("if a:");
  await ann.composer.press("Shift+Enter");
  await ann.composer.pressSequentially("    b");
  await ann.composer.press("Enter");
  await ben.untilShown("if a:\n    b");
  assert.deepEqual(await ben.texts(), ["if a:\n    b"]);
});

const NAMES = [
  `<img src=x onerror=window.__pwned=1>`,
  `<script>window.__pwned=1</script>`,
  `"'><b onclick=x>&amp;`,
  `\u{1f410} Zoë \u0645\u0631\u062d\u0628\u0627`,
  `__proto__`,
];

browserTest(
  "script and markup in names and rooms are shown as they were written",
  async (stage) => {
    const room = `<script>window.__pwned=1</script>${RTL_OVERRIDE}"&`;
    const link = `/?room=${encodeURIComponent(room)}`;
    const watcher = await stage.newPage();
    await watcher.joinRoom(link, "Ann");
    assert.equal(await watcher.roomName(), room);
    assert.match(await watcher.page.title(), /<script>/);
    for (const [index, name] of NAMES.entries()) {
      const page = await stage.newPage();
      await page.joinRoom(link, name);
      await page.say(`I am number ${index}`);
      await watcher.untilShown(`I am number ${index}`);
      await watcher.person(name).waitFor();
      await assertHarmless(page);
      await page.page.context().close();
    }
    await assertHarmless(watcher);
    await watcher.inviteButton.click();
    const url = new URL(await watcher.linkField.inputValue());
    assert.equal(url.searchParams.get("room"), room);
    await assertHarmless(watcher);
  },
);

browserTest("a name that overrides the direction of text is shown without that", async (stage) => {
  const [ann, eve] = [await stage.newPage(), await stage.newPage()];
  await eve.joinRoom(await ann.startRoom("Ann"), `${RTL_OVERRIDE}nimda`);
  await eve.say("Trust me");
  await ann.untilShown("Trust me");
  await ann.person("nimda").waitFor();
  for (const { page } of [ann, eve]) {
    assert.ok(!(await page.evaluate(() => document.body.innerText)).includes(RTL_OVERRIDE));
  }
});

browserTest(
  "a room that overrides the direction of text leaves the words around it alone",
  async (stage) => {
    const link = `/?room=${encodeURIComponent(`${RTL_OVERRIDE}nimda`)}`;
    const [ann, eve] = [await stage.newPage(), await stage.newPage()];
    for (const [page, name] of [[ann, "Ann"], [eve, "Eve"]] as const) {
      await page.joinRoom(link, name);
    }
    await eve.say("Trust me");
    await ann.untilShown("Trust me");
    const isIsolated = await ann.page.evaluate((override) => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const loose: string[] = [];
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        const text = node.textContent ?? "";
        if (!text.includes(override)) continue;
        // Isolated by its own element, or by U+2068 and U+2069 in the text.
        const isIsolated = node.parentElement?.closest("bdi, [dir=auto], svg") ||
          text.includes(`\u2068${override}`) || node.parentElement?.closest(".visually-hidden");
        if (!isIsolated) loose.push(text);
      }
      return loose;
    }, RTL_OVERRIDE);
    assert.deepEqual(isIsolated, []);
  },
);
