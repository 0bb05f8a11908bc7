/** Sessions that send nothing through the node: the peers that a message waits for, and its end. */
import assert from "node:assert/strict";
import { ROOM, type Tab, World } from "../../fakes/session_world.ts";
import type { JoinTarget } from "../../../transport/uplink/join.ts";
import { NO_FAULTS } from "../../../transport/memory.ts";
import type { PeerId } from "../../../transport/protocol/mod.ts";

/** Number of messages that a tab still keeps in its outbox. */
function waiting({ kept }: Tab): number {
  return kept.filter((key) => key.includes("outbox:")).length;
}

function openUnreachable(world: World, name: string): Tab {
  const tab = world.open(name);
  tab.isUnreachable = true;
  return tab;
}

/** An older client, which names no instance. */
function olderClient(name: string): JoinTarget {
  const peerId = name as PeerId;
  return { nodeUrl: "http://node", room: ROOM, peerId, name, token: "", instance: "" };
}

Deno.test("what p2p-only said to an empty room is delivered to who comes first", async () => {
  const world = new World();
  const ann = world.open("Ann", { strategy: "p2p-only" });
  await world.clock.advance(1_000);
  ann.session.send("is anybody here?");
  await world.clock.advance(1_000);
  assert.equal(ann.session.messages[0]?.state, "sending");
  const bob = world.open("Bob");
  await world.clock.advance(5_000);
  assert.deepEqual(bob.texts, ["is anybody here?"]);
  assert.equal(ann.session.messages[0]?.state, "sent");
  world.close();
});

Deno.test("what p2p-only said is done with when who was waited for left while the node was away", async () => {
  const world = new World();
  const ann = world.open("Ann", { strategy: "p2p-only" });
  const bob = world.open("Bob");
  const cy = world.open("Cy", { strategy: "http-only" });
  await world.clock.advance(1_000);
  ann.session.send("hello");
  await world.clock.advance(1_000);
  assert.deepEqual(bob.texts, ["hello"]);
  world.node.kill();
  cy.session.leave();
  world.node.start();
  await world.clock.advance(30_000);
  assert.deepEqual(ann.session.peers.map(({ name }) => name), ["Bob"]);
  ann.reload();
  await world.clock.advance(1_000);
  assert.deepEqual(ann.texts, [], "nothing of it waits in the tab");
  world.close();
});

Deno.test("with p2p-only nobody is waited for who allows no direct path, and it is not called delivered", async () => {
  const world = new World();
  const ann = world.open("Ann", { strategy: "p2p-only" });
  const bob = world.open("Bob");
  const cy = world.open("Cy", { strategy: "http-only" });
  const older = olderClient("Dov");
  const signal = new AbortController().signal;
  const nobody = { onFrame() {}, onClose() {} };
  const dialled = world.network.transport("websocket").dial(older, nobody, { signal });
  await world.clock.advance(1_000);
  const path = await dialled;
  for (let n = 0; n < 1_100; n++) {
    ann.session.send(`${n}`);
    if (n % 100 === 99) await world.clock.advance(1_000);
  }
  const shown = bob.events.filter((event) => event.type === "message" && event.isNew);
  assert.equal(shown.length, 1_100);
  assert.deepEqual(cy.texts, []);
  assert.equal(waiting(ann), 0);
  const { audience, delivered, state } = ann.session.messages[0]!;
  assert.deepEqual([audience, delivered, state], [3, 1, "sent"]);
  path.close();
  world.close();
});

Deno.test("with p2p-only who comes back without direct paths is waited for no more", async () => {
  const world = new World();
  const ann = world.open("Ann", { strategy: "p2p-only" });
  const bob = world.open("Bob", { strategy: "auto" });
  const cy = openUnreachable(world, "Cy");
  await world.clock.advance(1_000);
  ann.session.send("hello");
  await world.clock.advance(1_000);
  assert.deepEqual(bob.texts, ["hello"]);
  assert.equal(waiting(ann), 1, "Cy may be reached by and by");
  world.node.ask("websocket-only");
  cy.reload();
  await world.clock.advance(1_000);
  assert.equal(ann.session.peers.length, 2);
  assert.equal(waiting(ann), 0);
  world.close();
});

Deno.test("a node that asks for p2p-only later leaves nobody waited for whom that can't reach", async () => {
  const world = new World();
  world.node.ask("websocket-only");
  const ann = world.open("Ann");
  const bob = world.open("Bob", { strategy: "auto" });
  world.open("Cy", { strategy: "http-only" });
  await world.clock.advance(1_000);
  world.node.ask("p2p-only");
  world.network.pipes[0]!.reset();
  ann.session.send("said in between");
  await world.clock.advance(20_000);
  assert.equal(ann.session.strategy, "p2p-only");
  assert.equal(ann.session.peers.length, 2);
  assert.deepEqual(bob.texts, ["said in between"]);
  assert.deepEqual(world.stored, []);
  assert.equal(waiting(ann), 0);
  world.close();
});

