import assert from "node:assert/strict";
import type { RoomName } from "../../../../transport/protocol/mod.ts";
import { settle } from "../../../fakes/clock.ts";
import { AppFixture, DEN } from "./app_fixture.ts";

Deno.test("an address without a room shows the start page, a wrong one with the problem", async () => {
  using start = await AppFixture.started();
  assert.deepEqual(start.app.route.value, { page: "start", problem: null });
  using wrong = await AppFixture.started("?room=%20");
  const route = wrong.app.route.value;
  assert.match(route.page === "start" ? route.problem! : "", /must be 1 to 64 characters/);
  assert.equal(wrong.opened.length, 0);
});

Deno.test("an address with a room opens it under the user's name", async () => {
  using fixture = await AppFixture.started("?room=den");
  const strategies = { strategy: null, expectedStrategy: "auto" };
  assert.deepEqual(fixture.opened, [{ room: DEN, name: "Mara", ...strategies }]);
  assert.equal(fixture.app.room.value?.session, fixture.session);
  assert.deepEqual(fixture.session.calls, ["join"]);
});

Deno.test("an older link opens its room under the peer id, whatever the user's name", async () => {
  for (const name of ["Mara", null]) {
    using fixture = await AppFixture.started("?room=den&peer_id=ann", { name });
    const [{ name: joined, peerId }] = fixture.opened as [typeof fixture.opened[0]];
    assert.deepEqual([joined, peerId], ["ann", "ann"]);
  }
});

Deno.test("a room that is opened from the start page is a new entry, which leaving goes back from", async () => {
  using fixture = await AppFixture.started();
  const { app, browser } = fixture;
  app.openRoom(DEN);
  assert.deepEqual(browser.queries, ["", "?room=den"]);
  assert.equal(app.room.value?.session.room, DEN);
  app.leaveRoom();
  await settle();
  assert.equal(browser.address.query(), "");
  assert.deepEqual(app.route.value, { page: "start", problem: null });
  assert.equal(app.room.value, null);
  assert.deepEqual(fixture.session.calls, ["join", "leave"]);
});

Deno.test("leaving a room that a link has opened stays in the page", async () => {
  using fixture = await AppFixture.started("?room=den");
  fixture.app.leaveRoom();
  await settle();
  assert.deepEqual(fixture.browser.queries, [""], "the link's entry is the start page's now");
  assert.deepEqual(fixture.app.route.value, { page: "start", problem: null });
  assert.deepEqual(fixture.session.calls, ["join", "leave"]);
});

Deno.test("back and forward leave the room and open it again", async () => {
  using fixture = await AppFixture.started();
  const { app, browser } = fixture;
  app.openRoom(DEN);
  app.dialog.value = "settings";
  app.speech.sayStatus("The node is back.");
  browser.go(-1);
  assert.equal(app.room.value, null);
  assert.equal(app.dialog.value, null);
  assert.deepEqual(app.speech.status.value, []);
  assert.deepEqual(fixture.session.calls, ["join", "leave"]);
  browser.go(1);
  assert.equal(fixture.sessions.length, 2);
  assert.equal(app.room.peek()?.session, fixture.session);
});

Deno.test("a room is entered when the user has given a name", async () => {
  using fixture = await AppFixture.started("?room=den", { name: null });
  const { app } = fixture;
  assert.equal(app.route.value.page, "room");
  assert.deepEqual([app.room.value, app.isOpening.value], [null, false]);
  app.setName("  Mara ");
  assert.equal(fixture.opened[0]?.name, "Mara");
  assert.equal(fixture.storage.get("name"), "Mara");
  app.setName("Mara Lind");
  assert.equal(fixture.opened.length, 1, "an open room is renamed by its own state");
});

Deno.test("a name given on the start page is kept and opens nothing", async () => {
  using fixture = await AppFixture.started("", { name: null });
  fixture.app.setName("Mara");
  assert.equal(fixture.opened.length, 0);
  fixture.app.openRoom(DEN);
  assert.equal(fixture.opened[0]?.name, "Mara");
});

