/**
 * Network failures during a conversation. Two peers send to each other at a steady rate, something
 * breaks and is mended. Afterwards every message must have arrived once and in order. The longest
 * silence at either peer is measured.
 */
import type { Tier } from "../../../transport/protocol/mod.ts";
import { best, median, percentile } from "../../bench/figures.ts";
import { inParallel } from "../matrix/matrix.ts";
import { HOSTS } from "../lab/internet.ts";
import type { PeerClient, SessionClient } from "../peers/peer_client.ts";
import { expectedTier, type HomeKindName } from "../lab/theory.ts";
import type { World } from "../lab/world.ts";

const MESSAGES_PER_SECOND = 20;
/** Undisturbed time before the failure, and steady time that must follow it. */
const CALM_MS = 1_500;
/** Default duration of a failure: longer than its detection takes, shorter than `peer_timeout`. */
const BROKEN_MS = 8_000;
/** Duration of an absence: longer than `peer_timeout`, so that the node removes the absent peer. */
const AWAY_MS = Number(Deno.env.get("EGOAT_LAB_AWAY_MS") ?? 20_000);
/** Most messages per peer during a failure: an outbox holds a thousand. */
const MAX_AWAY_MESSAGES = 600;
/** Limit for each wait. A longer wait is a failure. */
const PATIENCE_MS = 60_000;

/** A failure during a conversation. */
export interface Situation {
  readonly name: string;
  readonly homes: readonly [HomeKindName, HomeKindName];
  /** Causes the failure. It may affect only the pair's own homes, unless `isAlone`. */
  happen(world: World, peers: readonly [PeerClient, PeerClient]): Promise<void>;
  /** Ends the failure. */
  undo(world: World, peers: readonly [PeerClient, PeerClient]): Promise<void>;
  /** Whether the failure affects other pairs too, so that nothing else may be measured meanwhile. */
  readonly isAlone: boolean;
  /** Duration; default `BROKEN_MS`. */
  readonly brokenMs?: number;
}

const nothing = () => Promise.resolve();

export const SITUATIONS: readonly Situation[] = [
  {
    name: "UDP is cut",
    homes: ["eim-apdf", "eim-apdf"],
    happen: (_world, [a]) => a.home.cut({ websocket: false }),
    undo: (_world, [a]) => a.home.mend(),
    isAlone: false,
  },
  {
    name: "UDP and the WebSocket are cut",
    homes: ["eim-apdf", "eim-apdf"],
    happen: (_world, [a]) => a.home.cut({ websocket: true }),
    undo: (_world, [a]) => a.home.mend(),
    isAlone: false,
  },
  {
    name: "a client's address changes",
    homes: ["eim-apdf", "eim-apdf"],
    happen: (_world, [a]) => a.home.takeOtherAddress(),
    undo: nothing,
    isAlone: false,
  },
  {
    name: "a home loses the node alone",
    homes: ["eim-apdf", "eim-apdf"],
    happen: (_world, [a]) => a.home.cutOff(HOSTS.node.v4),
    undo: (_world, [a]) => a.home.mend(),
    isAlone: false,
    brokenMs: AWAY_MS,
  },
  {
    name: "coturn stops and starts",
    homes: ["apdm", "apdm"],
    happen: (world) => world.coturn.stop(),
    undo: (world) => world.coturn.start(),
    isAlone: true,
  },
  {
    name: "the node stops and starts",
    homes: ["eim-apdf", "eim-apdf"],
    happen: (world) => world.node.stop(),
    undo: (world) => world.node.start(),
    isAlone: true,
  },
];

/** Result of one situation. */
export interface EventResult {
  readonly name: string;
  readonly sent: number;
  /** Texts that never arrived (`lost`) or arrived more than once (`doubled`). */
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  /** Whether both show each other's messages in the order in which they were sent. */
  readonly isInOrder: boolean;
  /** Messages that arrived after a later message of the same sender, and were sorted into place. */
  readonly overtaken: number;
  /** Names of the peers that either peer announced as gone. */
  readonly left: readonly string[];
  /** The longest time without a message, for each of the two peers. */
  readonly longestGapMs: readonly number[];
  /** The tiers of each peer's path, in order. */
  readonly tiers: readonly (readonly (Tier | null)[])[];
  /** Events other than messages at the peer that the failure hits, for the report of a failed test. */
  readonly story: readonly string[];
  /** From the mending until both are on the best tier again; null if they never are. */
  readonly backAfterMs: number | null;
}

/** Whether nothing was lost, doubled or misplaced, and nobody announced as gone. */
export function isClean({ lost, doubled, left, isInOrder }: EventResult): boolean {
  return lost.length + doubled.length + left.length === 0 && isInOrder;
}

