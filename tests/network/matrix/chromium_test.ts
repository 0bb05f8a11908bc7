import assert from "node:assert/strict";
import type { Tier } from "../../../transport/protocol/mod.ts";
import type { ChatPage } from "../../e2e/page.ts";
import { BrowserClient, sentSignals } from "../peers/browser_client.ts";
import { candidateWords } from "./candidates.ts";
import { keepTable } from "./kept_tables.ts";
import { setUpLab } from "../lab/lab_setup.ts";
import { inParallel } from "./matrix.ts";
import { expectedTier, HOME_KINDS, type HomeKindName } from "../lab/theory.ts";
import { World } from "../lab/world.ts";

const problem = await setUpLab();
if (problem !== null) console.error(`Skipped, no network lab: ${problem}`);

/** Each pair takes two browsers. */
const PAIRS_AT_ONCE = 2;
/** A pair that must not upgrade is watched for this long, which is far more than an upgrade takes. */
const HOLD_MS = 2_500;

/** The page's wording for each tier. */
const WORDS: Readonly<Record<Tier, RegExp>> = {
  "webrtc-stun": /^\s*Direct\s*$/,
  "webrtc-turn": /Direct through a TURN relay/,
  "websocket": /Through the node \(WebSocket\)/,
  "http-polling": /Through the node \(HTTP polling\)/,
  "lan": /Through nodes on the local network/,
};

async function talk(ann: ChatPage, ben: ChatPage): Promise<void> {
  await ann.say("Hello Ben");
  await ben.untilShown("Hello Ben");
  await ben.say("Hello Ann");
  await ann.untilShown("Hello Ann");
}

/** Result of two browsers in homes of one kind. Times in milliseconds. */
interface Meeting {
  readonly kind: HomeKindName;
  readonly tier: Tier;
  /** From both pages being open until each has shown the other's message. */
  readonly exchangeMs: number;
  /** From then until both pages show the tier. */
  readonly upgradeMs: number;
  readonly candidates: string;
  /** The error of a failed meeting; null when it succeeded. */
  readonly problem: string | null;
}

/**
 * Resolves when both pages show `tier`. A tier below the best must still be shown after `HOLD_MS`.
 * @returns Milliseconds until both pages first showed the tier.
 */
async function untilTier(tier: Tier, ann: ChatPage, ben: ChatPage): Promise<number> {
  const fromMs = performance.now();
  const areThere = () =>
    Promise.all([ann.untilPath("Ben", WORDS[tier]), ben.untilPath("Ann", WORDS[tier])]);
  await areThere();
  const upgradeMs = performance.now() - fromMs;
  if (tier === "webrtc-stun") return upgradeMs;
  await ann.page.waitForTimeout(HOLD_MS);
  await areThere();
  return upgradeMs;
}

async function meet(world: World, kind: HomeKindName): Promise<Meeting> {
  await using ann = await BrowserClient.start(world.lab, await world.addHome(kind));
  await using ben = await BrowserClient.start(world.lab, await world.addHome(kind));
  const annPage = await ann.visit({ room: kind, name: "Ann" });
  const benPage = await ben.visit({ room: kind, name: "Ben" });
  const tier = expectedTier(kind, kind, { turn: true });
  const startedMs = performance.now();
  let [exchangeMs, upgradeMs] = [NaN, NaN];
  let problem: string | null = null;
  try {
    await talk(annPage, benPage);
    exchangeMs = performance.now() - startedMs;
    upgradeMs = await untilTier(tier, annPage, benPage);
  } catch (error) {
    const shown = await annPage.people.ariaSnapshot({ timeout: 2000 }).catch(String);
    problem = `${HOME_KINDS[kind].label}: not ${tier}: ${error}\n${shown}`;
  }
  const candidates = candidateWords(await sentSignals(annPage));
  return { kind, tier, exchangeMs, upgradeMs, candidates, problem };
}

function meetingsMarkdown(meetings: readonly Meeting[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const rows = meetings.map(({ kind, tier, exchangeMs, upgradeMs, candidates }) =>
    line([HOME_KINDS[kind].label, tier, Math.round(exchangeMs), Math.round(upgradeMs), candidates])
  );
  const head = ["both homes", "tier", "both talked (ms)", "and on the tier after (ms)"];
  return [line([...head, "candidates told"]), line(Array(5).fill("---")), ...rows].join("\n");
}

Deno.test({
  name: "two Chromiums in homes of one kind chat, on the tier that theory says",
  ignore: problem !== null,
  // Playwright reads the pipe to Chromium all the time.
  sanitizeOps: false,
  async fn() {
    await using world = await World.create();
    const kinds = Object.keys(HOME_KINDS) as HomeKindName[];
    const meetings = await inParallel(kinds.map((kind) => () => meet(world, kind)), PAIRS_AT_ONCE);
    console.log(`\n${meetingsMarkdown(meetings)}\n`);
    assert.deepEqual(meetings.flatMap(({ problem }) => problem ?? []), []);
    await keepTable("chromium", meetingsMarkdown(meetings));
  },
});
