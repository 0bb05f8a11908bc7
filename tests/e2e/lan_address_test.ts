/**
 * The page at a plain `http://` address of the local network, which browsers don't count as secure: no
 * `crypto.subtle`, no `crypto.randomUUID`, no `navigator.clipboard`. The address is this machine's own,
 * so no traffic leaves the machine.
 */
import assert from "node:assert/strict";
import { lanBases } from "../../server/addresses.ts";
import { browserTest, useChromium } from "./browser.ts";

useChromium();

/** The address without a port. The node's port is added later. */
const [lanBase] = lanBases(80, { scheme: "http" });

if (lanBase === undefined) {
  console.log(
    "Skipped: this machine has no address on a network, so the page can't be opened there",
  );
} else {
  browserTest("everything works at an address of the local network", async ({ node, newPage }) => {
    const base = `${lanBase}:${node.port}`;
    const [ann, ben] = [await newPage({ baseURL: base }), await newPage({ baseURL: base })];
    const link = await ann.startRoom("Ann");
    assert(link.startsWith(base));
    assert.deepEqual(
      await ann.page.evaluate(() => [
        isSecureContext,
        typeof crypto.subtle,
        typeof crypto.randomUUID,
        typeof navigator.clipboard,
      ]),
      [false, "undefined", "undefined", "undefined"],
    );

    await ann.inviteButton.click();
    await ann.copyButton.click();
    await ann.inviteDialog.getByText("Copied").waitFor();
    const invite = await ann.linkField.inputValue();
    assert.equal(invite, link);
    await ann.page.keyboard.press("Escape");
    await ann.composer.press("Control+V");
    assert.equal(await ann.composer.inputValue(), invite);

    await ben.joinRoom(invite, "Ben");
    await Promise.all([ann.untilDirect("Ben"), ben.untilDirect("Ann")]);
    await ann.say("Hello");
    await ben.untilShown("Hello");
    await ben.say("Hello yourself");
    await ann.untilShown("Hello yourself");
    await ann.untilState("Hello", /^Stored, delivered to 1 of 1/);
  }, { nodeArgs: ["--host", "0.0.0.0"] });

  browserTest(
    "an invitation offers the addresses that others can use",
    async ({ node, newPage }) => {
      const page = await newPage({ baseURL: `http://localhost:${node.port}` });
      await page.startRoom("Ann");
      await page.inviteButton.click();
      const room = new RegExp(`^${RegExp.escape(`${lanBase}:${node.port}/?room=`)}.`);
      await page.untilConnection(room);
      await page.inviteDialog.getByRole("radio", { name: "this computer only" }).check();
      await page.untilConnection(/^http:\/\/localhost:/);
      await page.inviteDialog.getByText(/only works on this computer/).first().waitFor();
    },
    { nodeArgs: ["--host", "0.0.0.0"] },
  );
}
