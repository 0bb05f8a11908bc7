/** Waiting signals: their recipients, their lifetime and their bounds. */
import assert from "node:assert/strict";
import { type WaitingSignal, WaitingSignals } from "../../../server/rooms/waiting_signals.ts";
import { peerId, roomName } from "../../../transport/protocol/mod.ts";
import { FakeClock } from "../../fakes/clock.ts";

const lobby = roomName.parse("lobby");
const peer = (name: string) => peerId.parse(name);

function world() {
  const clock = new FakeClock();
  const signals = new WaitingSignals(clock);
  const add = (from: string, part: { [Key in keyof WaitingSignal]?: string } = {}) =>
    signals.add(
      {
        ...{ room: lobby, peerId: from, address: "192.0.2.1", targetPeerId: null, frame: "{}" },
        ...part,
      } as WaitingSignal,
    );
  const frames = (to: string, room = "lobby") =>
    signals.for(roomName.parse(room), peer(to)).map(({ frame }) => frame);
  return { clock, signals, add, frames };
}

Deno.test("signals are seen by whom they are for, in the order in which they came", () => {
  const { add, frames } = world();
  add("ada", { frame: "1", targetPeerId: "bob" });
  add("cyd", { frame: "2" });
  add("ada", { frame: "3", targetPeerId: "cyd" });
  add("bob", { frame: "4" });
  add("ada", { frame: "5", room: "other" });
  assert.deepEqual(frames("bob"), ["1", "2"]);
  assert.deepEqual(frames("cyd"), ["3", "4"]);
  assert.deepEqual(frames("ada"), ["2", "4"]);
  assert.deepEqual(frames("ada", "nowhere"), []);
});

Deno.test("signals wait for a minute, and then take nothing", async () => {
  const { clock, signals, add, frames } = world();
  add("ada", { frame: "old" });
  await clock.advance(30_000);
  add("ada", { frame: "new" });
  await clock.advance(30_000);
  assert.deepEqual(frames("bob"), ["new"]);
  await clock.advance(30_000);
  signals.expire();
  assert.equal(signals.count, 0);
  assert.equal(signals.dropped, 0);
});

Deno.test("of what a member may have waiting the oldest goes for what is new", () => {
  const { signals, add, frames } = world();
  add("bob", { frame: "from bob" });
  for (let index = 0; index < 1000; index++) add("ada", { frame: `${index} `.padEnd(1000) });
  const kept = frames("cyd");
  assert.equal(kept[0], "from bob", "another one's stays");
  assert.ok(kept.length > 40 && kept.length < 66, `${kept.length} kept`);
  assert.ok(kept.at(-1)!.startsWith("999 "));
  assert.equal(signals.dropped, 1001 - kept.length);
});

Deno.test("what is larger than all that a member may have waiting does not wait", () => {
  const { signals, add, frames } = world();
  add("ada", { frame: "small" });
  add("ada", { frame: "x".repeat(70_000) });
  assert.deepEqual(frames("bob"), ["small"]);
  assert.equal(signals.dropped, 1);
});

Deno.test("a room keeps at most 256 KiB, from however many", () => {
  const { add, frames } = world();
  for (let index = 0; index < 3000; index++) add(`peer-${index}`, { frame: "x".repeat(1000) });
  const chars = frames("bob").reduce((sum, { length }) => sum + length, 0);
  assert.ok(chars <= 256 * 1024 && chars > 200 * 1000, `${chars}`);
});

Deno.test("a node keeps at most 16 MiB, from however many rooms, and small ones count too", () => {
  const { signals, add, frames } = world();
  for (let index = 0; index < 100_000; index++) add("ada", { room: `room-${index}` });
  assert.ok(signals.count > 60_000 && signals.count < 70_000, `${signals.count}`);
  assert.deepEqual(frames("bob", "room-0"), []);
  assert.deepEqual(frames("bob", "room-99999"), ["{}"]);
});

const KILOBYTE = "x".repeat(1000);

Deno.test("members of one address do not push another address's signals out of a room", () => {
  const { add, frames } = world();
  add("ada", { frame: "from ada", address: "198.51.100.1" });
  for (let index = 0; index < 3000; index++) add(`peer-${index % 256}`, { frame: KILOBYTE });
  assert.equal(frames("bob")[0], "from ada");
});

Deno.test("members of one address do not push another address's signals out of a node", () => {
  const { signals, add, frames } = world();
  add("ada", { frame: "from ada", address: "2001:db8:0:1::1" });
  for (let index = 0; index < 40_000; index++) {
    const room = `room-${index % 256}`;
    add(`peer-${index % 1024}`, { room, frame: KILOBYTE, address: `2001:db8:0:2::${index % 9}` });
  }
  assert.ok(signals.dropped > 20_000, `${signals.dropped}`);
  assert.deepEqual(frames("bob"), ["from ada"]);
});

Deno.test("who comes from another address is kept in a room that one address filled", () => {
  const { add, frames } = world();
  for (let index = 0; index < 3000; index++) add(`peer-${index}`, { frame: KILOBYTE });
  add("ada", { frame: "from ada".padEnd(30_000), address: "198.51.100.1" });
  assert.ok(frames("bob").at(-1)!.startsWith("from ada"));
});

Deno.test("who speaks for a member from another address does not push its signals out", () => {
  const { add, frames } = world();
  add("ada", { frame: "from ada", address: "198.51.100.1" });
  for (let index = 0; index < 1000; index++) add("ada", { frame: KILOBYTE });
  assert.equal(frames("bob")[0], "from ada");
});

Deno.test("two addresses that fill a room have about half of it each", () => {
  const { add, frames } = world();
  for (let index = 0; index < 1000; index++) {
    add(`bob-${index}`, { frame: "bob".padEnd(1000), address: "198.51.100.1" });
  }
  for (let index = 0; index < 1000; index++) add(`ada-${index}`, { frame: "ada".padEnd(30_000) });
  const kept = frames("cyd");
  const bobs = kept.filter((frame) => frame.startsWith("bob")).length;
  assert.ok(bobs > 100 && kept.length - bobs >= 3, `${bobs} of ${kept.length}`);
});
