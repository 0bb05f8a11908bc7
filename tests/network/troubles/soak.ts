/**
 * The soak: peers in different homes talk in one room while everything around them breaks and is mended
 * in fast succession. It runs in rounds, each in its own room. At the end of a round every message must
 * have reached everyone, once, and must stand in the same order on every screen.
 *
 * `deno task soak` runs until 100,000 messages are sent; `--messages`, `--peers`, `--per-second`,
 * `--round-seconds` and `--seed` change the run. The exit code is 1 when anything was lost, arrived
 * twice or stands in another order.
 */
import { parseOptions } from "../../../scripts/arguments.ts";
import { exitWithError } from "../../../scripts/run.ts";
import { seededRandom } from "../../fakes/random.ts";
import { setUpLab } from "../lab/lab_setup.ts";
import { inParallel } from "../matrix/matrix.ts";
import { isInOrder, MessageTally } from "../peers/message_tally.ts";
import type { PeerClient, SessionClient } from "../peers/peer_client.ts";
import type { HomeKindName } from "../lab/theory.ts";
import { Troubles } from "./troubles.ts";
import { World } from "../lab/world.ts";

/** Homes in the order in which they are used. All have IPv4, because the troubles cut only IPv4. */
const KINDS: readonly HomeKindName[] = ["eim-apdf", "eim-apdf", "apdm", "open", "no-udp"];
/** Undisturbed time before the first trouble and after the last. */
const CALM_MS = 1_000;
/** Limit for each wait, such as for the messages after the last trouble. */
const PATIENCE_MS = 60_000;

export interface SoakOptions {
  /** The soak stops after the round in which the total reaches this number. */
  readonly messages: number;
  /** Number of peers; at most the length of {@linkcode KINDS}. */
  readonly peers: number;
  /** Messages of each peer. */
  readonly perSecond: number;
  readonly roundMs: number;
  readonly seed: number;
}

export interface RoundResult {
  readonly sent: number;
  /** Expected deliveries: `sent` times the number of other peers. */
  readonly deliveries: number;
  readonly lost: number;
  readonly doubled: number;
  readonly overtaken: number;
  /** Whether all screens show the same, and each sender's messages in the order of sending. */
  readonly isInOrder: boolean;
  /** From the end of the last trouble until every message was everywhere and stored. */
  readonly settledMs: number;
}

export interface SoakResult {
  readonly rounds: readonly RoundResult[];
  /** How often each trouble happened. */
  readonly troubles: ReadonlyMap<string, number>;
}

/** Whether nothing was lost, doubled or misplaced. */
export function isClean({ lost, doubled, isInOrder }: RoundResult): boolean {
  return lost === 0 && doubled === 0 && isInOrder;
}

export async function soak(
  options: SoakOptions,
  onRound: (round: RoundResult) => void = () => {},
): Promise<SoakResult> {
  await using world = await World.create({ nodeArgs: ["--rate-limit", "0"] });
  const kinds = KINDS.slice(0, options.peers);
  const peers = await inParallel(
    kinds.map((kind) => () => world.addPeer(kind, { proxy: true })),
    2,
  );
  const random = seededRandom(options.seed);
  const troubles = new Troubles(world, { homes: peers.map(({ home }) => home), random });
  const rounds: RoundResult[] = [];
  for (let sent = 0; sent < options.messages; sent += rounds.at(-1)!.sent) {
    const round = await runRound(peers, troubles, { ...options, room: `soak-${rounds.length}` });
    rounds.push(round);
    onRound(round);
    // If no peer sends anything, the loop would never end.
    if (round.sent === 0) break;
  }
  return { rounds, troubles: troubles.counts };
}

/** A peer that talks. Its messages begin with its name. */
interface Talker {
  readonly name: string;
  readonly client: SessionClient;
  readonly tally: MessageTally;
}

async function runRound(
  peers: readonly PeerClient[],
  troubles: Troubles,
  { perSecond, roundMs, room }: SoakOptions & { room: string },
): Promise<RoundResult> {
  const talkers = await Promise.all(peers.map((peer, i) => join(peer, { room, i })));
  await Promise.all(talkers.map(({ client }) => client.until(isOnline, PATIENCE_MS)));
  await Promise.all(talkers.map(({ name, client }) => client.flow(name, perSecond)));
  await pause(CALM_MS);
  await troubles.goOn(roundMs);
  const mendedAtMs = performance.now();
  await pause(CALM_MS);
  const counts = await Promise.all(talkers.map(({ client }) => client.endFlow(PATIENCE_MS)));
  const sent = counts.reduce((a, b) => a + b, 0);
  await Promise.all(talkers.map((talker, i) => untilTotal(talker, sent - counts[i]!)));
  const screens = await Promise.all(talkers.map(({ client }) => untilStored(client)));
  const settledMs = performance.now() - mendedAtMs;
  await Promise.all(talkers.map(({ client }) => client.leave()));
  return { ...judge(talkers, counts), isInOrder: areAlike(screens, sent), settledMs };
}

