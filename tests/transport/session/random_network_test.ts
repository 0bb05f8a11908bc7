/**
 * A room under random network events, drawn from a seed: paths die and come back, frames are lost,
 * doubled and reordered, pages reload, the node is killed and started. In every run each message must be
 * shown exactly once to everyone, in the node's order. `EGOAT_SEED` repeats one run.
 */
import assert from "node:assert/strict";
import { type Tab, World } from "../../fakes/session_world.ts";
import { NO_FAULTS } from "../../../transport/memory.ts";

const SEEDS = Deno.env.get("EGOAT_SEED") === undefined
  ? Array.from({ length: 40 }, (_, index) => index + 1)
  : [Number(Deno.env.get("EGOAT_SEED"))];
const STEPS = 120;
/** Below one page of history, so that a reloaded page shows everything. */
const MAX_MESSAGES = 150;

type Step = (world: World, tab: Tab) => void;

const send: Step = (world, tab) => {
  if (world.sent.length >= MAX_MESSAGES) return;
  const text = `${tab.name} ${world.sent.length}`;
  world.sent.push(text);
  tab.session.send(text);
};

/** Events to draw. The number of copies of an event is its weight. */
const STEPS_TO_DRAW: readonly Step[] = [
  ...Array.from({ length: 12 }, () => send),
  ({ network, random }) => network.pipes[Math.floor(random() * network.pipes.length)]?.reset(),
  ({ network, random }) => network.pipes[Math.floor(random() * network.pipes.length)]?.cut(),
  ({ network, random }) => {
    network.faults = { loss: random() * 0.3, duplicate: random() * 0.3, reorder: random() * 0.3 };
  },
  ({ network }) => {
    network.faults = NO_FAULTS;
  },
  ({ network }) => void network.blockedTiers.add("websocket"),
  ({ network }) => void network.blockedTiers.add("http-polling"),
  ({ network }) => network.blockedTiers.clear(),
  ({ network, random }) => {
    network.allowsDirect = random() < 0.6;
  },
  ({ node }) => node.kill(),
  ({ node }) => node.start(),
  ({ node }) => node.start(),
  (_world, tab) => tab.reload(),
  (_world, tab) => tab.session.reconnect(),
  (_world, tab) => tab.session.typing(true),
];

async function live(world: World): Promise<void> {
  for (let step = 0; step < STEPS; step++) {
    const tab = pick(world, world.tabs);
    pick(world, STEPS_TO_DRAW)(world, tab);
    await world.clock.advance(world.random() < 0.1 ? 6_000 : world.random() * 300);
  }
}

async function heal(world: World): Promise<void> {
  world.network.faults = NO_FAULTS;
  world.network.blockedTiers.clear();
  world.network.allowsDirect = true;
  world.node.start();
  await world.clock.advance(60_000);
}

function pick<T>(world: World, from: readonly T[]): T {
  return from[Math.floor(world.random() * from.length)] as T;
}

for (const seed of SEEDS) {
  Deno.test(`room on a random network shows everything once, in one order (seed ${seed})`, async () => {
    const world = new World(seed);
    for (const name of ["Ann", "Bob", "Cem"]) world.open(name);
    await world.clock.advance(500);
    await live(world);
    await heal(world);
    assert.deepEqual([...world.stored].sort(), [...world.sent].sort(), "stored exactly once");
    for (const tab of world.tabs) {
      assert.deepEqual(tab.texts, world.stored, `${tab.name} shows what is stored, in its order`);
      assert.deepEqual(tab.shownTwice, [], `${tab.name} was shown nothing twice`);
    }
    world.close();
  });
}
