import assert from "node:assert/strict";
import { setUpLab } from "../lab/lab_setup.ts";
import { keepTable } from "./kept_tables.ts";
import { isAsExpected, legendMarkdown, matrixMarkdown, runMatrix } from "./matrix.ts";
import { HOME_KINDS, type HomeKindName } from "../lab/theory.ts";
import { World } from "../lab/world.ts";

const problem = await setUpLab();
if (problem !== null) console.error(`Skipped, no network lab: ${problem}`);

const kinds = (Deno.env.get("EGOAT_LAB_HOMES")?.split(",") ??
  Object.keys(HOME_KINDS)) as HomeKindName[];

Deno.test({
  name: "every pair of homes chats, on the tier that theory says",
  ignore: problem !== null,
  async fn() {
    await using world = await World.create();
    const results = await runMatrix(world, kinds);
    console.log(`\n${matrixMarkdown(results)}\n`);
    assert.deepEqual(results.filter((result) => !isAsExpected(result)), []);
    if (kinds.length === Object.keys(HOME_KINDS).length) {
      await keepTable("matrix", `${legendMarkdown()}\n\n${matrixMarkdown(results)}`);
    }
  },
});
