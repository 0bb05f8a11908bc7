import assert from "node:assert/strict";
import type { Tier } from "../../transport/protocol.ts";
import type { ChatPage } from "../e2e/page.ts";
import { BrowserClient, sentSignals } from "./browser_client.ts";
import { candidateWords } from "./candidates.ts";
import { setUpLab } from "./lab_setup.ts";
import { inParallel } from "./matrix.ts";
import { expectedTier, HOME_KINDS, type HomeKindName } from "./theory.ts";
import { World } from "./world.ts";

const problem = await setUpLab();
if (problem !== null) console.error(`Skipped, no network lab: ${problem}`);

const KINDS: readonly HomeKindName[] = [
  "open",
  "eim-eif",
  "eim-adf",
  "eim-apdf",
  "apdm",
  "ipv6",
  "no-ws",
  "no-udp",
  "node-only",
  "proxy-only",
];

/** Two browsers each. */
const PAIRS_AT_ONCE = 2;
/** A pair that must not get better is watched for this long: far more than an upgrade takes. */
const HOLD_MS = 2_500;

/** What the page calls a tier. */
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

/** Resolves when both pages show `tier`, and still do after a while when there are better ones. */
async function untilTier(tier: Tier, ann: ChatPage, ben: ChatPage): Promise<void> {
  const areThere = () =>
    Promise.all([ann.untilPath("Ben", WORDS[tier]), ben.untilPath("Ann", WORDS[tier])]);
  await areThere();
  if (tier === "webrtc-stun") return;
  await ann.page.waitForTimeout(HOLD_MS);
  await areThere();
}

/** Two browsers in two homes of one kind meet; returns what went wrong. */
async function meet(world: World, kind: HomeKindName): Promise<string | null> {
  await using ann = await BrowserClient.start(world.lab, await world.addHome(kind));
  await using ben = await BrowserClient.start(world.lab, await world.addHome(kind));
  const annPage = await ann.visit({ room: kind, name: "Ann" });
  const benPage = await ben.visit({ room: kind, name: "Ben" });
  const tier = expectedTier(kind, kind, { turn: true });
  const startedMs = performance.now();
  try {
    await talk(annPage, benPage);
    await untilTier(tier, annPage, benPage);
  } catch (error) {
    const shown = await annPage.people.ariaSnapshot({ timeout: 2000 }).catch(String);
    return `${HOME_KINDS[kind].label}: not ${tier}: ${error}\n${shown}`;
  }
  const ms = Math.round(performance.now() - startedMs);
  const told = candidateWords(await sentSignals(annPage));
  console.log(`${HOME_KINDS[kind].label}: ${tier} after ${ms} ms; candidates: ${told}`);
  return null;
}

Deno.test({
  name: "two Chromiums in homes of one kind chat, on the tier that theory says",
  ignore: problem !== null,
  // The pipe to Chromium is read all the time.
  sanitizeOps: false,
  async fn() {
    await using world = await World.create();
    const problems = await inParallel(KINDS.map((kind) => () => meet(world, kind)), PAIRS_AT_ONCE);
    assert.deepEqual(problems.filter((one) => one !== null), []);
  },
});
