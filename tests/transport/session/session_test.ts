import assert from "node:assert/strict";
import { settle } from "../../fakes/clock.ts";
import { ROOM, type Tab, World } from "../../fakes/session_world.ts";
import { UserError } from "../../../transport/errors.ts";
import { LIMITS } from "../../../transport/protocol/mod.ts";

const ALL_TIERS = ["websocket", "http-polling"] as const;

async function chat(run: (world: World, ann: Tab, bob: Tab) => Promise<void>): Promise<void> {
  const world = new World();
  const ann = world.open("Ann");
  const bob = world.open("Bob");
  await world.clock.advance(1_000);
  await run(world, ann, bob);
  world.close();
}

Deno.test("session can speak as soon as the node welcomes it, before any direct path", async () => {
  const world = new World();
  world.network.allowsDirect = false;
  const ann = world.open("Ann");
  const bob = world.open("Bob");
  await world.clock.advance(100);
  ann.session.send("hello");
  await world.clock.advance(100);
  assert.deepEqual(bob.texts, ["hello"]);
  assert.equal(bob.tierTo(ann), "websocket");
  world.close();
});

Deno.test("session keeps what is said before it is connected, and sends it then", async () => {
  const world = new World();
  const ann = world.open("Ann");
  ann.session.send("early");
  assert.deepEqual(ann.session.messages.map(({ state }) => state), ["sending"]);
  await world.clock.advance(500);
  assert.deepEqual(world.stored, ["early"]);
  assert.deepEqual(ann.session.messages.map(({ state }) => state), ["stored"]);
  world.close();
});

Deno.test("session shows each message once, though it comes by two paths", () =>
  chat(async (world, ann, bob) => {
    ann.session.send("one");
    bob.session.send("two");
    await world.clock.advance(500);
    assert.deepEqual(ann.texts, ["one", "two"]);
    assert.deepEqual(bob.texts, ["one", "two"]);
  }));

Deno.test("session shows a message as stored and as delivered to how many", () =>
  chat(async (world, ann) => {
    ann.session.send("hello");
    assert.equal(ann.session.messages[0]?.state, "sending");
    assert.equal(ann.session.messages[0]?.audience, 1);
    await world.clock.advance(200);
    const [message] = ann.session.messages;
    assert.equal(message?.state, "stored");
    assert.equal(message?.delivered, 1);
  }));

Deno.test("session falls back to polling when WebSockets are blocked, within half a second", async () => {
  const world = new World();
  world.network.blockedTiers.add("websocket");
  const ann = world.open("Ann");
  await world.clock.advance(500);
  assert.equal(ann.session.uplink.tier, "http-polling");
  world.close();
});

Deno.test("session goes on directly while the node is down, and stores it afterwards", () =>
  chat(async (world, ann, bob) => {
    world.node.kill();
    await world.clock.advance(100);
    ann.session.send("still here");
    await world.clock.advance(200);
    assert.deepEqual(bob.texts, ["still here"]);
    assert.equal(ann.session.messages[0]?.state, "sent");
    assert.equal(ann.session.uplink.state, "offline");
    world.node.start();
    await world.clock.advance(20_000);
    assert.deepEqual(world.stored, ["still here"]);
    assert.equal(ann.session.messages[0]?.state, "stored");
    assert.deepEqual(bob.texts, ["still here"]);
    assert.ok(bob.session.messages[0]?.timestamp);
  }));

Deno.test("session keeps who is connected directly, when it is the first one back at its node", () =>
  chat(async (world, ann, bob) => {
    world.node.kill();
    await world.clock.advance(500);
    for (const tab of [ann, bob]) tab.events.length = 0;
    world.node.start();
    await world.clock.advance(30_000);
    for (const [tab, other] of [[ann, bob], [bob, ann]] as const) {
      assert.equal(tab.session.peers.length, 1);
      assert.equal(tab.tierTo(other), "webrtc-stun");
      assert.deepEqual(tab.events.filter(({ type }) => /^peer_|^path$/.test(type)), []);
    }
  }));

Deno.test("session says its message under another id when somebody has taken that", () =>
  chat(async (world, ann, bob) => {
    const id = ann.session.send("mine");
    const { store } = world.node;
    void store.append({
      room: ROOM,
      id,
      peerId: bob.session.peerId,
      name: "Bob",
      text: "not hers",
      sentAtUs: null,
    });
    await world.clock.advance(10_000);
    const message = ann.session.messages.find((one) => one.own);
    assert.deepEqual([message?.text, message?.state], ["mine", "stored"]);
    assert.notEqual(message?.id, id);
    assert.deepEqual(world.stored.toSorted(), ["mine", "not hers"]);
    assert.ok(bob.texts.includes("mine"));
    ann.reload();
    await world.clock.advance(2_000);
    assert.deepEqual(ann.texts.toSorted(), ["mine", "not hers"]);
  }));

