import assert from "node:assert/strict";
import { effect, type ReadonlySignal } from "@preact/signals";
import type { ChatMessage, PeerView } from "../../../../transport/view.ts";
import type { LogView } from "../../../../ui/web/state/reading.ts";
import { RoomState } from "../../../../ui/web/state/room_state.ts";
import { FakeSession } from "../../../fakes/session.ts";
import { until } from "../../../fakes/until.ts";

/** A room with a fake session and a clock that stands still. */
class Fixture {
  nowMs = 1_000_000;
  isVisible = true;
  readonly spoken: string[] = [];
  readonly said: string[] = [];
  readonly session = new FakeSession({ room: "den", name: "Me" }, () => this.nowMs);
  readonly room: RoomState;

  constructor(lastSeen: number | null = null) {
    this.room = new RoomState(this.session, {
      isVisible: () => this.isVisible,
      sayMessages: (messages: readonly ChatMessage[]) =>
        this.spoken.push(...messages.map(({ text }) => text)),
      sayStatus: (text) => this.said.push(text),
      nowMs: () => this.nowMs,
    }, lastSeen);
  }

  [Symbol.dispose]() {
    this.room.close();
  }

  /** The view of a log that shows the messages from index `first` to index `last`. */
  viewOf(first: number, last: number): LogView {
    const { messages } = this.session;
    return { first: messages[first]!.id, last: messages[last]!.id };
  }

  /** Loads a room with 20 unread messages, of which the newest 10 come first. */
  async openFlood(): Promise<void> {
    const make = (index: number) => ({ text: `missed ${index}`, timestamp: index });
    this.room.reading.place.value = "reader";
    this.session.load(Array.from({ length: 10 }, (_, index) => make(10 + index)));
    this.session.older = Array.from({ length: 10 }, (_, index) => this.session.make(make(index)));
    await Promise.resolve();
  }

  eventKinds(): string[] {
    return this.room.events.value.map(({ kind, name }) => `${name} ${kind}`);
  }
}

/** Resolves when the signal's value fulfils `isMet`. */
function waitFor<T>(signal: ReadonlySignal<T>, isMet: (value: T) => boolean): Promise<void> {
  return new Promise((resolve) => {
    let stop: (() => void) | null = null;
    let isDone = false;
    stop = effect(() => {
      if (!isMet(signal.value)) return;
      isDone = true;
      stop?.();
      resolve();
    });
    if (isDone) stop();
  });
}

Deno.test("a room joins when it is made, and leaves when it is closed", () => {
  const fixture = new Fixture();
  assert.deepEqual(fixture.session.calls, ["join"]);
  fixture.room.close();
  assert.deepEqual(fixture.session.calls, ["join", "leave"]);
});

Deno.test("a burst of messages is shown in one go, and spoken once", async () => {
  using fixture = new Fixture();
  let refreshes = -1;
  const stop = effect(() => {
    void fixture.room.messages.value;
    refreshes++;
  });
  for (let i = 0; i < 100; i++) fixture.session.say({ text: `${i}` });
  await waitFor(fixture.room.messages, (messages) => messages.length === 100);
  stop();
  assert.equal(refreshes, 1);
  assert.equal(fixture.spoken.length, 100);
});

Deno.test("messages are unread while the page is hidden, until it is seen", async () => {
  using fixture = new Fixture();
  fixture.isVisible = false;
  fixture.session.say({ text: "psst" });
  await waitFor(fixture.room.messages, (messages) => messages.length === 1);
  assert.equal(fixture.room.reading.unread.value.ids.length, 1);
  fixture.room.reading.saw(fixture.viewOf(0, 0));
  assert.equal(fixture.room.reading.unread.value.ids.length, 1);
  fixture.isVisible = true;
  fixture.room.reading.shown();
  assert.equal(fixture.room.reading.place.value, "unread");
  fixture.room.reading.saw(fixture.viewOf(0, 0));
  assert.equal(fixture.room.reading.unread.value.ids.length, 0);
  assert.equal(fixture.room.reading.lastSeen, fixture.nowMs / 1000);
});

Deno.test("messages are unread while the reader is further up", () => {
  using fixture = new Fixture();
  fixture.room.reading.place.value = "reader";
  fixture.session.say({ text: "new" });
  fixture.session.send("own");
  fixture.session.say({ text: "newer" });
  assert.equal(fixture.room.reading.unread.value.ids.length, 1);
});

