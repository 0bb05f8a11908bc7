/**
 * The matrix: every pair of homes, in both orders. In each pair one peer waits in a room and the other
 * joins it. The first message and the upgrade are measured, and the final tier is reported.
 */
import type { Tier } from "../../../transport/protocol/mod.ts";
import type { PeerClient, SessionClient } from "../peers/peer_client.ts";
import { median, percentile } from "../../bench/figures.ts";
import { expectedTier, HOME_KINDS, type HomeKindName } from "../lab/theory.ts";
import type { World } from "../lab/world.ts";

/** Limit for each wait, including second connection attempts. A longer wait is a failure. */
const PATIENCE_MS = 60_000;
/** A pair that must not upgrade is watched for this long, which is far more than an upgrade takes. */
const HOLD_MS = 2_500;
/** More pairs would measure the machine's cores, and fewer would take longer than two minutes. */
const PAIRS_AT_ONCE = 3;
const PEERS_AT_ONCE = 4;

/** Result of one pair. Times in milliseconds. */
export interface PairResult {
  /** Home of the peer in the room (`resident`) and of the peer that joined it (`newcomer`). */
  readonly resident: HomeKindName;
  readonly newcomer: HomeKindName;
  readonly expected: Tier;
  /** The tier that each of the two peers shows at the end. */
  readonly tiers: readonly (Tier | null)[];
  /** From the newcomer's `join` until its first message reaches the resident; null if it never does. */
  readonly firstMessageMs: number | null;
  /** From that message until both show the expected tier; null if they never do, or it is not WebRTC. */
  readonly upgradeMs: number | null;
}

/** Whether a pair exchanged a message and ended on the expected tier. */
export function isAsExpected({ tiers, expected, firstMessageMs }: PairResult): boolean {
  return firstMessageMs !== null && tiers.every((tier) => tier === expected);
}

/**
 * Lets every pair of `kinds` meet, in both orders. Each kind has two homes, so that it also meets
 * itself.
 */
export async function runMatrix(
  world: World,
  kinds: readonly HomeKindName[],
): Promise<PairResult[]> {
  const peers = await inParallel(
    kinds.flatMap((kind) => [kind, kind]).map((kind) => () => world.addPeer(kind)),
    PEERS_AT_ONCE,
  );
  const pairs = kinds.flatMap((_, newcomer) =>
    kinds.map((_, resident) => ({ newcomer, resident }))
  );
  return await inParallel(
    pairs.map(({ newcomer, resident }) => () =>
      runPair({
        resident: peers[2 * resident]!,
        newcomer: peers[2 * newcomer + 1]!,
        room: `${kinds[resident]}-${kinds[newcomer]}`,
      })
    ),
    PAIRS_AT_ONCE,
  );
}

/** Lets the resident wait in `room` and the newcomer join it. */
export async function runPair(
  { resident, newcomer, room }: { resident: PeerClient; newcomer: PeerClient; room: string },
): Promise<PairResult> {
  const kinds = { resident: resident.home.kind, newcomer: newcomer.home.kind };
  const expected = expectedTier(kinds.resident, kinds.newcomer, { turn: true });
  const waiting = await resident.join(`${room}-a`, { room });
  await waiting.until((a) => a.last("uplink")?.state === "online", PATIENCE_MS);
  const joining = await newcomer.join(`${room}-b`, { room, hello: "hello" });
  const both = [waiting, joining];
  await waiting.until((a) => a.last("message") !== undefined, PATIENCE_MS);
  const isDirect = expected.startsWith("webrtc");
  const isThere = (client: SessionClient) => client.last("path")?.tier === expected;
  const arrived = await Promise.all(both.map((client) => client.until(isThere, PATIENCE_MS)));
  if (!isDirect) {
    const isBetter = (client: SessionClient) => !isThere(client);
    await Promise.all(both.map((client) => client.until(isBetter, HOLD_MS)));
  }
  const result = {
    ...kinds,
    expected,
    tiers: both.map((client) => client.last("path")?.tier ?? null),
    ...times(waiting, joining, arrived.every(Boolean) && isDirect ? expected : null),
  };
  await Promise.all(both.map((client) => client.leave()));
  return result;
}

