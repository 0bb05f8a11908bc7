/** Checks that README.md describes the settings as `server/settings/settings.ts` defines them. */
import assert from "node:assert/strict";
import { settingsMarkdown } from "../../server/settings/help.ts";

/** Rows without the padding that formatting gives them. */
function rows(markdown: string): string[] {
  return markdown.split("\n").filter((line) => line.startsWith("|")).map((line) =>
    line.replaceAll(/\s+/g, " ").replaceAll(/-+/g, "-").replaceAll("| - ", "|-")
      .replaceAll(/\s*\|\s*/g, "|")
  );
}

Deno.test("README's table of settings is the one that the node goes by", async () => {
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const table = readme.split("<!-- settings -->")[1]?.split("<!-- /settings -->")[0] ?? "";
  assert.deepEqual(rows(table), rows(settingsMarkdown()));
});