Deno.test("who is here already is no news, who comes later is", () => {
  using fixture = new Fixture();
  fixture.session.online();
  fixture.session.addPeer("Ann", { tier: "websocket" });
  fixture.nowMs += 5000;
  fixture.session.addPeer("Ben", { tier: "websocket" });
  fixture.session.setPath("Ann", { tier: "webrtc-stun" });
  fixture.session.removePeer("Ann");
  assert.deepEqual(fixture.eventKinds(), ["Ben joined", "Ann left"]);
});

Deno.test("paths that change are no news", () => {
  using fixture = new Fixture();
  fixture.session.online();
  fixture.session.addPeer("Ann", { tier: "websocket" });
  fixture.nowMs += 5000;
  for (const tier of ["webrtc-stun", "websocket", null, "webrtc-turn"] as const) {
    fixture.session.setPath("Ann", { tier });
  }
  assert.deepEqual(fixture.eventKinds(), []);
  assert.deepEqual(fixture.said, []);
});

Deno.test("each who joins under a name is told, as it may be a stranger, and who leaves with the last", () => {
  using fixture = new Fixture();
  fixture.session.online();
  fixture.nowMs += 5000;
  const [first, second] = [1, 2].map((tab) => {
    const peer = { ...fixture.session.addPeer("Ben", { tier: "websocket" }), peerId: `ben${tab}` };
    return peer as PeerView;
  });
  const tell = (type: "peer_joined" | "peer_left", peer: PeerView, ...here: PeerView[]) => {
    fixture.session.peers = here;
    fixture.session.say({ text: "meanwhile" });
    fixture.session.emit({ type, peer });
  };
  tell("peer_left", second!, first!);
  tell("peer_joined", second!, first!, second!);
  tell("peer_left", first!, second!);
  assert.deepEqual(fixture.eventKinds(), ["Ben joined", "Ben joined"]);
  tell("peer_left", second!);
  assert.deepEqual(fixture.eventKinds(), ["Ben joined", "Ben joined", "Ben left"]);
});

Deno.test("another one under one's own name is told", () => {
  using fixture = new Fixture();
  fixture.session.online();
  fixture.nowMs += 5000;
  fixture.session.addPeer("Me", { tier: "websocket" });
  assert.deepEqual(fixture.eventKinds(), ["Me joined"]);
});

Deno.test("losing the node and finding it again is said", () => {
  using fixture = new Fixture();
  fixture.session.online();
  fixture.session.setUplink({ state: "offline" });
  fixture.session.setUplink({ state: "offline", retryAtMs: 5 });
  fixture.session.online();
  // The signal follows in a refresh. The spoken text must not wait for it.
  assert.deepEqual(fixture.said, ["The node is unreachable.", "The node is back."]);
});

Deno.test("older messages are loaded one page at a time, and never unread", async () => {
  using fixture = new Fixture();
  fixture.session.older = [fixture.session.make({ text: "old", timestamp: 1 })];
  fixture.session.load([{ text: "here", timestamp: 2 }]);
  await Promise.all([fixture.room.loadOlder(), fixture.room.loadOlder()]);
  assert.deepEqual(fixture.room.messages.value.map(({ text }) => text), ["old", "here"]);
  assert.equal(fixture.session.calls.filter((call) => call === "loadOlder").length, 1);
  assert.equal(fixture.room.reading.unread.value.ids.length, 0);
});

Deno.test("whoever was in an empty room finds unread what was said in it since", () => {
  using fixture = new Fixture();
  fixture.session.load([]);
  assert.equal(fixture.room.reading.lastSeen, 0);
  using later = new Fixture(0);
  later.session.load([{ text: "hello?", timestamp: 5 }]);
  assert.equal(later.room.reading.unread.value.ids.length, 1);
});

Deno.test("the page comes back to the unread line, not to the end", () => {
  using fixture = new Fixture();
  fixture.session.load([{ text: "read", timestamp: 1 }]);
  fixture.isVisible = false;
  fixture.session.say({ text: "missed" });
  fixture.isVisible = true;
  fixture.room.reading.shown();
  assert.equal(fixture.room.reading.place.value, "unread");
});