Deno.test("session gives a message up whose ids are taken again and again", () =>
  chat(async (world, ann) => {
    world.node.refusesIds = true;
    const id = ann.session.send("mine");
    await world.clock.advance(60_000);
    const [message] = ann.session.messages;
    assert.deepEqual([message?.state, message?.error?.code], ["failed", "id-conflict"]);
    assert.notEqual(message?.id, id);
    world.node.refusesIds = false;
    ann.session.retry(message!.id);
    await world.clock.advance(1_000);
    assert.deepEqual(world.stored, ["mine"]);
  }));

Deno.test("session lets go of who does not come back to the node", () =>
  chat(async (world, ann, bob) => {
    world.node.kill();
    world.network.blockedTiers.add("http-polling");
    await world.clock.advance(500);
    bob.session.leave();
    world.node.start();
    await world.clock.advance(40_000);
    assert.deepEqual(ann.session.peers, []);
  }));

Deno.test("session that was away gets what was said meanwhile, in order", () =>
  chat(async (world, ann, bob) => {
    for (const pipe of world.network.pipes) pipe.reset();
    for (const tier of ALL_TIERS) world.network.blockedTiers.add(tier);
    ann.session.send("from ann");
    bob.session.send("from bob");
    await world.clock.advance(5_000);
    world.network.blockedTiers.clear();
    await world.clock.advance(20_000);
    assert.equal(ann.texts.length, 2);
    assert.deepEqual(ann.texts, bob.texts);
    assert.deepEqual(ann.texts, world.stored);
  }));

Deno.test("session notices a node that stopped answering, and connects again", () =>
  chat(async (world, ann) => {
    for (const pipe of world.network.pipes) pipe.cut();
    await world.clock.advance(30_000);
    assert.equal(ann.session.uplink.state, "online");
    ann.session.send("back");
    await world.clock.advance(500);
    assert.deepEqual(world.stored, ["back"]);
  }));

Deno.test("session takes its own place back after a reload, and misses nothing", () =>
  chat(async (world, ann, bob) => {
    const before = bob.session.peerId;
    ann.session.send("one");
    await world.clock.advance(200);
    bob.reload();
    ann.session.send("two");
    await world.clock.advance(2_000);
    assert.equal(bob.session.peerId, before);
    assert.deepEqual(bob.texts, ["one", "two"]);
    assert.equal(ann.events.filter(({ type }) => type === "peer_left").length, 0);
    assert.equal(bob.tierTo(ann), "webrtc-stun");
  }));

Deno.test("session keeps unsent messages over a reload", () =>
  chat(async (world, ann) => {
    world.node.kill();
    ann.session.send("unsent");
    ann.reload();
    assert.deepEqual(ann.texts, ["unsent"]);
    world.node.start();
    await world.clock.advance(20_000);
    assert.deepEqual(world.stored, ["unsent"]);
    assert.equal(ann.session.messages[0]?.own, true);
  }));

Deno.test("session announces a graceful leave at once", () =>
  chat(async (world, ann, bob) => {
    bob.session.leave();
    await world.clock.advance(50);
    assert.deepEqual(ann.session.peers, []);
  }));

Deno.test("session loads older messages page by page", async () => {
  const world = new World();
  const ann = world.open("Ann");
  await world.clock.advance(500);
  for (let index = 0; index < 450; index++) ann.session.send(`m${index}`);
  await world.clock.advance(5_000);
  const bob = world.open("Bob");
  await world.clock.advance(1_000);
  assert.equal(bob.texts.length, LIMITS.historyFrameRows);
  assert.equal(bob.texts.at(-1), "m449");
  for (const more of [true, false]) {
    const loading = bob.session.loadOlder();
    await world.clock.advance(100);
    assert.equal(await loading, more);
  }
  assert.deepEqual(bob.texts, world.stored);
  world.close();
});

Deno.test("session tells when somebody types, and when they stop", () =>
  chat(async (world, ann, bob) => {
    ann.session.typing(true);
    await world.clock.advance(50);
    assert.equal(bob.session.peers[0]?.isTyping, true);
    await world.clock.advance(7_000);
    assert.equal(bob.session.peers[0]?.isTyping, false);
  }));

Deno.test("session refuses a message that is too large, and says so", () =>
  chat(async (_world, ann) => {
    const text = "x".repeat(LIMITS.textBytes + 1);
    assert.throws(() => ann.session.send(text), UserError);
    assert.throws(() => ann.session.send(""), /The message is empty/);
    assert.deepEqual(ann.texts, []);
    await settle();
  }));

Deno.test("session gives way to a page that goes on as the same peer, and becomes another", () =>
  chat(async (world, ann) => {
    const before = ann.session.peerId;
    const path = world.network.pipes.find(({ tier }) => tier === "websocket");
    path?.ends[1].close(4409, "replaced");
    await world.clock.advance(1_000);
    assert.notEqual(ann.session.peerId, before);
    assert.equal(ann.session.uplink.state, "online");
  }));

Deno.test("session notices a lost frame by the one that follows, and asks for it", () =>
  chat(async (world, ann, bob) => {
    world.network.allowsDirect = false;
    for (const pipe of world.network.pipes) if (pipe.tier === "webrtc-stun") pipe.reset();
    await world.clock.advance(100);
    world.network.faults = { loss: 0.3, duplicate: 0.1, reorder: 0.2 };
    for (let index = 0; index < 20; index++) ann.session.send(`m${index}`);
    await world.clock.advance(10_000);
    world.network.faults = { loss: 0, duplicate: 0, reorder: 0 };
    await world.clock.advance(30_000);
    assert.equal(world.stored.length, 20);
    assert.deepEqual(bob.texts, world.stored);
    assert.deepEqual(ann.texts, world.stored);
  }));

