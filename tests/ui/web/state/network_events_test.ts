import assert from "node:assert/strict";
import { followNetwork } from "../../../../ui/web/state/network_events.ts";

class FakeDocument extends EventTarget {
  visibilityState: DocumentVisibilityState = "visible";
}

class FakeConnection extends EventTarget {
  type?: string;

  constructor(type?: string) {
    super();
    if (type !== undefined) this.type = type;
  }
}

/** A browser whose events the test fires, and a session that records its calls. */
class Fixture {
  now = 10_000;
  readonly calls: string[] = [];
  readonly window = new EventTarget();
  readonly document = new FakeDocument();
  readonly connection: FakeConnection | null;
  readonly remove: () => void;
  isOpen = true;

  constructor(connection: FakeConnection | null = null) {
    this.connection = connection;
    const session = {
      reconnect: () => void this.calls.push("reconnect"),
      wake: () => void this.calls.push("wake"),
    };
    this.remove = followNetwork(() => this.isOpen ? session : null, {
      window: this.window,
      document: this.document,
      connection,
      now: () => this.now,
    });
  }

  online(): void {
    this.window.dispatchEvent(new Event("online"));
  }

  offline(): void {
    this.window.dispatchEvent(new Event("offline"));
  }

  show(visibilityState: DocumentVisibilityState): void {
    this.document.visibilityState = visibilityState;
    this.document.dispatchEvent(new Event("visibilitychange"));
  }

  pageshow(persisted: boolean): void {
    this.window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted }));
  }

  change(type?: string): void {
    if (type !== undefined) this.connection!.type = type;
    this.connection!.dispatchEvent(new Event("change"));
  }

  /** Returns the calls since the last time; the clock goes on by `laterMs`. */
  take(laterMs = 5000): string[] {
    this.now += laterMs;
    return this.calls.splice(0);
  }
}

Deno.test("a network that is back, and a page that is, connect at once", () => {
  const fixture = new Fixture();
  fixture.online();
  assert.deepEqual(fixture.take(), ["reconnect"]);
  fixture.pageshow(false);
  assert.deepEqual(fixture.take(), []);
  fixture.pageshow(true);
  assert.deepEqual(fixture.take(), ["reconnect"]);
});

Deno.test("a page that is looked at again, or goes on, probes what it has", () => {
  const fixture = new Fixture();
  fixture.show("hidden");
  assert.deepEqual(fixture.take(), []);
  fixture.show("visible");
  assert.deepEqual(fixture.take(), ["wake"]);
  fixture.document.dispatchEvent(new Event("resume"));
  assert.deepEqual(fixture.take(), ["wake"]);
});

Deno.test("another kind of network connects anew, and no network at all does nothing", () => {
  const fixture = new Fixture(new FakeConnection("wifi"));
  fixture.change("cellular");
  assert.deepEqual(fixture.take(), ["reconnect"]);
  fixture.change("none");
  assert.deepEqual(fixture.take(), []);
  fixture.change("cellular");
  assert.deepEqual(fixture.take(), ["reconnect"]);
});

Deno.test("new estimates of the same network are probed for at most once a second", () => {
  for (const type of ["wifi", undefined]) {
    const fixture = new Fixture(new FakeConnection(type));
    for (let i = 0; i < 10; i++) {
      fixture.change();
      fixture.now += 250;
    }
    assert.deepEqual(fixture.take(), ["wake", "wake", "wake"]);
  }
});

Deno.test("what one change of the network fires at once is one reaction", () => {
  const fixture = new Fixture(new FakeConnection("wifi"));
  fixture.online();
  fixture.change("cellular");
  fixture.show("visible");
  fixture.now += 99;
  fixture.pageshow(true);
  assert.deepEqual(fixture.take(1), ["reconnect"]);
  fixture.online();
  assert.deepEqual(fixture.take(), ["reconnect"]);
});

Deno.test("a probe does not stand in for a connection that is asked for right behind it", () => {
  const fixture = new Fixture();
  fixture.show("visible");
  fixture.online();
  fixture.online();
  assert.deepEqual(fixture.take(), ["wake", "reconnect"]);
});

Deno.test("without an open room nothing happens, and the next room is followed", () => {
  const fixture = new Fixture();
  fixture.isOpen = false;
  fixture.online();
  assert.deepEqual(fixture.take(), []);
  fixture.isOpen = true;
  fixture.online();
  assert.deepEqual(fixture.take(), ["reconnect"]);
});

Deno.test("nothing is followed any more once that is ended", () => {
  const fixture = new Fixture(new FakeConnection("wifi"));
  fixture.remove();
  fixture.online();
  fixture.show("visible");
  fixture.change("cellular");
  assert.deepEqual(fixture.take(), []);
});

Deno.test("a browser that says it is offline has its connection tested, and kept if it answers", () => {
  const fixture = new Fixture();
  fixture.offline();
  assert.deepEqual(fixture.take(), ["wake"]);
  fixture.remove();
});
