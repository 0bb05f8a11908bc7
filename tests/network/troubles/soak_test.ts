import assert from "node:assert/strict";
import { setUpLab } from "../lab/lab_setup.ts";
import { isInOrder, MessageTally } from "../peers/message_tally.ts";
import { isClean, soak, soakMarkdown } from "./soak.ts";

const problem = await setUpLab();
if (problem !== null) console.error(`Skipped, no network lab: ${problem}`);

Deno.test("tally counts what came twice, was overtaken or is missing", () => {
  const tally = new MessageTally();
  for (const text of ["a1", "a3", "b1", "a2", "a3"]) tally.add(text);
  assert.deepEqual([tally.total, tally.doubled, tally.overtaken], [4, 1, 1]);
  assert.deepEqual([tally.missing("a", 4), tally.missing("b", 1), tally.missing("c", 2)], [
    1,
    0,
    2,
  ]);
  assert.ok(isInOrder(["a1", "b1", "a2"]));
  assert.ok(!isInOrder(["a2", "b1", "a1"]));
});

Deno.test({
  name: "three talk through trouble in fast succession, and nothing is lost, doubled or reordered",
  ignore: problem !== null,
  async fn() {
    const seed = Number(Deno.env.get("EGOAT_LAB_SEED") ?? 1);
    const result = await soak({ messages: 1, peers: 3, perSecond: 20, roundMs: 15_000, seed });
    console.log(`\nSeed ${seed}\n${soakMarkdown(result)}\n`);
    assert.deepEqual(result.rounds.filter((round) => !isClean(round)), []);
  },
});
