import assert from "node:assert/strict";
import { setUpLab } from "./lab_setup.ts";
import { keepTable } from "./kept_tables.ts";
import { inParallel, isAsExpected, legendMarkdown, matrixMarkdown, runPair } from "./matrix.ts";
import type { PeerClient } from "./peer_client.ts";
import { HOME_KINDS, type HomeKindName } from "./theory.ts";
import { World } from "./world.ts";

const problem = await setUpLab();
if (problem !== null) console.error(`Skipped, no network lab: ${problem}`);

/** At once: more would measure the machine's cores, and fewer take longer than two minutes. */
const PAIRS_AT_ONCE = 3;

const kinds = (Deno.env.get("EGOAT_LAB_HOMES")?.split(",") ??
  Object.keys(HOME_KINDS)) as HomeKindName[];

/** Two homes of each kind with a peer, so that a kind meets itself. */
async function addPeers(world: World): Promise<Map<HomeKindName, [PeerClient, PeerClient]>> {
  const peers = await inParallel(
    kinds.flatMap((kind) => [kind, kind]).map((kind) => () => world.addPeer(kind)),
    4,
  );
  return new Map(kinds.map((kind, i) => [kind, [peers[2 * i]!, peers[2 * i + 1]!]]));
}

Deno.test({
  name: "every pair of homes chats, on the tier that theory says",
  ignore: problem !== null,
  async fn() {
    await using world = await World.create();
    const peers = await addPeers(world);
    const pairs = kinds.flatMap((newcomer) => kinds.map((resident) => ({ newcomer, resident })));
    const results = await inParallel(
      pairs.map(({ newcomer, resident }) => () =>
        runPair({
          resident: peers.get(resident)![0],
          newcomer: peers.get(newcomer)![1],
          room: `${resident}-${newcomer}`,
        })
      ),
      PAIRS_AT_ONCE,
    );
    console.log(`\n${matrixMarkdown(results)}\n`);
    const wrong = results.filter((result) => !isAsExpected(result));
    assert.deepEqual(wrong, []);
    if (kinds.length === Object.keys(HOME_KINDS).length) {
      await keepTable("matrix", `${legendMarkdown()}\n\n${matrixMarkdown(results)}`);
    }
  },
});
