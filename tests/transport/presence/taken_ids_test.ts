/** Ids that others take while their peers or the node are away: who is the peer that comes back? */
import assert from "node:assert/strict";
import { connected, instanceOf, joinAs } from "../../fakes/impostors.ts";
import { ROOM, type Tab, told, World } from "../../fakes/session_world.ts";

const MINUTE_MS = 60_000;

const isAtNode = (world: World, tab: Tab) =>
  world.node.room(ROOM)?.member(tab.session.peerId) !== undefined;

const isBob = ({ name }: { name: string }) => name === "Bob";

Deno.test("nobody becomes a peer that has lost the node by taking its id and instance", async () => {
  const { world, ann, bob, peerId, instance } = await connected();
  bob.loseNode();
  await world.clock.advance(MINUTE_MS);
  ann.events.length = 0;
  const frames: string[] = [];
  const mallory = await joinAs(world, { peerId, instance, onFrame: (text) => frames.push(text) });
  // An offer for a new connection, and a receipt, under Bob's id.
  const offer = { type: "offer", sdp: "link-99", from: `${instance}.999`, to: "any" };
  mallory.send(
    JSON.stringify({ type: "offer", target_peer_id: ann.session.peerId, payload: offer }),
  );
  await world.clock.advance(1_000);
  bob.session.send("from Bob");
  await world.clock.advance(1_000);
  assert.deepEqual(ann.texts, ["from Bob"], "the direct path is still Bob's");
  assert.deepEqual(told(ann), []);
  await world.clock.advance(2 * MINUTE_MS);
  mallory.send(JSON.stringify({ type: "ping", payload: {} }));
  assert.ok(
    !frames.some((text) => text.includes(`"answer"`)),
    "before that nothing was negotiated",
  );
  world.close();
});

Deno.test("who leaves under the id of a peer that has lost the node ends nothing of that peer", async () => {
  const { world, ann, bob, peerId, instance } = await connected();
  bob.loseNode();
  await world.clock.advance(MINUTE_MS);
  const mallory = await joinAs(world, { peerId, instance, onFrame() {} });
  mallory.send(JSON.stringify({ type: "leave" }));
  await world.clock.advance(MINUTE_MS);
  assert.equal(ann.session.peers.filter(isBob).length, 1);
  bob.session.send("still here");
  await world.clock.advance(1_000);
  assert.deepEqual(ann.texts, ["still here"]);
  bob.findNode();
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual(world.stored, ["still here"]);
  assert.equal(ann.tierTo(bob), "webrtc-stun");
  world.close();
});

for (const delayMs of [0, 12, 100, 900]) {
  Deno.test(`a peer that hears its node ${delayMs} ms later than others is the same one after a restart`, async () => {
    const world = new World();
    const [ann, bob, cy] = [world.open("Ann"), world.open("Bob"), world.open("Cy")];
    await world.clock.advance(2_000);
    for (const tab of world.tabs) tab.events.length = 0;
    bob.network.downlinkDelayMs = delayMs;
    for (let n = 0; n < 3; n++) {
      world.node.kill();
      await world.clock.advance(700);
      world.node.start();
      await world.clock.advance(15_000);
    }
    for (const tab of [ann, bob, cy]) assert.deepEqual(told(tab), [], tab.name);
    assert.equal(ann.tierTo(bob), "webrtc-stun");
    world.close();
  });
}

Deno.test("a direct path that is silent while its peer comes back decides nothing, and loses nothing", async () => {
  const world = new World();
  const ann = world.open("Ann", { strategy: "p2p-only" });
  const [bob, cy] = [world.open("Bob"), world.open("Cy")];
  await world.clock.advance(2_000);
  bob.loseNode();
  await world.clock.advance(MINUTE_MS);
  ann.events.length = 0;
  world.network.faults = { loss: 1, duplicate: 0, reorder: 0 };
  for (let n = 0; n < 5; n++) ann.session.send(`m${n}`);
  bob.findNode();
  await world.clock.advance(3_500);
  world.network.faults = { loss: 0, duplicate: 0, reorder: 0 };
  await world.clock.advance(MINUTE_MS);
  for (const tab of [bob, cy]) assert.equal(tab.texts.length, 5, tab.name);
  assert.deepEqual(told(ann).filter((line) => line.startsWith("peer_left")), []);
  world.close();
});