Deno.test("session leaves no timer behind", async () => {
  const world = new World();
  const ann = world.open("Ann");
  const bob = world.open("Bob");
  await world.clock.advance(1_000);
  ann.session.send("x");
  bob.session.typing(true);
  world.close();
  await world.clock.advance(60_000);
  assert.equal(world.clock.pending, 0);
});

Deno.test("session confirms no direct message under an id that is known from somebody else", async () => {
  const world = new World();
  const [ann, bob, cy] = [world.open("Ann"), world.open("Bob"), world.open("Cy")];
  await world.clock.advance(2_000);
  const id = bob.session.send("Bob's");
  await world.clock.advance(500);
  const say = (id: string) => {
    const payload = { id, text: "Bob's", name: "Cy", sent_at: 1_795_000_000 };
    const frame = JSON.stringify({ type: "chat", peer_id: cy.session.peerId, payload });
    for (const link of cy.links) link.send(frame);
  };
  cy.heard.length = 0;
  const confirmed = () => cy.heard.filter((text) => text.includes(`"receipt"`)).length;
  say(id);
  await world.clock.advance(2_000);
  assert.equal(confirmed(), 0, "to Ann and to Bob, whose it is");
  say("of-her-own");
  say("of-her-own");
  await world.clock.advance(2_000);
  assert.equal(confirmed(), 2);
  for (const tab of [ann, bob]) assert.deepEqual(tab.texts, ["Bob's", "Bob's"]);
  world.close();
});

Deno.test("session bears a peer that floods its direct path, and hears it through the node", () =>
  chat(async (world, ann, bob) => {
    const link = ann.links.find(({ isOpen }) => isOpen);
    for (let n = 0; n < 10_000; n++) {
      const payload = { id: `flood-${n}`, text: "flood", name: "Ann", sent_at: 1_795_000_000 };
      link?.send(JSON.stringify({ type: "chat", peer_id: ann.session.peerId, payload }));
    }
    await world.clock.advance(500);
    const count = bob.texts.length;
    assert.ok(count > 0 && count <= 1_000, `${count} messages`);
    ann.session.send("hello");
    await world.clock.advance(500);
    assert.equal(bob.texts.includes("hello"), true);
  }));

for (const tier of ["websocket", "http-polling"] as const) {
  Deno.test(`session that is renamed over ${tier} keeps its place, its direct paths and what was heard`, async () => {
    const world = new World();
    if (tier === "http-polling") world.network.blockedTiers.add("websocket");
    const [ann, bob] = [world.open("Ann"), world.open("Bob")];
    await world.clock.advance(2_000);
    ann.session.send("before");
    await world.clock.advance(500);
    const [before, links] = [ann.session.peerId, ann.links.length];
    for (const tab of [ann, bob]) tab.events.length = 0;
    ann.session.rename("Anna");
    ann.session.send("after");
    await world.clock.advance(2_000);
    assert.deepEqual(bob.session.peers.map(({ name }) => name), ["Anna"]);
    assert.deepEqual(bob.session.messages.map(({ name }) => name), ["Ann", "Anna"]);
    assert.equal(world.node.room(ROOM)?.member(before)?.name, "Anna");
    assert.equal(ann.session.peerId, before);
    assert.equal(ann.links.length, links, "no connection was made anew");
    assert.equal(ann.tierTo(bob), "webrtc-stun");
    for (const tab of [ann, bob]) {
      const told = tab.events.map(({ type }) => type);
      assert.ok(!told.includes("peer_left") && !told.includes("peer_joined"), `${told}`);
    }
    world.close();
  });
}

Deno.test("session that is renamed without its node goes on under the new name when it is back", () =>
  chat(async (world, ann, bob) => {
    world.node.kill();
    await world.clock.advance(1_000);
    bob.session.send("heard directly");
    await world.clock.advance(500);
    ann.session.rename("Anna");
    assert.deepEqual(ann.texts, ["heard directly"]);
    assert.equal(ann.tierTo(bob), "webrtc-stun");
    world.node.start();
    await world.clock.advance(30_000);
    assert.deepEqual(bob.session.peers.map(({ name }) => name), ["Anna"]);
  }));

for (const ms of [0, 5, 15, 25, 40, 100]) {
  Deno.test(`session that is renamed ${ms} ms after it began is known by its new name`, async () => {
    const world = new World();
    const bob = world.open("Bob");
    await world.clock.advance(1_000);
    const ann = world.open("Ann");
    await world.clock.advance(ms);
    ann.session.rename("Anna");
    await world.clock.advance(ms);
    ann.session.rename("Annie");
    await world.clock.advance(5_000);
    assert.deepEqual(bob.session.peers.map(({ name }) => name), ["Annie"]);
    world.close();
  });
}