Deno.test("a room waits for the node's strategy, and the next one does not", async () => {
  using fixture = new AppFixture("?room=den");
  const { app, clock } = fixture;
  app.start();
  assert.equal(app.isOpening.value, true);
  await clock.advance(499);
  assert.equal(fixture.opened.length, 0);
  await fixture.answer("relay-safe");
  assert.equal(app.isOpening.value, false);
  assert.equal(fixture.opened[0]?.expectedStrategy, "relay-safe");
  assert.equal(clock.pending, 0, "the end of the wait is cancelled");
  app.openRoom("hut" as RoomName);
  assert.equal(app.isOpening.value, false);
  assert.equal(fixture.opened[1]?.expectedStrategy, "relay-safe");
});

Deno.test("a room opens without the node's strategy after half a second", async () => {
  using fixture = new AppFixture("?room=den");
  fixture.app.start();
  await fixture.clock.advance(500);
  assert.equal(fixture.opened[0]?.expectedStrategy, "auto");
  await fixture.answer("relay-safe");
  assert.equal(fixture.opened.length, 1, "the session learns it by itself");
});

Deno.test("a room opens as soon as the node can't be asked, and the next one asks again", async () => {
  using fixture = new AppFixture("?room=den");
  fixture.app.start();
  await fixture.fail();
  assert.equal(fixture.opened[0]?.expectedStrategy, "auto");
  fixture.app.openRoom("hut" as RoomName);
  assert.equal(fixture.waiting, 1);
  await fixture.answer("p2p-only");
  assert.equal(fixture.opened[1]?.expectedStrategy, "p2p-only");
});

Deno.test("a room that is left while it waits is not opened", async () => {
  using fixture = new AppFixture();
  const { app, browser } = fixture;
  app.start();
  app.openRoom(DEN);
  browser.go(-1);
  assert.equal(app.isOpening.value, false);
  await fixture.answer("auto");
  await fixture.clock.advance(1000);
  assert.equal(fixture.opened.length, 0);
});

Deno.test("a room that was left and opened again while it waits is opened once", async () => {
  using fixture = new AppFixture();
  const { app, browser } = fixture;
  app.start();
  app.openRoom(DEN);
  browser.go(-1);
  browser.go(1);
  await fixture.answer("auto");
  await fixture.clock.advance(1000);
  assert.equal(fixture.opened.length, 1);
});

Deno.test("a user who has chosen a strategy waits for nothing", () => {
  using fixture = new AppFixture("?room=den", { strategy: "websocket-only" });
  fixture.app.start();
  assert.equal(fixture.opened[0]?.strategy, "websocket-only");
});

Deno.test("another strategy joins the open room anew, the same one does not", async () => {
  using fixture = await AppFixture.started("?room=den");
  const { app, sessions, opened } = fixture;
  assert.equal(app.setStrategy("p2p-only"), true);
  assert.equal(app.setStrategy("p2p-only"), false);
  assert.equal(app.setStrategy(null), true);
  assert.deepEqual(opened.map(({ strategy }) => strategy), [null, "p2p-only", null]);
  assert.deepEqual(sessions.map(({ calls }) => calls.at(-1)), ["leave", "leave", "join"]);
  assert.equal(app.room.value?.session, sessions[2]);
});

Deno.test("a strategy chosen on the start page joins nothing", async () => {
  using fixture = await AppFixture.started();
  assert.equal(fixture.app.setStrategy("p2p-only"), false);
  fixture.app.rejoin();
  assert.equal(fixture.opened.length, 0);
});

Deno.test("the node's strategy is what it told the page, or the session that follows it", async () => {
  using fixture = new AppFixture("?room=den");
  const { app } = fixture;
  app.start();
  assert.equal(app.nodeStrategy, null);
  await fixture.answer("auto");
  assert.equal(app.nodeStrategy, "auto");
  fixture.session.setStrategy("relay-safe");
  // A room's signals follow its session within 50 ms.
  await new Promise<void>((resolve) => {
    const stop = app.room.value!.strategy.subscribe((strategy) => {
      if (strategy === "relay-safe") queueMicrotask(() => resolve(stop()));
    });
  });
  assert.equal(app.nodeStrategy, "relay-safe");
  app.setStrategy("p2p-only");
  assert.equal(app.nodeStrategy, "auto", "a session with a choice follows no node");
});