async function join(
  peer: PeerClient,
  { room, i }: { room: string; i: number },
): Promise<Talker> {
  const tally = new MessageTally();
  const onMessage = (text: string) => tally.add(text);
  const client = await peer.join(`${room}-${i}`, { room, onMessage });
  return { name: "abcde"[i]!, client, tally };
}

function isOnline(client: SessionClient): boolean {
  return client.last("uplink")?.state === "online";
}

function judge(
  talkers: readonly Talker[],
  counts: readonly number[],
): Omit<RoundResult, "isInOrder" | "settledMs"> {
  const total = (figure: (talker: Talker) => number) =>
    talkers.reduce((sum, talker) => sum + figure(talker), 0);
  const sent = counts.reduce((a, b) => a + b, 0);
  const missing = ({ tally, name }: Talker) =>
    talkers.reduce(
      (sum, other, i) => sum + (other.name === name ? 0 : tally.missing(other.name, counts[i]!)),
      0,
    );
  return {
    sent,
    deliveries: sent * (talkers.length - 1),
    lost: total(missing),
    doubled: total(({ tally }) => tally.doubled),
    overtaken: total(({ tally }) => tally.overtaken),
  };
}

function areAlike(screens: readonly (readonly string[])[], sent: number): boolean {
  return screens.every((texts) =>
    texts.length === sent && isInOrder(texts) && texts.every((text, i) => text === screens[0]![i])
  );
}

async function untilTotal({ tally }: Talker, total: number): Promise<void> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  while (tally.total < total && performance.now() < giveUpAtMs) await pause(20);
}

/** Texts on a peer's screen, once all its messages are stored or `PATIENCE_MS` is over. */
async function untilStored(client: SessionClient): Promise<readonly string[]> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  while (true) {
    const known = client.all("shown").length;
    await client.show();
    await client.until((c) => c.all("shown").length > known, 5_000);
    const shown = client.last("shown");
    if (shown?.unstored === 0 || performance.now() > giveUpAtMs) return shown?.texts ?? [];
    await pause(100);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Rounds and their sum as a Markdown table, and the troubles below it. */
export function soakMarkdown({ rounds, troubles }: SoakResult): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const head = ["round", "sent", "deliveries", "lost", "doubled", "overtaken", "in order"];
  const cells = (name: string | number, round: RoundResult) =>
    line([
      ...[name, round.sent, round.deliveries, round.lost, round.doubled, round.overtaken],
      round.isInOrder ? "yes" : "no",
      Math.round(round.settledMs),
    ]);
  return [
    line([...head, "settled after (ms)"]),
    line(Array(8).fill("---")),
    ...rounds.map((round, i) => cells(i + 1, round)),
    cells("all", sumOf(rounds)),
    "",
    [...troubles].map(([name, count]) => `${name}: ${count}`).join(", "),
  ].join("\n");
}

function sumOf(rounds: readonly RoundResult[]): RoundResult {
  const total = (figure: (round: RoundResult) => number) =>
    rounds.reduce((sum, round) => sum + figure(round), 0);
  return {
    sent: total(({ sent }) => sent),
    deliveries: total(({ deliveries }) => deliveries),
    lost: total(({ lost }) => lost),
    doubled: total(({ doubled }) => doubled),
    overtaken: total(({ overtaken }) => overtaken),
    isInOrder: rounds.every((round) => round.isInOrder),
    settledMs: Math.max(...rounds.map(({ settledMs }) => settledMs)),
  };
}

async function main(): Promise<boolean> {
  const values = parseOptions(Deno.args, {
    "messages": { type: "string", default: "100000" },
    "peers": { type: "string", default: "5" },
    "per-second": { type: "string", default: "40" },
    "round-seconds": { type: "string", default: "60" },
    "seed": { type: "string", default: `${Date.now() % 1_000_000}` },
  });
  const problem = await setUpLab();
  if (problem !== null) {
    console.error(`error: there can be no network lab here: ${problem}`);
    return false;
  }
  console.error(`Seed ${values.seed}`);
  const result = await soak({
    messages: Number(values.messages),
    peers: Number(values.peers),
    perSecond: Number(values["per-second"]),
    roundMs: Number(values["round-seconds"]) * 1000,
    seed: Number(values.seed),
  }, (round) => console.error(JSON.stringify(round)));
  console.log(soakMarkdown(result));
  return result.rounds.every(isClean);
}

if (import.meta.main) Deno.exit(await main().catch(exitWithError) ? 0 : 1);
