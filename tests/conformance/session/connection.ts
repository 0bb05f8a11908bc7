/** The connection to the node, as `SessionView` tells it, the strategy, and the listeners. */
import assert from "node:assert/strict";
import type { TestOpened } from "./scene.ts";

export function testUplink(test: TestOpened): void {
  test("it is connecting until the node was reached, then online", async ({ driver, ...scene }) => {
    const { session, watch } = scene;
    assert.equal(session.uplink.state, "connecting");
    assert.deepEqual([session.name, session.messages, session.peers], ["Mara", [], []]);
    assert.equal(session.hasOlder, false);
    await driver.settle();
    assert.equal(session.uplink.state, "online");
    assert.equal(session.uplink.error, null);
    assert.equal(watch.of("uplink")[0]?.uplink.state, "online");
  });

  test("it is offline without the node, says why, and comes back by itself", async (scene) => {
    const { driver, session } = scene;
    await driver.settle();
    await driver.loseNode();
    assert.equal(session.uplink.state, "offline");
    assert.notEqual(session.uplink.error?.message ?? "", "");
    driver.findNode();
    await driver.untilFound();
    assert.equal(session.uplink.state, "online");
    assert.equal(session.uplink.error, null);
  });

  test("it reconnects at once when it is told to", async ({ driver, session }) => {
    await driver.settle();
    await driver.loseNode();
    driver.findNode();
    session.reconnect();
    await driver.settle();
    assert.equal(session.uplink.state, "online");
  });

  test("testing a connection that works changes nothing", async ({ driver, session }) => {
    await driver.settle();
    session.wake();
    session.reconnect();
    await driver.settle();
    assert.equal(session.uplink.state, "online");
  });

  test("it follows the node's strategy", async ({ driver, session, watch }) => {
    assert.equal(session.strategy, "auto");
    await driver.settle();
    assert.equal(session.strategy, "relay-safe");
    assert.equal(watch.of("strategy").at(-1)?.strategy, "relay-safe");
  }, { before: (driver) => driver.ask("relay-safe") });

  test(
    "it keeps to the user's strategy, whatever the node's",
    async ({ driver, session, watch }) => {
      assert.equal(session.strategy, "websocket-only");
      await driver.settle();
      assert.equal(session.strategy, "websocket-only");
      assert.deepEqual(watch.of("strategy"), []);
    },
    { choice: "websocket-only", before: (driver) => driver.ask("relay-safe") },
  );

  test("it tells every listener, until it stops listening", async ({ driver, session, watch }) => {
    const heard: string[] = [];
    const stopFirst = session.subscribe(() => {
      heard.push("first");
      stopFirst();
    });
    session.subscribe(() => heard.push("second"));
    session.send("one");
    assert.deepEqual(heard, ["first", "second"]);
    watch.stop();
    watch.clear();
    await driver.settle();
    assert.ok(heard.length > 2);
    assert.deepEqual(watch.events, []);
  });
}
