/** Pages that are killed and restored, or duplicated: each is one person to the others, and stays one. */
import assert from "node:assert/strict";
import { connected, joinAs } from "../../fakes/impostors.ts";
import type { Tab } from "../../fakes/session_world.ts";

const MINUTE_MS = 60_000;

const names = (tab: Tab) => tab.session.peers.map(({ name }) => name).toSorted();

for (const gapMs of [50, 1_000]) {
  for (const restoreMs of [300, 2_500]) {
    Deno.test(`a page that is restored ${restoreMs} ms after the node welcomed its peer anew is one (killed ${gapMs} ms before)`, async () => {
      const { world, ann, bob } = await connected();
      bob.kill();
      await world.clock.advance(gapMs);
      ann.session.reconnect();
      await world.clock.advance(restoreMs);
      bob.restore();
      await world.clock.advance(MINUTE_MS / 2);
      ann.loseNode();
      await world.clock.advance(40_000);
      ann.findNode();
      await world.clock.advance(2 * MINUTE_MS);
      assert.deepEqual([names(ann), names(bob)], [["Bob"], ["Ann"]]);
      assert.equal(ann.tierTo(bob), "webrtc-stun");
      world.close();
    });
  }
}

for (const backMs of [1_000, 20_000]) {
  Deno.test(`a tab that was duplicated while it had lost the node, and is back after ${backMs} ms, is one, and so is its copy`, async () => {
    const { world, ann, bob } = await connected();
    bob.loseNode();
    await world.clock.advance(20_000);
    const copy = bob.duplicate("Bob's copy");
    await world.clock.advance(backMs);
    bob.findNode();
    bob.session.reconnect();
    await world.clock.advance(MINUTE_MS);
    assert.deepEqual(names(ann), ["Bob", "Bob's copy"]);
    assert.deepEqual(names(bob), ["Ann", "Bob's copy"]);
    assert.deepEqual(names(copy), ["Ann", "Bob"]);
    ann.session.send("hello");
    await world.clock.advance(2_000);
    assert.equal(ann.session.messages.at(-1)?.delivered, 2);
    world.close();
  });
}

for (const isLeaving of [false, true]) {
  Deno.test(`who took an id over a restart never has the name of who had it (${isLeaving ? "who leaves" : "who comes back"})`, async () => {
    const { world, ann, bob, peerId } = await connected();
    bob.loseNode();
    ann.session.reconnect();
    await world.clock.advance(2_000);
    world.node.kill();
    ann.loseNode();
    await world.clock.advance(500);
    world.node.start();
    const mallory = await joinAs(world, { peerId, instance: "mal", onFrame() {} });
    await world.clock.advance(500);
    ann.findNode();
    ann.session.reconnect();
    await world.clock.advance(2_000);
    if (isLeaving) bob.session.leave();
    else {
      bob.findNode();
      bob.session.reconnect();
    }
    for (let n = 0; n < 6; n++) {
      await world.clock.advance(5_000);
      mallory.send(`{"type":"pong"}`);
    }
    assert.deepEqual(names(ann), isLeaving ? ["Mallory"] : ["Bob", "Mallory"]);
    const holder = ann.session.peers.find((peer) => peer.peerId === peerId);
    assert.equal(holder?.name, "Mallory");
    world.close();
  });
}

for (const what of ["the direct path falls silent", "the page reloads"] as const) {
  Deno.test(`every message that arrived is ticked although ${what}`, async () => {
    const { world, ann, bob } = await connected();
    for (let n = 0; n < 20; n++) {
      ann.session.send(`m${n}`);
      await world.clock.advance(30);
      if (n !== 10) continue;
      if (what === "the page reloads") bob.reload();
      else for (const pipe of world.network.pipes) if (pipe.tier === "webrtc-stun") pipe.cut();
    }
    await world.clock.advance(MINUTE_MS);
    assert.equal(bob.texts.length, 20);
    const short = ann.session.messages.filter(({ delivered, audience }) => delivered < audience);
    assert.deepEqual(short, []);
    world.close();
  });
}
