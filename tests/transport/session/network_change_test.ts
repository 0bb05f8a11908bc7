/** A session's reactions when the network changes, or when somebody looks at the page again. */
import assert from "node:assert/strict";
import { type Tab, World } from "../../fakes/session_world.ts";

/** A delay that nobody notices: `reconnect` must succeed within it. */
const SOON_MS = 500;

async function offlineFor(ms: number): Promise<{ world: World; ann: Tab }> {
  const world = new World();
  const ann = world.open("Ann");
  await world.clock.advance(1_000);
  ann.loseNode();
  await world.clock.advance(ms);
  return { world, ann };
}

for (const ms of [500, 2_000, 7_000, 14_000, 60_000, 600_000]) {
  Deno.test(`session is back at once when the network changes after ${ms} ms without one`, async () => {
    const { world, ann } = await offlineFor(ms);
    ann.findNode();
    ann.session.reconnect();
    ann.session.send("back");
    await world.clock.advance(SOON_MS);
    assert.equal(ann.session.uplink.state, "online");
    assert.deepEqual(world.stored, ["back"]);
    world.close();
  });
}

Deno.test("session is back at once when somebody looks at the page after a while without a network", async () => {
  const { world, ann } = await offlineFor(14_000);
  ann.findNode();
  ann.session.wake();
  await world.clock.advance(SOON_MS);
  assert.equal(ann.session.uplink.state, "online");
  world.close();
});

Deno.test("session that is looked at again and again gives a slow dial its time", async () => {
  const { world, ann } = await offlineFor(14_000);
  const before = ann.dialled.length;
  for (let n = 0; n < 9; n++) {
    ann.session.wake();
    await world.clock.advance(100);
  }
  assert.ok(ann.dialled.length - before <= 4, `${ann.dialled.length - before} dials`);
  world.close();
});

Deno.test("session on a network that changes all the time gives a slow dial its time", async () => {
  const world = new World();
  const ann = world.open("Ann");
  await world.clock.advance(1_000);
  ann.loseNode();
  await world.clock.advance(14_000);
  ann.findNode();
  ann.network.dialDelayMs = 800;
  const before = ann.dialled.length;
  for (let n = 0; n < 4; n++) {
    ann.session.reconnect();
    await world.clock.advance(300);
  }
  assert.equal(ann.session.uplink.state, "online");
  assert.ok(ann.dialled.length - before <= 8, `${ann.dialled.length - before} dials`);
  world.close();
});

for (const ms of [900, 1_100, 1_250, 1_400, 5_000]) {
  Deno.test(`session that is looked at ${ms} ms into a race still tries the best tier first`, async () => {
    const { world, ann } = await offlineFor(14_000);
    ann.session.reconnect();
    await world.clock.advance(ms);
    ann.findNode();
    ann.session.wake();
    await world.clock.advance(SOON_MS);
    const { state, tier } = ann.session.uplink;
    // A dial that began less than a second before is not cut short, and in this world it never ends.
    if (ms >= 1_000) assert.deepEqual([state, tier], ["online", "websocket"]);
    ann.session.reconnect();
    await world.clock.advance(SOON_MS);
    assert.equal(ann.session.uplink.state, "online");
    world.close();
  });
}

Deno.test("session loses and doubles nothing when it is told of changes while all is well", async () => {
  const world = new World();
  const [ann, bob] = [world.open("Ann"), world.open("Bob")];
  await world.clock.advance(1_000);
  const offline: unknown[] = [];
  ann.session.subscribe((event) => {
    if (event.type === "uplink" && event.uplink.state !== "online") offline.push(event);
  });
  const said = Array.from({ length: 40 }, (_, n) => `m${n}`);
  for (const [n, text] of said.entries()) {
    ann.session.send(text);
    if (n % 4 === 0) ann.session.reconnect();
    if (n % 4 === 2) ann.session.wake();
    await world.clock.advance(150);
  }
  await world.clock.advance(5_000);
  assert.deepEqual(world.stored, said);
  assert.deepEqual(bob.texts, said);
  assert.deepEqual(bob.shownTwice, []);
  assert.deepEqual(offline, []);
  assert.equal(ann.tierTo(bob), "webrtc-stun");
  assert.deepEqual(bob.events.filter(({ type }) => type === "peer_left"), []);
  world.close();
});

for (const ms of [300, 1_000, 2_500, 5_000, 8_000, 12_000, 30_000]) {
  Deno.test(`direct paths are back at once when the network changes after ${ms} ms without one`, async () => {
    const world = new World();
    const [ann, bob] = [world.open("Ann"), world.open("Bob")];
    await world.clock.advance(2_000);
    ann.loseNode();
    for (const pipe of world.network.pipes) if (pipe.tier === "webrtc-stun") pipe.cut();
    world.network.allowsDirect = false;
    await world.clock.advance(ms);
    world.network.allowsDirect = true;
    ann.findNode();
    ann.session.reconnect();
    await world.clock.advance(1_000);
    for (const pipe of world.network.pipes) if (pipe.tier === "websocket") pipe.cut();
    ann.session.send("direct");
    await world.clock.advance(200);
    assert.deepEqual(bob.texts, ["direct"]);
    world.close();
  });
}

Deno.test("session that is renamed while the node takes no new connection is known by it later", async () => {
  const world = new World();
  const [ann, bob] = [world.open("Ann"), world.open("Bob")];
  await world.clock.advance(2_000);
  world.network.blockedTiers.add("websocket").add("http-polling");
  ann.session.rename("Anna");
  await world.clock.advance(5_000);
  assert.equal(ann.session.uplink.state, "online");
  assert.equal(bob.session.peers[0]?.name, "Ann");
  world.network.blockedTiers.clear();
  await world.clock.advance(15_000);
  assert.equal(bob.session.peers[0]?.name, "Anna");
  world.close();
});
