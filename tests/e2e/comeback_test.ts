/** Pages that reload and nodes that die: every person keeps their place, and nothing is lost. */
import assert from "node:assert/strict";
import { browserTest, useChromium } from "./browser.ts";
import type { NodeProcess } from "./node_process.ts";
import { readWire } from "./wire_record.ts";

useChromium();

async function history(node: NodeProcess, link: string): Promise<{ id: string; text: string }[]> {
  const url = new URL("/history", node.url);
  url.searchParams.set("room", new URL(link).searchParams.get("room")!);
  return await (await fetch(url)).json();
}

browserTest("a reload keeps its place and misses nothing", async ({ newPage }) => {
  const [ann, ben] = [await newPage(), await newPage()];
  const link = await ann.startRoom("Ann");
  await ben.joinRoom(link, "Ben");
  await Promise.all([ann.untilDirect("Ben"), ben.untilDirect("Ann")]);
  await ann.say("Before");
  await ben.untilShown("Before");
  const before = await ann.peerId();

  // Ben speaks after the old page has gone and before the new page is loaded. Only this one request is
  // held, because the node waits just 2 s for a page that reloads.
  await ann.page.route(({ pathname }) => pathname === "/", async (route) => {
    await ben.say("Meanwhile");
    await ben.untilState("Meanwhile", /^Stored/);
    await route.continue();
  }, { times: 1 });
  await ann.page.reload();

  await ann.untilTexts(["Before", "Meanwhile"]);
  assert.equal(await ann.peerId(), before);
  await Promise.all([ann.untilDirect("Ben"), ben.untilDirect("Ann")]);
  await ann.say("After");
  await ben.untilTexts(["Before", "Meanwhile", "After"]);
  const types = new Set((await readWire(ben.page)).map(({ frame }) => frame.type));
  assert(!types.has("peer_left"), "Ben was told that Ann left");
  assert(!/joined|left/.test(await ben.log.innerText()), await ben.log.innerText());
});

browserTest(
  "a room goes on while its node is dead, and all of it is stored once when it is back",
  async ({ node, newPage }) => {
    const [ann, ben] = [await newPage(), await newPage()];
    const link = await ann.startRoom("Ann");
    await ben.joinRoom(link, "Ben");
    await Promise.all([ann.untilDirect("Ben"), ben.untilDirect("Ann")]);
    await ann.say("Stored at once");
    await ann.untilState("Stored at once", /^Stored/);

    await node.kill();
    await ann.banner.getByText(/The node is unreachable.*still connected to .?Ben.? directly/)
      .waitFor();
    const texts = ["Is it gone?", "It is gone.", "We are not.", "Indeed."];
    for (const [index, text] of texts.entries()) {
      const [from, to] = index % 2 === 0 ? [ann, ben] : [ben, ann];
      await from.say(text);
      await to.untilShown(text);
      await from.untilState(text, /Delivered to 1 of 1, not yet stored/);
    }

    await node.restart();
    for (const [index, text] of texts.entries()) {
      await (index % 2 === 0 ? ann : ben).untilState(text, /^Stored/);
    }
    await ann.banner.waitFor({ state: "detached" });
    await Promise.all([ann.untilDirect("Ben"), ben.untilDirect("Ann")]);

    const stored = await history(node, link);
    assert.deepEqual(
      stored.map(({ text }) => text).sort(),
      ["Stored at once", ...texts].sort(),
    );
    await ann.untilTexts(stored.map(({ text }) => text));
    await ben.untilTexts(stored.map(({ text }) => text));
  },
  { cutsNetwork: true },
);

browserTest(
  "what is written while the node is dead goes out by itself when it is back",
  async ({ node, newPage }) => {
    const ann = await newPage();
    const link = await ann.startRoom("Ann");
    await ann.untilOnline();
    await node.kill();
    await ann.banner.waitFor();
    await ann.say("Into the void");
    await node.restart();
    await ann.untilState("Into the void", /^Stored/);
    assert.deepEqual((await history(node, link)).map(({ text }) => text), ["Into the void"]);
  },
  { cutsNetwork: true },
);

browserTest("who leaves, or closes the page, is announced as gone", async ({ newPage }) => {
  const [ann, ben, cleo] = [await newPage(), await newPage(), await newPage()];
  const link = await ann.startRoom("Ann");
  await ben.joinRoom(link, "Ben");
  await cleo.joinRoom(link, "Cleo");
  await Promise.all([ann.untilDirect("Ben"), ann.untilDirect("Cleo")]);
  await ben.leaveButton.click();
  await ann.untilHere(2);
  await cleo.page.close();
  await ann.untilHere(1);
});