for (const reason of ["a restart of the node", "a network that all had lost"]) {
  Deno.test(`nobody becomes a peer by being there before it after ${reason}`, async () => {
    const { world, ann, bob, peerId, instance } = await connected();
    for (const tab of [ann, bob]) tab.loseNode();
    if (reason.includes("restart")) {
      world.node.kill();
      await world.clock.advance(1_000);
      world.node.start();
    } else await world.clock.advance(MINUTE_MS);
    const mallory = await joinAs(world, { peerId, instance, onFrame() {} });
    ann.findNode();
    ann.session.reconnect();
    await world.clock.advance(100);
    const offer = {
      type: "offer",
      sdp: "link-99",
      from: `${instance}.999`,
      to: instanceOf(world, ann),
    };
    mallory.send(
      JSON.stringify({ type: "offer", target_peer_id: ann.session.peerId, payload: offer }),
    );
    await world.clock.advance(500);
    bob.session.send("from Bob");
    await world.clock.advance(500);
    assert.equal(ann.tierTo(bob), "webrtc-stun", "the direct path is still Bob's");
    mallory.send(JSON.stringify({ type: "leave" }));
    await world.clock.advance(MINUTE_MS);
    assert.equal(ann.tierTo(bob), "webrtc-stun", "it is nobody else's to end");
    assert.deepEqual(ann.texts, ["from Bob"]);
    assert.deepEqual(told(ann), []);
    bob.findNode();
    await world.clock.advance(MINUTE_MS);
    assert.deepEqual(world.stored, ["from Bob"]);
    assert.deepEqual(told(ann), []);
    world.close();
  });
}

Deno.test("who never shows to be the connected peer is another one", async () => {
  const { world, ann, bob, peerId, instance } = await connected();
  for (const tab of [ann, bob]) tab.loseNode();
  await world.clock.advance(MINUTE_MS);
  const mallory = await joinAs(world, { peerId, instance, onFrame() {} });
  ann.findNode();
  ann.session.reconnect();
  const names = () => ann.session.peers.map(({ name, path }) => `${name} ${path.tier}`).toSorted();
  for (let n = 0; n < 10; n++) {
    mallory.send(JSON.stringify({ type: "ping", payload: { ts: n } }));
    await world.clock.advance(5_000);
  }
  assert.deepEqual(names(), ["Bob webrtc-stun"], "nothing is taken over without a proof");
  for (let n = 0; n < 6; n++) {
    mallory.send(JSON.stringify({ type: "ping", payload: { ts: n } }));
    await world.clock.advance(5_000);
  }
  assert.deepEqual(told(ann), ["peer_joined Mallory"]);
  assert.deepEqual(names(), ["Bob webrtc-stun", "Mallory websocket"]);
  bob.session.send("still here");
  await world.clock.advance(1_000);
  assert.deepEqual(ann.texts, ["still here"]);
  world.close();
});

Deno.test("who has lost the node, unnoticed by it, stays when the other one is welcomed again", async () => {
  const { world, ann, bob } = await connected();
  bob.loseNode();
  await world.clock.advance(1_000);
  ann.session.reconnect();
  await world.clock.advance(1_000);
  assert.equal(isAtNode(world, bob), true, "the node still waits for Bob");
  await world.clock.advance(MINUTE_MS);
  assert.equal(isAtNode(world, bob), false);
  assert.equal(ann.tierTo(bob), "webrtc-stun");
  assert.deepEqual(told(ann), []);
  world.close();
});

Deno.test("what was said without the node is stored, whoever takes its author's id and its own meanwhile", async () => {
  const { world, ann, bob } = await connected();
  ann.loseNode();
  const id = ann.session.send("pay 10 to Bob");
  await world.clock.advance(MINUTE_MS);
  const mallory = await joinAs(world, {
    peerId: ann.session.peerId,
    instance: "mallory",
    onFrame() {},
  });
  const text = "pay 1000 to Mallory";
  mallory.send(JSON.stringify({ type: "chat", payload: { id, text, name: "Ann", sent_at: 1 } }));
  await world.clock.advance(1_000);
  ann.findNode();
  await world.clock.advance(MINUTE_MS);
  assert.deepEqual(world.stored, [text, "pay 10 to Bob"]);
  assert.deepEqual(ann.session.messages.filter(({ own }) => own).map(({ text }) => text), [
    "pay 10 to Bob",
  ]);
  assert.ok(bob.texts.includes("pay 10 to Bob"));
  ann.reload();
  await world.clock.advance(2_000);
  const own = ann.session.messages.map(({ text, own }) => [text, own]);
  assert.deepEqual(own, [[text, false], ["pay 10 to Bob", true]]);
  world.close();
});

