/** How far an own message has come. */
import assert from "node:assert/strict";
import type { MessageId } from "../../../transport/protocol/mod.ts";
import type { ChatMessage } from "../../../transport/view.ts";
import { last, type TestOpened, texts } from "./scene.ts";
import type { SessionWatch } from "./watch.ts";

export function testStates(test: TestOpened): void {
  test("a message is sending, then stored and delivered", async ({ driver, session, watch }) => {
    await driver.settle();
    await driver.enter("Ann");
    const id = session.send("hello");
    await driver.settle();
    const { state, delivered, audience, timestamp } = last(session);
    assert.deepEqual([state, delivered, audience], ["stored", 1, 1]);
    assert.notEqual(timestamp, null);
    const states = statesOf(watch, id);
    assert.deepEqual(states, states.toSorted((a, b) => STATES.indexOf(a) - STATES.indexOf(b)));
    assert.deepEqual([states[0], states.at(-1)], ["sending", "stored"]);
  });

  test("a message that only a peer has is sent, until the node has it too", async (scene) => {
    const { driver, session } = scene;
    await driver.settle();
    await driver.enter("Ann");
    await driver.settle();
    await driver.loseNode();
    session.send("directly");
    await driver.settle();
    const { state, delivered, timestamp } = last(session);
    assert.deepEqual([state, delivered, timestamp], ["sent", 1, null]);
    driver.findNode();
    await driver.untilFound();
    assert.equal(last(session).state, "stored");
  }, { isDirect: true });

  test("a message waits for the node, and stands where it was written", async (scene) => {
    const { driver, session } = scene;
    await driver.settle();
    const ann = await driver.enter("Ann");
    await ann.say("first");
    await driver.loseNode();
    session.send("mine");
    assert.deepEqual(texts(session), ["first", "mine"]);
    await ann.say("meanwhile");
    assert.deepEqual(texts(session), ["first", "mine"]);
    assert.equal(last(session).state, "sending");
    driver.findNode();
    await driver.untilFound();
    assert.deepEqual(texts(session), ["first", "meanwhile", "mine"]);
    assert.equal(last(session).state, "stored");
  });

  test("a message that the node refuses has failed, and can be tried again", async (scene) => {
    const { driver, session } = scene;
    await driver.settle();
    driver.refuse(true);
    session.send("mine");
    await driver.untilGivenUp();
    const { id, state, error } = last(session);
    assert.equal(state, "failed");
    assert.notEqual(error?.message ?? "", "");
    driver.refuse(false);
    session.retry(id);
    assert.deepEqual([last(session).state, last(session).error], ["sending", null]);
    await driver.settle();
    assert.deepEqual([last(session).id, last(session).state], [id, "stored"]);
  });

  test("nothing but an own message that waits can be tried again", async (scene) => {
    const { driver, session, watch } = scene;
    await driver.settle();
    const stored = session.send("stored");
    await driver.settle();
    watch.clear();
    session.retry(stored);
    session.retry("nobody-has-this-id" as MessageId);
    assert.deepEqual(watch.events, []);
    assert.equal(last(session).state, "stored");
  });
}

const STATES: readonly ChatMessage["state"][] = ["sending", "sent", "stored"];

function statesOf(watch: SessionWatch, id: MessageId): ChatMessage["state"][] {
  return watch.of("message").filter(({ message }) => message.id === id)
    .map(({ message }) => message.state);
}
