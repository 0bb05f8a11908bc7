/** *Check this network* in Chromium. The page's server is not a complete node, so much is blocked. */
import { DESKTOP, openPage, PHONE } from "./browser.ts";
import { type PageCase, runPageCases } from "./page_cases.ts";

const cases: Record<string, PageCase> = {};

cases["the network is checked line by line, with what would help"] = async (
  { browser, server },
) => {
  for (const size of [DESKTOP, PHONE]) {
    await using opened = await openPage(browser, server.url, { size });
    const { page } = opened;
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("button", { name: "Check this network" }).click();
    const dialog = page.getByRole("dialog", { name: "Check this network" });
    const line = (label: string) => dialog.getByRole("listitem").filter({ hasText: label });
    await line("The node").getByText("Works", { exact: true }).waitFor();
    await line("WebSocket").getByText("Blocked", { exact: true }).waitFor();
    await line("WebSocket").getByText(/A proxy may strip the upgrade/).waitFor();
    await line("Largest message").getByText(/to this computer/).waitFor();
    await dialog.getByRole("status").getByText("No chat works between").waitFor();
    // Chromium logs that the server has no WebSockets.
    opened.problems.length = 0;
    await opened.assertSound("the checks");
  }
};

cases["closing the checks goes back to the settings"] = async ({ browser, server }) => {
  await using opened = await openPage(browser, server.url);
  const { page } = opened;
  await page.getByRole("button", { name: "Settings" }).click();
  const button = page.getByRole("button", { name: "Check this network" });
  await button.click();
  const dialog = page.getByRole("dialog", { name: "Check this network" });
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await button.click();
  await dialog.waitFor();
};

Deno.test("checking the network", (t) => runPageCases(t, cases));