/** Runs all `situations`, `runs` times. Each situation has its own pair of homes. */
export async function runEvents(
  world: World,
  { situations, runs }: { situations: readonly Situation[]; runs: number },
): Promise<EventResult[]> {
  const pairs = new Map(
    await inParallel(
      situations.map((situation) => async () =>
        [situation, await addPair(world, situation)] as const
      ),
      2,
    ),
  );
  const results: EventResult[] = [];
  for (let run = 1; run <= runs; run++) {
    const result = (situation: Situation) => {
      const room = `${situation.name.replaceAll(" ", "-")}-${run}`;
      return runSituation(world, situation, { room, peers: pairs.get(situation)! });
    };
    // Situations that affect only their own homes run at once. The others follow one by one.
    results.push(...await Promise.all(situations.filter(({ isAlone }) => !isAlone).map(result)));
    for (const situation of situations.filter(({ isAlone }) => isAlone)) {
      results.push(await result(situation));
    }
  }
  return results;
}

async function addPair(world: World, { homes }: Situation): Promise<[PeerClient, PeerClient]> {
  return [await world.addPeer(homes[0], { proxy: true }), await world.addPeer(homes[1])];
}

/** Lets two peers talk in `room` while a situation happens. */
async function runSituation(
  world: World,
  situation: Situation,
  { room, peers }: { room: string; peers: readonly [PeerClient, PeerClient] },
): Promise<EventResult> {
  const [a, b] = await meet(room, peers);
  const bestTier = expectedTier(...situation.homes, { turn: true });
  const isBest = (client: SessionClient) =>
    client.last("path")?.tier === bestTier && client.last("uplink")?.state === "online";
  if (!await untilBoth([a, b], isBest)) {
    throw new Error(
      `Before "${situation.name}" could happen: no ${bestTier}\n${story(a, 0).join("\n")}`,
    );
  }
  const { brokenMs = BROKEN_MS } = situation;
  const perSecond = Math.min(MESSAGES_PER_SECOND, MAX_AWAY_MESSAGES / (brokenMs / 1000));
  await Promise.all([a.flow("a", perSecond), b.flow("b", perSecond)]);
  await pause(CALM_MS);
  const flowedFromMs = performance.timeOrigin + performance.now() - CALM_MS / 2;
  await situation.happen(world, peers);
  await pause(brokenMs);
  await situation.undo(world, peers);
  const mendedAtMs = performance.now();
  const backAtMs = await untilSteady([a, b], isBest);
  const backAfterMs = backAtMs === null ? null : backAtMs - mendedAtMs;
  const flowedToMs = performance.timeOrigin + performance.now();
  const sent = await Promise.all([a, b].map((client) => client.endFlow(PATIENCE_MS)));
  await Promise.all([arrived(a, sent[1]!), arrived(b, sent[0]!)]);
  const shown = await Promise.all([texts(a), texts(b)]);
  const result = {
    name: situation.name,
    sent: sent[0]! + sent[1]!,
    ...check([{ client: a, prefix: "b", count: sent[1]! }, {
      client: b,
      prefix: "a",
      count: sent[0]!,
    }]),
    isInOrder: shown.every((list) =>
      ["a", "b"].every((prefix) => isAscending(numbers(list, prefix)))
    ),
    left: [a, b].flatMap((client) => client.all("left").map(({ name }) => name)),
    longestGapMs: [a, b].map((client) => longestGapMs(client, flowedFromMs, flowedToMs)),
    tiers: [a, b].map((client) => client.all("path").map(({ tier }) => tier)),
    story: story(a, performance.timeOrigin + mendedAtMs - brokenMs),
    backAfterMs,
  };
  await Promise.all([a.leave(), b.leave()]);
  return result;
}

async function meet(
  room: string,
  [first, second]: readonly [PeerClient, PeerClient],
): Promise<[SessionClient, SessionClient]> {
  const a = await first.join(`${room}-a`, { room });
  await a.until((client) => client.last("uplink")?.state === "online", PATIENCE_MS);
  return [a, await second.join(`${room}-b`, { room })];
}

async function untilBoth(
  clients: readonly SessionClient[],
  isMet: (client: SessionClient) => boolean,
): Promise<boolean> {
  const results = await Promise.all(clients.map((client) => client.until(isMet, PATIENCE_MS)));
  return results.every(Boolean);
}

/**
 * Time at which all clients met `isMet` and then kept meeting it for `CALM_MS`; null if they never did.
 */
