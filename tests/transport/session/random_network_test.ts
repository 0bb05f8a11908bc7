/**
 * A room under random events, drawn from a seed: paths die and come back, for everyone or for one member
 * alone; frames are lost, doubled and reordered; pages reload; the node stops and starts, refuses, limits and
 * fills up. In every run each message must be shown exactly once to everyone, in the node's order, and
 * everyone must see who is here. `EGOAT_SEED` repeats one run, but for ids and tokens, which are truly
 * random.
 */
import assert from "node:assert/strict";
import { ROOM, type Tab, World } from "../../fakes/session_world.ts";
import { UPLINK_TIERS } from "../../fakes/tab_network.ts";
import { NO_FAULTS } from "../../../transport/memory.ts";
import {
  encodeFrame,
  LIMITS,
  type MessageId,
  type PeerId,
} from "../../../transport/protocol/mod.ts";

const SEEDS = Deno.env.get("EGOAT_SEED") === undefined
  ? Array.from({ length: 40 }, (_, index) => index + 1)
  : [Number(Deno.env.get("EGOAT_SEED"))];
const STEPS = 120;
/** Frames a second of one address: far above what a session sends, and soon reached by a flood. */
const RATE_LIMIT = 25;
/** Messages that were there before, at, below and above the borders of a page of `historyFrameRows`. */
const OLD_MESSAGES = [0, 1, 60, 199, 200, 201, 399, 400];
/** Characters that are added to some messages: a page of the largest holds three rows. */
const PADDING = [1_000, 10_000, 30_000, 60_000];
/** A flood uses up the burst of four seconds. A long one is cut, which takes ten seconds' worth more. */
const FLOOD = { short: 5 * RATE_LIMIT, long: 16 * RATE_LIMIT };

type Step = (world: World, tab: Tab) => void;

const send: Step = (world, tab) => {
  const padding = world.random() < 0.1 ? pick(world, PADDING) : 0;
  const text = `${tab.name} ${world.sent.length} ${"x".repeat(padding)}`;
  world.sent.push(text);
  tab.session.send(text);
};

const flood = (count: number): Step => (_world, tab) => {
  for (let n = 0; n < count; n++) tab.say({ type: "typing", payload: { typing: n % 2 === 0 } });
};

/**
 * Ends the faults, and the connections that had them. A stream promises order and loses nothing. Messages
 * survive one that breaks its promise, but a `peer_joined` that comes after its `peer_left` stays until the
 * next `welcome`.
 */
function endFaults({ network }: World): void {
  network.faults = NO_FAULTS;
  for (const pipe of network.pipes) pipe.reset();
}

/** Says what the node refuses: text that is no frame, and frames that are wrong or too large. */
const REFUSED: readonly string[] = [
  "no frame",
  `{"type":"chat","payload":{"id":"no id!","text":""}}`,
  `{"type":"unheard_of","payload":{}}`,
  encodeFrame({ type: "relay", payload: "x".repeat(LIMITS.frameChars) }),
];

/** Events to draw. The number of copies of an event is its weight. */
const STEPS_TO_DRAW: readonly Step[] = [
  ...Array.from({ length: 18 }, () => send),
  // The network of all.
  ({ network, random }) => network.pipes[Math.floor(random() * network.pipes.length)]?.reset(),
  ({ network, random }) => network.pipes[Math.floor(random() * network.pipes.length)]?.cut(),
  ({ network, random }) => {
    network.faults = { loss: random() * 0.3, duplicate: random() * 0.3, reorder: random() * 0.3 };
  },
  endFaults,
  ({ network }) => void network.blockedTiers.add("websocket"),
  ({ network }) => void network.blockedTiers.add("http-polling"),
  ({ network }) => network.blockedTiers.clear(),
  ({ network, random }) => {
    network.allowsDirect = random() < 0.6;
  },
  // The network of one member.
  (world, tab) => tab.network.block(pick(world, UPLINK_TIERS)),
  (world, tab) => tab.network.cut(pick(world, UPLINK_TIERS)),
  (_world, tab) => tab.network.block(...UPLINK_TIERS),
  (_world, tab) => tab.network.cut(...UPLINK_TIERS),
  (_world, tab) => tab.network.allow(),
  (_world, tab) => tab.network.allow(),
  // The node.
  ({ node }) => node.kill(),
  ({ node }) => node.stop(),
  ({ node }) => node.start(),
  ({ node }) => node.start(),
  ({ node }) => node.start(),
  ({ node, random }) => node.fill(ROOM, { addresses: random() < 0.5 ? "one" : "many" }),
  ({ node }) => node.empty(),
  flood(FLOOD.short),
  flood(FLOOD.long),
  (world, tab) => tab.network.say(pick(world, REFUSED)),
  // The page.
  (_world, tab) => tab.reload(),
  (_world, tab) => tab.session.reconnect(),
  (_world, tab) => tab.session.typing(true),
  (_world, tab) => void tab.session.loadOlder().catch(() => {}),
];