function times(
  waiting: SessionClient,
  joining: SessionClient,
  reached: Tier | null,
): Pick<PairResult, "firstMessageMs" | "upgradeMs"> {
  const joinedAtMs = joining.last("joining")?.atMs ?? 0;
  const messageAtMs = waiting.last("message")?.atMs ?? null;
  const reachedAtMs = [waiting, joining].map((client) =>
    client.all("path").find(({ tier }) => tier === reached)?.atMs ?? 0
  );
  return {
    firstMessageMs: messageAtMs === null ? null : messageAtMs - joinedAtMs,
    upgradeMs: reached === null || messageAtMs === null
      ? null
      : Math.max(0, ...reachedAtMs.map((atMs) => atMs - messageAtMs)),
  };
}

/** Runs `tasks`, at most `width` at a time. The results are in the order of the tasks. */
export async function inParallel<T>(
  tasks: readonly (() => Promise<T>)[],
  width: number,
): Promise<T[]> {
  const results: T[] = [];
  const waiting = [...tasks.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      results[next[0]] = await next[1]();
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

const SHORT_TIER: Readonly<Record<Tier, string>> = {
  "webrtc-stun": "stun",
  "webrtc-turn": "turn",
  "websocket": "ws",
  "http-polling": "poll",
  "lan": "lan",
};

/**
 * The matrix as a Markdown table: the newcomer's home in rows, the resident's in columns. A cell shows
 * the tier, and in milliseconds the first message and the upgrade after it.
 */
export function matrixMarkdown(results: readonly PairResult[]): string {
  const kinds = (Object.keys(HOME_KINDS) as HomeKindName[])
    .filter((kind) => results.some(({ newcomer }) => newcomer === kind));
  const rows = kinds.map((newcomer) => [
    newcomer,
    ...kinds.map((resident) => cell(results, { newcomer, resident })),
  ]);
  const head = ["joins ↓, is there →", ...kinds];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const table = [line(head), line(head.map(() => "---")), ...rows.map(line)];
  return [...table, "", ...summary(results)].join("\n");
}

function summary(results: readonly PairResult[]): string[] {
  const figures = (values: readonly (number | null)[]) => {
    const known = values.filter((value) => value !== null);
    const ms = (value: number) => `${Math.round(value)} ms`;
    const [p95, longest] = [percentile(known, 0.95), Math.max(...known)];
    return `median ${ms(median(known))}, p95 ${ms(p95)}, longest ${ms(longest)}`;
  };
  const chatting = results.filter(({ firstMessageMs }) => firstMessageMs !== null).length;
  const expected = results.filter(isAsExpected).length;
  return [
    `- ${chatting} of ${results.length} pairs chat, ${expected} on the best tier that there is.`,
    `- First message: ${figures(results.map(({ firstMessageMs }) => firstMessageMs))}.`,
    `- Upgrade after it: ${figures(results.map(({ upgradeMs }) => upgradeMs))}.`,
  ];
}

/** Explains the home names in the table. */
export function legendMarkdown(): string {
  return Object.entries(HOME_KINDS).map(([kind, { label }]) => `- \`${kind}\`: ${label}`).join(
    "\n",
  );
}

function cell(
  results: readonly PairResult[],
  pair: { newcomer: HomeKindName; resident: HomeKindName },
): string {
  const result = results.find(({ newcomer, resident }) =>
    newcomer === pair.newcomer && resident === pair.resident
  );
  if (result === undefined) return "";
  const { tiers, expected, firstMessageMs, upgradeMs } = result;
  const shown = [...new Set(tiers)].map((tier) => tier === null ? "none" : SHORT_TIER[tier]);
  const wrong = isAsExpected(result) ? "" : ` ✗ (${SHORT_TIER[expected]})`;
  const ms = (value: number | null) => value === null ? "" : ` ${Math.round(value)}`;
  return `${shown.join("/")}${wrong}${ms(firstMessageMs)}${upgradeMs === null ? "" : " +"}${
    ms(upgradeMs).trim()
  }`;
}