async function untilSteady(
  clients: readonly SessionClient[],
  isMet: (client: SessionClient) => boolean,
): Promise<number | null> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (performance.now() < giveUpAt && await untilBoth(clients, isMet)) {
    const metAtMs = performance.now();
    await Promise.all(clients.map((client) => client.until((c) => !isMet(c), CALM_MS)));
    if (clients.every(isMet)) return metAtMs;
  }
  return null;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves when `count` different texts have arrived, or after `PATIENCE_MS`. */
function arrived(client: SessionClient, count: number): Promise<boolean> {
  return client.until(
    (c) => new Set(c.all("message").map(({ text }) => text)).size >= count,
    PATIENCE_MS,
  );
}

/** Texts on a peer's screen, once all its messages are stored or `PATIENCE_MS` is over. */
async function texts(client: SessionClient): Promise<readonly string[]> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (true) {
    const known = client.all("shown").length;
    await client.show();
    await client.until((c) => c.all("shown").length > known, 5_000);
    const shown = client.last("shown");
    if (shown?.unstored === 0 || performance.now() > giveUpAt) return shown?.texts ?? [];
    await pause(100);
  }
}

function check(
  flows: readonly { client: SessionClient; prefix: string; count: number }[],
): Pick<EventResult, "lost" | "doubled" | "overtaken"> {
  const lost: string[] = [];
  const doubled: string[] = [];
  let overtaken = 0;
  for (const { client, prefix, count } of flows) {
    const came = client.all("message").map(({ text }) => text);
    const known = new Set(came);
    for (let i = 1; i <= count; i++) if (!known.has(`${prefix}${i}`)) lost.push(`${prefix}${i}`);
    doubled.push(...came.filter((text, i) => came.indexOf(text) !== i));
    let highest = 0;
    for (const number of numbers(came, prefix)) {
      if (number < highest) overtaken++;
      highest = Math.max(highest, number);
    }
  }
  return { lost, doubled, overtaken };
}

function numbers(list: readonly string[], prefix: string): number[] {
  return list.filter((text) => text.startsWith(prefix)).map((text) => Number(text.slice(1)));
}

function isAscending(list: readonly number[]): boolean {
  return list.every((number, i) => i === 0 || number > list[i - 1]!);
}

function longestGapMs(client: SessionClient, fromMs: number, toMs: number): number {
  const times = client.all("message").map(({ atMs }) => atMs)
    .filter((atMs) => atMs >= fromMs && atMs <= toMs);
  const edges = [fromMs, ...times, toMs];
  return Math.max(...edges.slice(1).map((atMs, i) => atMs - edges[i]!));
}

/** Changes of uplink and path, and departures, in order and in milliseconds after `fromMs`. */
function story(client: SessionClient, fromMs: number): string[] {
  return client.events.flatMap(({ session: _session, atMs, ...news }) =>
    news.type === "uplink" || news.type === "path" || news.type === "left"
      ? [`${Math.round(atMs - fromMs)} ${JSON.stringify(news)}`]
      : []
  );
}

/** The results as a Markdown table, with one line for all runs of a situation. */
export function eventsMarkdown(results: readonly EventResult[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const runs = Map.groupBy(results, ({ name }) => name);
  const head = ["what happens", "runs", "messages", "lost", "doubled", "overtaken"];
  return [
    line([...head, "longest gap (ms)", "back after (ms)", "tiers of the one that it happens to"]),
    line(Array(9).fill("---")),
    ...[...runs].map(([name, same]) => line([name, ...cells(same)])),
  ].join("\n");
}

function cells(runs: readonly EventResult[]): (string | number)[] {
  const sum = (figure: (run: EventResult) => number) =>
    runs.reduce((total, run) => total + figure(run), 0);
  const backs = runs.map(({ backAfterMs }) => backAfterMs).filter((backMs) => backMs !== null);
  const worst = best(runs, ({ longestGapMs }) => Math.max(...longestGapMs));
  return [
    runs.length,
    sum(({ sent }) => sent),
    sum(({ lost }) => lost.length),
    sum(({ doubled }) => doubled.length),
    sum(({ overtaken }) => overtaken),
    medianAndP95(runs.flatMap(({ longestGapMs }) => longestGapMs)),
    backs.length < runs.length ? "never" : medianAndP95(backs),
    (worst.tiers[0] ?? []).filter((tier, i, all) => tier !== all[i - 1])
      .map((tier) => tier ?? "none").join(" → "),
  ];
}

function medianAndP95(values: readonly number[]): string {
  return `${Math.round(median(values))}, ${Math.round(percentile(values, 0.95))}`;
}
