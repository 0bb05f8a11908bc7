import assert from "node:assert/strict";
import { eventsMarkdown, isClean, runEvents, SITUATIONS } from "./events.ts";
import { keepTable } from "../matrix/kept_tables.ts";
import { setUpLab } from "../lab/lab_setup.ts";
import { World } from "../lab/world.ts";

const problem = await setUpLab();
if (problem !== null) console.error(`Skipped, no network lab: ${problem}`);

Deno.test({
  name:
    "nothing is lost, doubled or reordered when networks, the node or coturn fail and come back",
  ignore: problem !== null,
  async fn() {
    await using world = await World.create();
    const wanted = Deno.env.get("EGOAT_LAB_EVENTS");
    const situations = SITUATIONS.filter(({ name }) => name.includes(wanted ?? ""));
    const runs = Number(Deno.env.get("EGOAT_LAB_RUNS") ?? 1);
    const results = await runEvents(world, { situations, runs });
    console.log(`\n${eventsMarkdown(results)}\n`);
    const wrong = results.filter((result) => !isClean(result) || result.backAfterMs === null);
    assert.deepEqual(wrong, []);
    if (situations.length === SITUATIONS.length) {
      await keepTable("events", eventsMarkdown(results));
    }
  },
});
