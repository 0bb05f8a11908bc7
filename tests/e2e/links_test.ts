/** Links into rooms: making them, handing them on, and opening them. */
import assert from "node:assert/strict";
import { browserTest, useChromium } from "./browser.ts";
import type { ChatPage } from "./page.ts";

useChromium();

async function copiedText(page: ChatPage): Promise<string> {
  await page.inviteButton.click();
  await page.copyButton.click();
  await page.inviteDialog.getByText("Copied").waitFor();
  const link = await page.linkField.inputValue();
  await page.page.keyboard.press("Escape");
  await page.composer.press("Control+V");
  assert.equal(await page.composer.inputValue(), link);
  return link;
}

browserTest(
  "an invite link that was copied opens the room at once for who has a name",
  async (stage) => {
    const [ann, ben] = [await stage.newPage(), await stage.newPage()];
    await ben.startRoom("Ben");
    await ann.startRoom("Ann");
    const link = await copiedText(ann);
    await ben.open(link);
    await ben.composer.waitFor();
    assert.equal(await ben.roomName(), await ann.roomName());
    await ann.person("Ben").waitFor();
  },
);

browserTest("an invite link asks who has no name for one thing, the name", async ({ newPage }) => {
  const page = await newPage();
  await page.open("/?room=quiet%20place");
  await page.nameField.waitFor();
  assert.equal(await page.page.getByRole("textbox").count(), 1);
  await page.nameField.fill("Ann");
  await page.nameField.press("Enter");
  await page.composer.waitFor();
  assert.equal(await page.roomName(), "quiet place");
});

browserTest("an older link joins with the peer id that it names", async ({ newPage }) => {
  const [ann, ben] = [await newPage(), await newPage()];
  await ann.joinRoom("/?room=lobby", "Ann");
  await ben.open("/?room=lobby&peer_id=ben-of-old");
  await ben.composer.waitFor();
  assert.equal(await ben.peerId(), "ben-of-old");
  await ann.untilDirect("ben-of-old");
  await ben.say("It is me");
  await ann.untilShown("It is me");
});

browserTest(
  "a link pasted on the start page goes to its room, another node's is named first",
  async (stage) => {
    const page = await stage.newPage();
    await page.open();
    await page.nameField.fill("Ann");
    await page.joinField.fill("http://other.example:8080/?room=there");
    await page.joinField.press("Enter");
    await page.alert.getByText("other.example:8080").waitFor();
    await page.joinField.fill(`${stage.node.url}/?room=here`);
    await page.joinField.press("Enter");
    await page.composer.waitFor();
    assert.equal(await page.roomName(), "here");
  },
);

browserTest("the public base shapes the invite links", async ({ newPage }) => {
  const page = await newPage();
  await page.joinRoom("/?room=lobby", "Ann");
  await page.inviteButton.click();
  await page.untilConnection("https://chat.example/?room=lobby");
}, { nodeArgs: ["--public-base", "https://chat.example"] });

browserTest(
  "a link with no room that could be is explained on the start page",
  async ({ newPage }) => {
    const page = await newPage();
    await page.open(`/?room=${"x".repeat(65)}`);
    await page.alert.getByText(/64 characters/).waitFor();
    await page.startButton.waitFor();
  },
);
