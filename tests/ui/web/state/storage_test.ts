import assert from "node:assert/strict";
import type { RoomName } from "../../../../transport/protocol/mod.ts";
import { createKeyValue, type StorageLike } from "../../../../ui/web/key_value.ts";
import { RecentRooms } from "../../../../ui/web/state/recent_rooms.ts";
import { Settings } from "../../../../ui/web/state/settings.ts";

class FakeStorage implements StorageLike {
  readonly values = new Map<string, string>();
  isFull = false;
  getItem = (key: string) => this.values.get(key) ?? null;
  setItem = (key: string, value: string) => {
    if (this.isFull) throw new DOMException("full", "QuotaExceededError");
    this.values.set(key, value);
  };
  removeItem = (key: string) => void this.values.delete(key);
  key = (index: number) => [...this.values.keys()][index] ?? null;
  get length() {
    return this.values.size;
  }
}

const blocked = () =>
  createKeyValue(() => {
    throw new DOMException("denied", "SecurityError");
  });

Deno.test("a blocked storage keeps values as long as the page", () => {
  const store = blocked();
  store.set("name", "Ann");
  assert.equal(store.get("name"), "Ann");
  assert.deepEqual(store.keys(), ["name"]);
  store.delete("name");
  assert.equal(store.get("name"), null);
});

Deno.test("a full storage gives the newest value, not the one that is stored", () => {
  const storage = new FakeStorage();
  const store = createKeyValue(() => storage);
  store.set("draft", "one");
  storage.isFull = true;
  store.set("draft", "two");
  assert.equal(store.get("draft"), "two");
  storage.isFull = false;
  store.set("draft", "three");
  assert.equal(storage.values.get("egoat.draft"), "three");
});

Deno.test("keys of other pages of the origin are not ours", () => {
  const storage = new FakeStorage();
  storage.values.set("theirs", "x");
  const store = createKeyValue(() => storage);
  store.set("ours", "y");
  assert.deepEqual(store.keys(), ["ours"]);
});

Deno.test("rooms are kept newest first, once each, and can be removed", () => {
  const store = createKeyValue(() => storage);
  const storage = new FakeStorage();
  const rooms = new RecentRooms(store);
  rooms.opened("a" as RoomName, 1);
  rooms.opened("b" as RoomName, 2);
  rooms.seenUpTo("a" as RoomName, 50);
  rooms.seenUpTo("a" as RoomName, 40);
  rooms.opened("a" as RoomName, 3);
  assert.deepEqual(new RecentRooms(store).list.value, [
    { room: "a", openedAtMs: 3, lastSeen: 50 },
    { room: "b", openedAtMs: 2, lastSeen: null },
  ]);
  rooms.remove("a" as RoomName);
  assert.deepEqual(new RecentRooms(store).list.value.map(({ room }) => room), ["b"]);
});

Deno.test("a damaged list of rooms is dropped", () => {
  for (const json of ["{", "null", '[{"room":""}]', "[1]"]) {
    const store = blocked();
    store.set("rooms", json);
    assert.deepEqual(new RecentRooms(store).list.value, []);
  }
});

Deno.test("settings are read back with suspicion", () => {
  const store = blocked();
  store.set("name", "\u0007");
  store.set("theme", "purple");
  store.set("strategy", "carrier-pigeon");
  const settings = new Settings(store);
  const { name, theme, strategy } = settings;
  assert.deepEqual([name.value, theme.value, strategy.value], ["", "system", null]);
  settings.setName("  Zoe\u0308 ");
  settings.setTheme("dark");
  const again = new Settings(store);
  assert.deepEqual([again.name.value, again.theme.value], ["Zoë", "dark"]);
});

Deno.test("a strategy is kept until it is left to the node again", () => {
  const store = blocked();
  new Settings(store).setStrategy("relay-safe");
  assert.equal(new Settings(store).strategy.value, "relay-safe");
  new Settings(store).setStrategy(null);
  assert.equal(new Settings(store).strategy.value, null);
  assert.deepEqual(store.keys(), []);
});
