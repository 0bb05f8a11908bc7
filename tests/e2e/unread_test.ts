/** A person who comes back to a room finds the place where they stopped reading, and the unread count. */
import assert from "node:assert/strict";
import { until } from "../fakes/until.ts";
import { browserTest, useChromium } from "./browser.ts";
import type { NodeProcess } from "./node_process.ts";
import type { ChatPage } from "./page.ts";

useChromium();

/** More than a page of the node's history. */
const MISSED = 320;

async function write(node: NodeProcess, text: string): Promise<void> {
  const body = JSON.stringify({ room: "lobby", peer_id: "ben", text });
  const response = await fetch(`${node.url}/send`, { method: "POST", body });
  await response.body?.cancel();
  assert.equal(response.status, 200);
}

/**
 * Waits until the page is at its unread line, with message `first` right after the line. Returns the
 * count.
 */
async function untilAtLine(page: ChatPage, first: number): Promise<number> {
  await page.latestButton.waitFor();
  await page.unreadLine.waitFor();
  await until(() =>
    page.unreadLine.evaluate((line, first) => {
      const log = line.closest("[role=log]")!.getBoundingClientRect();
      const share = (line.getBoundingClientRect().top - log.top) / log.height;
      const next = line.nextElementSibling?.querySelector(".text")?.textContent;
      return share >= 0 && share < 0.5 && next === `missed ${first}`;
    }, first)
  );
  return await page.unreadCount();
}

browserTest(
  "a room opens at the first message that was not seen, over returns and reloads, and a new name moves nothing",
  async ({ node, newPage }) => {
    const ann = await newPage();
    await ann.joinRoom("/?room=lobby", "Ann");
    await ann.untilOnline();
    await write(node, "seen");
    await ann.untilShown("seen");
    await ann.leaveButton.click();
    await ann.startButton.waitFor();
    for (let n = 0; n < MISSED; n++) await write(node, `missed ${n}`);

    await ann.page.getByRole("link", { name: /lobby/ }).click();
    await ann.untilShown("missed 0");
    const count = await untilAtLine(ann, 0);
    assert.ok(count > MISSED - 60 && count < MISSED, `${count} of ${MISSED}`);

    await ann.page.reload();
    const left = await untilAtLine(ann, MISSED - count);
    assert.ok(left > 0 && left < count, `${count}, then ${left}`);

    await ann.settingsButton.click();
    await ann.nameField.fill("Anna");
    await ann.settingsDialog.getByRole("button", { name: "Save" }).first().click();
    await ann.settingsDialog.waitFor({ state: "detached" });
    assert.equal(await untilAtLine(ann, MISSED - count), left);

    await ann.latestButton.click();
    await ann.latestButton.waitFor({ state: "detached" });
    assert.equal(await ann.unreadCount(), 0);
    await ann.page.reload();
    await ann.untilShown(`missed ${MISSED - 1}`);
    await until(() => ann.message(`missed ${MISSED - 1}`).isVisible());
    assert.equal(await ann.unreadCount(), 0);
    assert.equal(await ann.latestButton.count(), 0);
  },
  { nodeArgs: ["--rate-limit", "0"] },
);