Deno.test("older pages are loaded until the unread line is here, and no more than a hundred", async () => {
  const cases = [[150, 2, "151"], [3_000, 30, "3001"], [10_500, 100, "10001+"]] as const;
  for (const [older, pages, count] of cases) {
    using fixture = new Fixture(-20_000);
    fixture.session.older = Array.from(
      { length: older },
      (_, index) => fixture.session.make({ text: `old ${index}`, timestamp: index - older }),
    );
    fixture.session.load([{ text: "here", timestamp: 2 }]);
    await waitFor(fixture.room.isLoadingOlder, (isLoading) => !isLoading);
    const loads = () => fixture.session.calls.filter((call) => call === "loadOlder").length;
    await until(() => loads() === pages);
    assert.equal(fixture.room.reading.unread.value.ids.length, fixture.session.messages.length);
    assert.equal(fixture.room.unreadCount, count);
    const { reading } = fixture.room;
    reading.place.value = "reader";
    reading.saw(fixture.viewOf(10, 13));
    reading.saw(fixture.viewOf(0, 3));
    const isWhole = !count.endsWith("+");
    assert.equal(reading.lastSeen === -20_000, !isWhole, "what is not loaded was not seen");
    reading.toEnd();
    assert.equal(reading.lastSeen, 2, "whoever goes to the end is done with it");
  }
});

Deno.test("whoever scrolls while a room opens stops nothing of what is loaded for the unread line", async () => {
  using fixture = new Fixture(-20_000);
  fixture.session.older = Array.from(
    { length: 1_000 },
    (_, index) => fixture.session.make({ text: `old ${index}`, timestamp: index - 1_000 }),
  );
  fixture.session.load([{ text: "here", timestamp: 2 }]);
  fixture.room.reading.place.value = "reader";
  await until(() => !fixture.room.session.hasOlder);
  await until(() => !fixture.room.isLoadingOlder.peek());
  assert.equal(fixture.room.unreadCount, "1001");
});

Deno.test("older messages that were missed are unread, until they come into view", async () => {
  using fixture = new Fixture(-1);
  const { room, room: { reading }, session } = fixture;
  await fixture.openFlood();
  reading.saw(fixture.viewOf(0, 3));
  await room.loadOlder();
  assert.equal(session.messages.length, 20);
  reading.saw(fixture.viewOf(10, 13));
  assert.equal(reading.unread.value.ids.length, 16);
  assert.equal(reading.unread.value.lineBefore, session.messages[0]!.id);
  assert.equal(reading.lastSeen, -1, "a later visit finds them unread");
  reading.saw(fixture.viewOf(7, 10));
  assert.equal(reading.unread.value.ids.length, 13);
  reading.saw(fixture.viewOf(16, 18));
  assert.equal(reading.unread.value.ids.length, 8);
  reading.place.value = "end";
  reading.saw(fixture.viewOf(17, 19));
  assert.equal(reading.unread.value.ids.length, 0);
});

Deno.test("older messages that were skipped by going to the end stay seen when something newer is missed", async () => {
  using fixture = new Fixture(-1);
  const { room, room: { reading }, session } = fixture;
  await fixture.openFlood();
  reading.toEnd();
  reading.place.value = "reader";
  session.say({ text: "new" });
  await room.loadOlder();
  assert.deepEqual(reading.unread.value.ids, [session.messages.at(-1)!.id]);
});

Deno.test("a later visit shows what came since the last one below a line", () => {
  using fixture = new Fixture(10);
  fixture.isVisible = false;
  fixture.session.load([{ text: "read", timestamp: 10 }, { text: "missed", timestamp: 11 }]);
  assert.equal(fixture.room.reading.unread.value.lineBefore, fixture.session.messages[1]!.id);
});

Deno.test("a room lets go of what was loaded above it when its reader is back at the end", () => {
  using fixture = new Fixture();
  const { session, room: { reading } } = fixture;
  reading.place.value = "reader";
  const before = session.trims;
  reading.toEnd();
  assert.equal(session.trims, before + 1);
  reading.place.value = "unread";
  assert.equal(session.trims, before + 1);
  fixture.room.close();
  reading.toEnd();
  assert.equal(session.trims, before + 1, "nor after it was closed");
});
