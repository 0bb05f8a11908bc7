/**
 * The ladder on the network lab's NATs and failures: the pairs that reach each other, the time this
 * takes, and the longest silence when the path in use breaks. Takes a minute, and 45 seconds more per
 * round.
 */
import { type EventResult, isClean, runEvents, SITUATIONS } from "../network/troubles/events.ts";
import { setUpLab } from "../network/lab/lab_setup.ts";
import { isAsExpected, type PairResult, runMatrix } from "../network/matrix/matrix.ts";
import { HOME_KINDS, type HomeKindName } from "../network/lab/theory.ts";
import { World } from "../network/lab/world.ts";
import type { Bench, Row } from "./bench.ts";
import { median, ms, percentile } from "./figures.ts";

const FIRST_MESSAGE_MS = { websocket: 300, polling: 700 } as const;
const UPGRADE_MS = 2_000;
const GAP_P95_MS = 1_000;

export const ladderBench: Bench = {
  name: "ladder",
  async run({ rounds }) {
    const problem = await setUpLab();
    if (problem !== null) {
      console.error(`Left out, no network lab: ${problem}`);
      return [];
    }
    const pairs = await inWorld((world) =>
      runMatrix(world, Object.keys(HOME_KINDS) as HomeKindName[])
    );
    const events = await inWorld((world) =>
      runEvents(world, { situations: SITUATIONS, runs: rounds })
    );
    return [...pairRows(pairs), ...eventRows(events)];
  },
};

async function inWorld<T>(run: (world: World) => Promise<T>): Promise<T> {
  await using world = await World.create();
  return await run(world);
}

function pairRows(pairs: readonly PairResult[]): Row[] {
  const isPolling = ({ newcomer, resident }: PairResult) =>
    [newcomer, resident].some((kind) => HOME_KINDS[kind].tcp === "proxy");
  const first = (some: readonly PairResult[]) =>
    some.map(({ firstMessageMs }) => firstMessageMs ?? Infinity);
  const upgrades = pairs.map(({ upgradeMs }) => upgradeMs).filter((value) => value !== null);
  return [
    countRow("pairs of homes that chat", pairs, (pair) => pair.firstMessageMs !== null),
    countRow("pairs on the best tier that theory allows", pairs, isAsExpected),
    longestRow(
      "first message, WebSockets allowed",
      first(pairs.filter((pair) => !isPolling(pair))),
      FIRST_MESSAGE_MS.websocket,
    ),
    longestRow(
      "first message, polling only",
      first(pairs.filter(isPolling)),
      FIRST_MESSAGE_MS.polling,
    ),
    longestRow("upgrade to the best tier after it", upgrades, UPGRADE_MS),
  ];
}

function eventRows(events: readonly EventResult[]): Row[] {
  const gaps = [...Map.groupBy(events, ({ name }) => name)].map(([name, runs]) => {
    const values = runs.flatMap(({ longestGapMs }) => longestGapMs);
    const p95 = percentile(values, 0.95);
    return {
      what: `longest gap: ${name}`,
      measured: `median ${ms(median(values))}, p95 ${ms(p95)} of ${values.length}`,
      toReach: `p95 ${ms(GAP_P95_MS)}`,
      isReached: p95 <= GAP_P95_MS,
      beside: [],
    };
  });
  const sent = events.reduce((sum, event) => sum + event.sent, 0);
  return [...gaps, {
    what: "messages lost, doubled or misplaced meanwhile",
    measured: `in ${events.filter((event) => !isClean(event)).length} of ${events.length} runs, ` +
      `${sent.toLocaleString("en-US")} messages`,
    toReach: "none",
    isReached: events.every(isClean),
    beside: [],
  }];
}

function countRow(
  what: string,
  pairs: readonly PairResult[],
  counts: (pair: PairResult) => boolean,
): Row {
  const count = pairs.filter(counts).length;
  return {
    what,
    measured: `${count} of ${pairs.length}`,
    toReach: "all",
    isReached: count === pairs.length,
    beside: [],
  };
}

function longestRow(what: string, values: readonly number[], limitMs: number): Row {
  const longest = Math.max(...values);
  return {
    what,
    measured: `median ${ms(median(values))}, longest ${ms(longest)} of ${values.length}`,
    toReach: ms(limitMs),
    isReached: longest <= limitMs,
    beside: [],
  };
}