/** Stores what was said before anybody came. */
async function begin(world: World): Promise<void> {
  const count = pick(world, OLD_MESSAGES);
  for (let n = 0; n < count; n++) {
    const text = `Ada ${n}`;
    world.sent.push(text);
    const [id, peerId] = [`old-${n}` as MessageId, "ada" as PeerId];
    void world.node.store.append({ room: ROOM, id, peerId, name: "Ada", text, sentAtUs: null });
  }
  await world.clock.advance(100);
}

async function live(world: World): Promise<void> {
  for (let step = 0; step < STEPS; step++) {
    const tab = pick(world, world.tabs);
    pick(world, STEPS_TO_DRAW)(world, tab);
    await world.clock.advance(world.random() < 0.1 ? 6_000 : world.random() * 300);
  }
}

async function heal(world: World): Promise<void> {
  endFaults(world);
  world.network.blockedTiers.clear();
  world.network.allowsDirect = true;
  for (const tab of world.tabs) tab.network.allow();
  world.node.empty();
  world.node.start();
  await world.clock.advance(60_000);
}

async function loadAll({ clock }: World, { session }: Tab): Promise<void> {
  while (session.hasOlder) {
    const loading = session.loadOlder();
    await clock.advance(100);
    await loading;
  }
}

function pick<T>(world: World, from: readonly T[]): T {
  return from[Math.floor(world.random() * from.length)] as T;
}

/** Texts with their length in place of their padding, so that a difference can be read. */
const short = (texts: readonly string[]) =>
  texts.map((text) => `${text.replace(/x*$/, "")}(${text.length})`);

/** The codes of refusals that the runs met, and whether a page of history was not the last one. */
const met = new Set<string>();

function note(text: string): void {
  const [, code] = /^\{(?:"seq":\d+,)?"type":"error","payload":\{"code":"([a-z-]+)"/.exec(text) ??
    [];
  if (code !== undefined) met.add(code);
  if (/"type":"history","payload":\{"request":\d+,"more":true/.test(text)) met.add("page border");
}

for (const seed of SEEDS) {
  Deno.test(`room on a random network shows everything once, in one order (seed ${seed})`, async () => {
    const world = new World(seed, { rateLimit: RATE_LIMIT });
    await begin(world);
    for (const name of ["Ann", "Bob", "Cem"]) world.open(name);
    await world.clock.advance(500);
    await live(world);
    await heal(world);
    const stored = short(world.stored);
    assert.deepEqual(stored.toSorted(), short(world.sent).toSorted(), "stored exactly once");
    for (const tab of world.tabs) {
      for (const { text } of tab.arrived) note(text);
      await loadAll(world, tab);
      assert.deepEqual(short(tab.texts), stored, `${tab.name} shows what is stored, in its order`);
      assert.deepEqual(tab.shownTwice, [], `${tab.name} was shown nothing twice`);
      const others = world.tabs.filter((other) => other !== tab).map(({ name }) => name);
      const seen = tab.session.peers.map(({ name }) => name);
      assert.deepEqual(seen.toSorted(), others, `${tab.name} sees who is here`);
    }
    world.close();
  });
}

const EXPECTED = [
  "page border",
  ...["bad-frame", "unknown-type", "frame-too-large"],
  ...["rate-limited", "room-full", "shutting-down"],
];

Deno.test("the runs on a random network met every refusal, and history of several pages", {
  ignore: SEEDS.length === 1,
}, () => assert.deepEqual(EXPECTED.filter((one) => !met.has(one)), []));