for (const strategy of ["auto", "p2p-only"] as const) {
  for (const page of ["the same page", "another page"]) {
    Deno.test(`${page} under the id of a peer that has lost the node ends nothing of it (${strategy})`, async () => {
      const { world, ann, bob, peerId, instance } = await connected({ strategy });
      bob.loseNode();
      await world.clock.advance(MINUTE_MS);
      const isSame = page.includes("same");
      const mallory = await joinAs(world, {
        peerId,
        instance: isSame ? instance : "other",
        onFrame() {},
      });
      mallory.send(JSON.stringify({ type: "leave" }));
      for (let n = 0; n < 24; n++) {
        for (const { session } of [ann, bob]) session.send(`${session.name} ${n}`);
        await world.clock.advance(10_000);
      }
      assert.equal(ann.texts.length, 48);
      assert.deepEqual(bob.texts.toSorted(), ann.texts.toSorted());
      assert.deepEqual(told(ann), isSame ? [] : ["peer_joined Mallory", "peer_left Mallory"]);
      assert.ok(
        ann.session.messages.filter(({ own }) => own).every(({ delivered }) => delivered === 1),
      );
      bob.findNode();
      await world.clock.advance(MINUTE_MS);
      assert.deepEqual(ann.session.peers.map(({ name }) => name), ["Bob"]);
      world.close();
    });
  }
}

Deno.test("an offer under a doubted id opens nothing, whatever it says it is for", async () => {
  const { world, ann, bob, peerId, instance } = await connected();
  for (const tab of [ann, bob]) tab.loseNode();
  world.node.kill();
  await world.clock.advance(1_000);
  world.node.start();
  const frames: string[] = [];
  const mallory = await joinAs(world, { peerId, instance, onFrame: (text) => frames.push(text) });
  ann.findNode();
  ann.session.reconnect();
  await world.clock.advance(500);
  for (const ends of [{}, { from: `${instance}.99` }, { to: instanceOf(world, ann) }]) {
    const payload = { type: "offer", sdp: "link-99", ...ends };
    mallory.send(
      JSON.stringify({ type: "offer", target_peer_id: ann.session.peerId, payload }),
    );
  }
  await world.clock.advance(1_000);
  assert.ok(!frames.some((text) => text.includes('"answer"')));
  ann.session.send("for Bob");
  await world.clock.advance(1_000);
  assert.deepEqual(bob.texts, ["for Bob"]);
  world.close();
});

for (const what of ["receipt", "leave"] as const) {
  Deno.test(`a ${what} under a doubted id does nothing while its direct path is silent for a moment`, async () => {
    const { world, ann, bob, peerId, instance } = await connected({ strategy: "p2p-only" });
    for (const tab of [ann, bob]) tab.loseNode();
    world.node.kill();
    await world.clock.advance(1_000);
    world.node.start();
    const mallory = await joinAs(world, { peerId, instance, onFrame() {} });
    ann.findNode();
    ann.session.reconnect();
    await world.clock.advance(1_500);
    world.network.faults = { loss: 1, duplicate: 0, reorder: 0 };
    const id = ann.session.send("for Bob");
    await world.clock.advance(900);
    world.network.faults = { loss: 0, duplicate: 0, reorder: 0 };
    const receipt = { target_peer_id: ann.session.peerId, payload: { ids: [id] } };
    mallory.send(JSON.stringify(what === "leave" ? { type: what } : { type: what, ...receipt }));
    await world.clock.advance(100);
    assert.equal(ann.session.messages[0]?.delivered, 0);
    await world.clock.advance(MINUTE_MS / 2);
    assert.deepEqual(bob.texts, ["for Bob"]);
    assert.equal(ann.session.messages[0]?.delivered, 1);
    assert.deepEqual(told(ann), []);
    world.close();
  });
}