Deno.test("a room that was closed is joined anew with a new session", async () => {
  using fixture = await AppFixture.started("?room=den");
  fixture.app.rejoin();
  assert.deepEqual(fixture.sessions.map(({ calls }) => calls), [["join", "leave"], ["join"]]);
});

Deno.test("an opened room comes first among the recent ones, with the time", async () => {
  using fixture = await AppFixture.started("?room=den");
  await fixture.clock.advance(5000);
  fixture.app.openRoom("hut" as RoomName);
  const list = fixture.app.recent.list.value;
  assert.deepEqual(list.map(({ room }) => room), ["hut", "den"]);
  assert.equal(list[0]!.openedAtMs - list[1]!.openedAtMs, 5000);
});

Deno.test("how far a room was read is kept when the page goes, is hidden, or leaves the room", async () => {
  const ways: Record<string, (fixture: AppFixture) => void> = {
    "the page goes": ({ browser }) => browser.hidePage(),
    "the page is hidden": ({ browser }) => browser.show("hidden"),
    "the room is left": ({ app }) => app.leaveRoom(),
    "another room is opened": ({ app }) => app.openRoom("hut" as RoomName),
  };
  for (const [way, go] of Object.entries(ways)) {
    using fixture = await AppFixture.started("?room=den");
    fixture.session.load([{ text: "read", timestamp: 70 }]);
    assert.equal(fixture.app.recent.find(DEN)?.lastSeen, null, way);
    go(fixture);
    assert.equal(fixture.app.recent.find(DEN)?.lastSeen, 70, way);
  }
});

Deno.test("a page that goes keeps its room open: the reloaded one takes its place", async () => {
  using fixture = await AppFixture.started("?room=den");
  fixture.browser.hidePage();
  assert.deepEqual(fixture.session.calls, ["join"]);
});

Deno.test("a later visit finds unread what came after the last one", async () => {
  using fixture = await AppFixture.started("?room=den");
  fixture.session.load([{ text: "read", timestamp: 70 }]);
  fixture.app.rejoin();
  fixture.session.load([{ text: "read", timestamp: 70 }, { text: "missed", timestamp: 71 }]);
  assert.equal(fixture.app.room.value?.reading.unread.value.ids.length, 1);
});

Deno.test("messages that come while the page is hidden are shown as unread when it is seen", async () => {
  using fixture = await AppFixture.started("?room=den");
  const { browser, session, app } = fixture;
  browser.show("hidden");
  session.say({ text: "psst" });
  const { reading } = app.room.value!;
  assert.equal(reading.unread.value.ids.length, 1);
  browser.show("visible");
  assert.equal(reading.place.value, "unread");
});

Deno.test("the open room is told of the network's changes, and nobody without one", async () => {
  using fixture = await AppFixture.started();
  const { app, browser } = fixture;
  const change = async () => {
    await fixture.clock.advance(1000);
    browser.window.dispatchEvent(new Event("online"));
  };
  await change();
  app.openRoom(DEN);
  await change();
  assert.deepEqual(fixture.session.calls, ["join", "reconnect"]);
  app.rejoin();
  await change();
  assert.deepEqual(fixture.sessions.map(({ calls }) => calls), [
    ["join", "reconnect", "leave"],
    ["join", "reconnect"],
  ]);
  await fixture.clock.advance(1000);
  browser.show("visible");
  assert.equal(fixture.session.calls.at(-1), "wake");
});

Deno.test("a problem belongs to the screen or dialog in which it arose", async () => {
  using fixture = await AppFixture.started();
  const { app } = fixture;
  app.tellProblem("Files can't be sent yet.");
  const first = app.problem.value!;
  app.tellProblem("Files can't be sent yet.");
  assert.deepEqual(app.problem.value, { id: first.id + 1, text: first.text }, "it is said again");
  app.dialog.value = "settings";
  assert.equal(app.problem.value, null);
  app.tellProblem("Files can't be sent yet.");
  app.dialog.value = null;
  assert.equal(app.problem.value, null);
  app.tellProblem("Files can't be sent yet.");
  app.openRoom(DEN);
  assert.equal(app.problem.value, null);
});
