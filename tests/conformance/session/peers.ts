/** The other peers, and the paths to them. */
import assert from "node:assert/strict";
import { last, names, type TestOpened } from "./scene.ts";

export function testPeers(test: TestOpened): void {
  test("who was here before is shown, and does not join", async ({ driver, session, watch }) => {
    await driver.settle();
    assert.deepEqual(names(session), ["Ann", "Zoe"]);
    assert.deepEqual(watch.of("peer_joined"), []);
  }, {
    async before(driver) {
      await driver.enter("Ann");
      await driver.enter("Zoe");
    },
  });

  test("who comes joins, and who goes leaves", async ({ driver, session, watch }) => {
    await driver.settle();
    const zoe = await driver.enter("Zoe");
    await driver.enter("Ann");
    assert.deepEqual(names(session), ["Zoe", "Ann"], "in the order of joining");
    assert.deepEqual(watch.of("peer_joined").map(({ peer }) => peer.name), ["Zoe", "Ann"]);
    await zoe.leave();
    assert.deepEqual(names(session), ["Ann"]);
    assert.deepEqual(watch.of("peer_left").map(({ peer }) => peer.peerId), [zoe.peerId]);
  });

  test("a peer's path through the node has no round trip of its own", async (scene) => {
    const { driver, session } = scene;
    await driver.settle();
    await driver.enter("Ann");
    const { tier, rttMs } = session.peers[0]!.path;
    assert.deepEqual([tier, rttMs], ["websocket", null]);
  });

  test("a path that gets better tells its tier before and after", async (scene) => {
    const { driver, session, watch } = scene;
    await driver.settle();
    await driver.enter("Ann");
    await driver.settle();
    const { tier, reason } = session.peers[0]!.path;
    assert.deepEqual([tier, reason], ["webrtc-stun", null]);
    const [change] = watch.of("path");
    assert.equal(change?.previous.tier, "websocket");
    assert.equal(change?.peer.path.tier, "webrtc-stun");
  }, { isDirect: true });

  test("nothing reaches a peer while there is neither a direct path nor the node", async (scene) => {
    const { driver, session } = scene;
    await driver.settle();
    await driver.enter("Ann");
    await driver.loseNode();
    assert.deepEqual(names(session), ["Ann"]);
    assert.equal(session.peers[0]!.path.tier, null);
  });

  test("a peer that types is shown so until it stops", async ({ driver, session, watch }) => {
    await driver.settle();
    const ann = await driver.enter("Ann");
    watch.clear();
    await ann.type(true);
    assert.equal(session.peers[0]!.isTyping, true);
    await ann.type(false);
    assert.equal(session.peers[0]!.isTyping, false);
    assert.deepEqual(watch.of("peer").map(({ peer }) => peer.isTyping), [true, false]);
  });

  test("a peer's new name is shown, and its earlier messages keep the old one", async (scene) => {
    const { driver, session, watch } = scene;
    await driver.settle();
    const ann = await driver.enter("Ann");
    await ann.say("before");
    watch.clear();
    await ann.rename("Anna");
    assert.deepEqual(names(session), ["Anna"]);
    assert.ok(watch.of("peer").some(({ peer }) => peer.name === "Anna"));
    await ann.say("after");
    assert.deepEqual(session.messages.map(({ name }) => name), ["Ann", "Anna"]);
  });

  test("what a peer says comes once, as new and as theirs", async ({ driver, session, watch }) => {
    await driver.settle();
    const ann = await driver.enter("Ann");
    await ann.say("hello");
    await driver.settle();
    const { own, state, peerId, name, timestamp } = last(session);
    assert.deepEqual([own, state, peerId, name], [false, "stored", ann.peerId, "Ann"]);
    assert.notEqual(timestamp, null);
    assert.equal(watch.of("message").filter(({ isNew }) => isNew).length, 1);
  });
}
