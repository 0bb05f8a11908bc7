/**
 * Paths that change while people talk, by the frames that arrive and the path that brought each: nothing is
 * lost, nothing comes twice, and no gap is shown.
 */
import assert from "node:assert/strict";
import { type Tab, told, World } from "../../fakes/session_world.ts";

const numbered = (count: number, name = "m") =>
  Array.from({ length: count }, (_, n) => `${name}${n}`);

/** The tiers on which `said` came to `tab`, each as long as no other took its place. */
function tiersOf(tab: Tab, said: readonly string[]): (string | null)[] {
  return said.map((text) => tab.cameOn(text)).filter((tier, n, all) => tier !== all[n - 1]);
}

/** Whether `tab` was online all the time since it first was. */
function stayedOnline({ events }: Tab): boolean {
  const states = events.flatMap((event) => event.type === "uplink" ? [event.uplink.state] : []);
  return states.slice(states.indexOf("online")).every((state) => state === "online");
}

/** Lets two people say something at once, again and again. */
async function talk(world: World, [ann, bob]: readonly [Tab, Tab]) {
  const [hers, his] = [numbered(60, "Ann "), numbered(60, "Bob ")];
  for (const n of hers.keys()) {
    ann.session.send(hers[n]!);
    bob.session.send(his[n]!);
    await world.clock.advance(100);
  }
  await world.clock.advance(1_000);
  assert.deepEqual(world.stored.toSorted(), [...hers, ...his].toSorted());
  for (const tab of [ann, bob]) {
    assert.deepEqual(tab.texts, world.stored, tab.name);
    assert.deepEqual(tab.shownTwice, [], tab.name);
  }
  return { hers, his };
}

Deno.test("session has a direct path within a second, and what is said comes on it first", async () => {
  const world = new World();
  const [ann, bob] = [world.open("Ann"), world.open("Bob")];
  await world.clock.advance(1_000);
  assert.equal(ann.tierTo(bob), "webrtc-stun");
  assert.equal(bob.tierTo(ann), "webrtc-stun");
  ann.session.send("hello");
  bob.session.send("hi");
  await world.clock.advance(500);
  assert.deepEqual([bob.cameOn("hello"), ann.cameOn("hi")], ["webrtc-stun", "webrtc-stun"]);
  world.close();
});

Deno.test("session upgrades to a direct path in place: what is said meanwhile comes, once, on either path", async () => {
  const world = new World();
  world.network.allowsDirect = false;
  const [ann, bob] = [world.open("Ann"), world.open("Bob")];
  await world.clock.advance(100);
  const said = numbered(100);
  for (const text of said) {
    ann.session.send(text);
    await world.clock.advance(300);
    world.network.allowsDirect = true;
  }
  assert.deepEqual(tiersOf(bob, said), ["websocket", "webrtc-stun"]);
  assert.deepEqual(bob.texts, said);
  assert.deepEqual(bob.shownTwice, []);
  assert.deepEqual(world.stored, said);
  for (const tab of [ann, bob]) assert.deepEqual(tab.dialled, ["websocket"], "the first is kept");
  assert.equal(ann.tierTo(bob), "webrtc-stun");
  assert.equal(bob.tierTo(ann), "webrtc-stun");
  world.close();
});

Deno.test("session moves up to the WebSocket in place when it is let through again", async () => {
  const world = new World();
  world.network.allowsDirect = false;
  const bob = world.open("Bob");
  await world.clock.advance(100);
  world.network.blockedTiers.add("websocket");
  const ann = world.open("Ann");
  await world.clock.advance(1_000);
  assert.equal(ann.session.uplink.tier, "http-polling");
  world.network.blockedTiers.clear();
  const { hers, his } = await talk(world, [ann, bob]);
  assert.equal(ann.session.uplink.tier, "websocket");
  assert.deepEqual(tiersOf(ann, his), ["http-polling", "websocket"]);
  assert.deepEqual(tiersOf(bob, hers), ["websocket"]);
  assert.ok(stayedOnline(ann));
  world.close();
});

Deno.test("session whose WebSocket alone is blocked goes on by polling, and the others notice nothing", async () => {
  const world = new World();
  world.network.allowsDirect = false;
  const [ann, bob] = [world.open("Ann"), world.open("Bob")];
  await world.clock.advance(100);
  world.clock.after(2_000, () => ann.network.block("websocket"));
  const { hers, his } = await talk(world, [ann, bob]);
  assert.equal(ann.session.uplink.tier, "http-polling");
  assert.deepEqual(tiersOf(ann, his), ["websocket", "http-polling"]);
  assert.deepEqual(tiersOf(bob, hers), ["websocket"]);
  assert.deepEqual(bob.dialled, ["websocket"]);
  assert.deepEqual(told(bob).filter((line) => line.startsWith("peer_left")), []);
  world.close();
});
