/** Messages between pages go over WebRTC where it works, and over the node where it doesn't. */
import assert from "node:assert/strict";
import { browserTest, useChromium } from "./browser.ts";
import { readWire, untilWire } from "./wire_record.ts";

useChromium();

browserTest("two pages exchange messages over a DataChannel", async ({ newPage }) => {
  const [ann, ben] = [await newPage(), await newPage()];
  await ben.joinRoom(await ann.startRoom("Ann"), "Ben");
  await Promise.all([ann.untilDirect("Ben"), ben.untilDirect("Ann")]);

  const toBen = await ann.say("Hello Ben");
  await ben.untilShown("Hello Ben");
  const toAnn = await ben.say("Hello Ann");
  await ann.untilShown("Hello Ann");

  for (const [from, to, id] of [[ann, ben, toBen], [ben, ann, toAnn]] as const) {
    await untilWire(from.page, { via: "datachannel", direction: "out", id });
    await untilWire(to.page, { via: "datachannel", direction: "in", id });
  }
  await ann.untilState("Hello Ben", /Stored, delivered to 1 of 1/);
});

browserTest(
  "two pages go on over the DataChannel when the node is gone",
  async ({ node, newPage }) => {
    const [ann, ben] = [await newPage(), await newPage()];
    await ben.joinRoom(await ann.startRoom("Ann"), "Ben");
    await Promise.all([ann.untilDirect("Ben"), ben.untilDirect("Ann")]);
    await node.stop();

    const id = await ann.say("Still there?");
    await ben.untilShown("Still there?");
    await ben.say("Still here.");
    await ann.untilShown("Still here.");

    const ways = (await readWire(ben.page)).filter(({ frame }) => frame.payload?.id === id)
      .map(({ via }) => via);
    assert.deepEqual(ways, ["datachannel"]);
  },
  { cutsNetwork: true },
);

browserTest("three pages are a full mesh, every pair direct", async ({ newPage }) => {
  const pages = [await newPage(), await newPage(), await newPage()];
  const names = ["Ann", "Ben", "Cleo"];
  const link = await pages[0]!.startRoom(names[0]!);
  await pages[1]!.joinRoom(link, names[1]!);
  await pages[2]!.joinRoom(link, names[2]!);

  for (const [index, page] of pages.entries()) {
    for (const name of names.filter((_, other) => other !== index)) await page.untilDirect(name);
  }
  for (const [index, page] of pages.entries()) {
    const id = await page.say(`From ${names[index]}`);
    for (const other of pages.filter((candidate) => candidate !== page)) {
      await other.untilShown(`From ${names[index]}`);
      await untilWire(other.page, { via: "datachannel", direction: "in", id });
    }
    await page.untilState(`From ${names[index]}`, /Stored, delivered to all 2/);
  }
});

browserTest(
  "without WebRTC the WebSocket carries the chat, and the page says why",
  async (stage) => {
    const ann = await stage.newPage({
      before: () => Reflect.deleteProperty(globalThis, "RTCPeerConnection"),
    });
    const ben = await stage.newPage();
    await ben.joinRoom(await ann.startRoom("Ann"), "Ben");
    await ann.untilPath("Ben", "Through the node (WebSocket)");
    await ann.untilPath("Ben", /WebRTC is off in this browser/);
    await ben.untilPath("Ann", "Through the node (WebSocket)");

    const id = await ann.say("Over the node");
    await ben.untilShown("Over the node");
    await untilWire(ben.page, { via: "websocket", direction: "in", id });
    await ben.say("And back");
    await ann.untilShown("And back");
  },
);