Deno.test("with p2p-only what was lost on its way is said again, however much waits before it", async () => {
  const world = new World();
  const ann = world.open("Ann", { strategy: "p2p-only" });
  const bob = world.open("Bob");
  openUnreachable(world, "Cy");
  await world.clock.advance(1_000);
  for (let n = 0; n < 200; n++) ann.session.send(`${n}`);
  await world.clock.advance(100);
  world.network.faults = { ...NO_FAULTS, loss: 1 };
  ann.session.send("lost");
  world.network.faults = NO_FAULTS;
  await world.clock.advance(6_000);
  assert.ok(bob.texts.includes("lost"));
  assert.deepEqual(bob.shownTwice, []);
  assert.equal(waiting(ann), 201, "for Cy");
  world.close();
});

Deno.test("with p2p-only a reload forgets nobody that a message waits for", async () => {
  const world = new World();
  const ann = world.open("Ann", { strategy: "p2p-only" });
  world.open("Bob");
  const cy = openUnreachable(world, "Cy");
  await world.clock.advance(1_000);
  ann.session.send("for both");
  await world.clock.advance(1_000);
  ann.reload();
  await world.clock.advance(10_000);
  const { audience, delivered } = ann.session.messages[0]!;
  assert.deepEqual([audience, delivered], [2, 1]);
  cy.isUnreachable = false;
  cy.reload();
  await world.clock.advance(10_000);
  assert.deepEqual(cy.texts, ["for both"]);
  assert.equal(waiting(ann), 0);
  world.close();
});

Deno.test("with p2p-only what one left without is done with when another has it", async () => {
  const world = new World();
  const ann = world.open("Ann", { strategy: "p2p-only" });
  world.network.allowsDirect = false;
  const bob = world.open("Bob");
  await world.clock.advance(1_000);
  ann.session.send("anybody?");
  bob.session.leave();
  await world.clock.advance(1_000);
  assert.deepEqual([ann.session.peers.length, waiting(ann)], [0, 1]);
  world.network.allowsDirect = true;
  const cy = world.open("Cy");
  await world.clock.advance(10_000);
  assert.deepEqual(cy.texts, ["anybody?"]);
  assert.equal(ann.session.messages[0]?.state, "sent");
  assert.equal(waiting(ann), 0);
  world.close();
});

Deno.test("a thousand messages wait for a direct path, and go up when the node's strategy lets them", async () => {
  const world = new World();
  world.node.ask("p2p-only");
  world.network.allowsDirect = false;
  const ann = world.open("Ann");
  const bob = world.open("Bob");
  await world.clock.advance(1_000);
  for (let n = 0; n < 1_000; n++) ann.session.send(`${n}`);
  assert.throws(() => ann.session.send("one more"), { message: /wait for a direct connection/ });
  assert.deepEqual(world.stored, []);
  ann.reload();
  assert.throws(() => ann.session.send("one more"), { message: /wait for the node/ });
  await world.clock.advance(1_000);
  world.node.kill();
  world.node.ask("auto");
  world.node.start();
  await world.clock.advance(60_000);
  assert.equal(world.stored.length, 1_000);
  assert.equal(waiting(ann), 0);
  assert.deepEqual(new Set(bob.texts), new Set(ann.texts));
  assert.deepEqual(bob.shownTwice, []);
  world.close();
});

Deno.test("with p2p-only a browser without WebRTC is not waited for, and not tried", async () => {
  const world = new World();
  const ann = world.open("Ann", { strategy: "p2p-only" });
  const bob = world.open("Bob");
  world.usesWebRtc = false;
  const cy = world.open("Cy");
  await world.clock.advance(1_000);
  ann.session.send("hello");
  await world.clock.advance(1_000);
  assert.deepEqual(bob.texts, ["hello"]);
  assert.equal(waiting(ann), 0);
  const { path } = ann.session.peers.find(({ peerId }) => peerId === cy.session.peerId)!;
  assert.deepEqual([path.tier, path.reason], [null, "peer-has-no-webrtc"]);
  assert.equal(ann.linked.length, 1, "for Bob alone");
  world.close();
});

Deno.test("with p2p-only who never confirms is waited for a minute, and fills no outbox", async () => {
  const world = new World();
  const ann = world.open("Ann", { strategy: "p2p-only" });
  const [bob, mute] = [world.open("Bob"), world.open("Mute")];
  mute.confirmsNothing = true;
  mute.session.reconnect();
  await world.clock.advance(2_000);
  for (const link of mute.links) link.close();
  await world.clock.advance(20_000);
  for (let n = 0; n < 40; n++) {
    ann.session.send("x".repeat(64 * 1024));
    await world.clock.advance(10_000);
  }
  assert.equal(bob.texts.length, 40);
  await world.clock.advance(90_000);
  assert.equal(waiting(ann), 0);
  mute.heard.length = 0;
  await world.clock.advance(60_000);
  assert.deepEqual(mute.heard.filter((text) => text.includes(`"chat"`)), []);
  world.close();
});
