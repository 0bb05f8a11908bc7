import assert from "node:assert/strict";
import {
  type EventResult,
  eventsMarkdown,
  runSituation,
  type Situation,
  SITUATIONS,
} from "./events.ts";
import { keepTable } from "./kept_tables.ts";
import { setUpLab } from "./lab_setup.ts";
import { inParallel } from "./matrix.ts";
import type { PeerClient } from "./peer_client.ts";
import { World } from "./world.ts";

const problem = await setUpLab();
if (problem !== null) console.error(`Skipped, no network lab: ${problem}`);

async function addPair(world: World, { homes }: Situation): Promise<[PeerClient, PeerClient]> {
  return [await world.addPeer(homes[0], { proxy: true }), await world.addPeer(homes[1])];
}

type Pairs = ReadonlyMap<Situation, readonly [PeerClient, PeerClient]>;

/** Those that touch nothing but their own homes at once, then the others one by one. */
async function runAll(
  world: World,
  { pairs, run }: { pairs: Pairs; run: number },
): Promise<EventResult[]> {
  const result = (situation: Situation) => {
    const room = `${situation.name.replaceAll(" ", "-")}-${run}`;
    return runSituation(world, situation, { room, peers: pairs.get(situation)! });
  };
  const situations = [...pairs.keys()];
  const results = await Promise.all(situations.filter(({ isAlone }) => !isAlone).map(result));
  for (const situation of situations.filter(({ isAlone }) => isAlone)) {
    results.push(await result(situation));
  }
  return results;
}

Deno.test({
  name:
    "nothing is lost, doubled or reordered when networks, the node or coturn fail and come back",
  ignore: problem !== null,
  async fn() {
    await using world = await World.create();
    const wanted = Deno.env.get("EGOAT_LAB_EVENTS");
    const situations = SITUATIONS.filter(({ name }) => name.includes(wanted ?? ""));
    const pairs: Pairs = new Map(
      await inParallel(
        situations.map((situation) => async () =>
          [situation, await addPair(world, situation)] as const
        ),
        2,
      ),
    );
    const results: EventResult[] = [];
    for (let run = 1; run <= Number(Deno.env.get("EGOAT_LAB_RUNS") ?? 1); run++) {
      results.push(...await runAll(world, { pairs, run }));
    }
    console.log(`\n${eventsMarkdown(results)}\n`);
    const wrong = results.filter(({ lost, doubled, isInOrder, backAfterMs }) =>
      lost.length + doubled.length > 0 || !isInOrder || backAfterMs === null
    );
    assert.deepEqual(wrong, []);
    if (situations.length === SITUATIONS.length) {
      await keepTable("events", eventsMarkdown(results));
    }
  },
});
