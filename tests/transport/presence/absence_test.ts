/** How long `AbsentPeers` keeps a peer that the node has lost, by a clock that stands still. */
import assert from "node:assert/strict";
import { FakeClock } from "../../fakes/clock.ts";
import { AbsentPeers, SILENCE_MS } from "../../../transport/presence/absent_peers.ts";
import type { PeerId } from "../../../transport/protocol/mod.ts";

const [ANN, BOB] = ["ann" as PeerId, "bob" as PeerId];

/** Direct paths that a test opens, silences and closes, and the peers that were given up. */
class Paths {
  readonly clock = new FakeClock();
  readonly gone: PeerId[] = [];
  readonly absent: AbsentPeers;
  readonly #paths = new Map<PeerId, { isAlive: boolean }>();

  constructor({ limit = 2 } = {}) {
    this.absent = new AbsentPeers(this.clock, {
      limit: () => limit,
      path: (peerId) => {
        const path = this.#paths.get(peerId);
        return path === undefined ? null : { tier: "webrtc-stun", rttMs: null, ...path };
      },
      onGone: (peerId) => this.gone.push(peerId),
    });
  }

  /** Sets the path to a peer, and tells of the change. */
  set(peerId: PeerId, state: "answers" | "silent" | "closed"): void {
    if (state === "closed") this.#paths.delete(peerId);
    else this.#paths.set(peerId, { isAlive: state === "answers" });
    this.absent.pathChanged(peerId);
  }
}

Deno.test("a peer without a direct path is gone when the node has lost it", () => {
  const { absent, clock } = new Paths();
  assert.equal(absent.lost(ANN), false);
  assert.equal(absent.has(ANN), false);
  assert.equal(clock.pending, 0);
});

Deno.test("a peer that answers directly stays, for as long as it does", async () => {
  const paths = new Paths();
  paths.set(ANN, "answers");
  assert.equal(paths.absent.lost(ANN), true);
  assert.equal(paths.absent.lost(ANN), true, "once more changes nothing");
  await paths.clock.advance(3_600_000);
  assert.equal(paths.absent.has(ANN), true);
  assert.deepEqual(paths.gone, []);
});

Deno.test("an absent peer is gone when its path was silent for its time, not before", async () => {
  const paths = new Paths();
  paths.set(ANN, "answers");
  paths.absent.lost(ANN);
  paths.set(ANN, "silent");
  await paths.clock.advance(SILENCE_MS - 1);
  assert.equal(paths.absent.has(ANN), true);
  await paths.clock.advance(1);
  assert.equal(paths.absent.has(ANN), false);
  assert.deepEqual(paths.gone, [ANN]);
});

Deno.test("silence counts from its beginning, also when the node loses the peer later", async () => {
  const paths = new Paths();
  paths.set(ANN, "silent");
  await paths.clock.advance(SILENCE_MS - 100);
  assert.equal(paths.absent.lost(ANN), true);
  paths.set(ANN, "silent");
  await paths.clock.advance(100);
  assert.deepEqual(paths.gone, [ANN], "a second report of silence gives no more time");
  paths.set(BOB, "silent");
  await paths.clock.advance(SILENCE_MS);
  assert.equal(paths.absent.lost(BOB), false);
});

Deno.test("a path that answers again in time keeps its peer, and the next silence has its full time", async () => {
  const paths = new Paths();
  paths.set(ANN, "answers");
  paths.absent.lost(ANN);
  for (let n = 0; n < 3; n++) {
    paths.set(ANN, "silent");
    await paths.clock.advance(SILENCE_MS - 1);
    paths.set(ANN, "answers");
    await paths.clock.advance(SILENCE_MS);
  }
  assert.deepEqual(paths.gone, []);
});

Deno.test("an absent peer is gone with its path, unless another one opens in the same turn", async () => {
  const paths = new Paths();
  for (const peerId of [ANN, BOB]) {
    paths.set(peerId, "answers");
    paths.absent.lost(peerId);
    paths.set(peerId, "closed");
  }
  assert.deepEqual(paths.gone, [], "the mesh has not finished its change");
  paths.set(BOB, "answers");
  await paths.clock.advance(0);
  assert.deepEqual(paths.gone, [ANN]);
  assert.equal(paths.absent.has(BOB), true);
});

Deno.test("no more peers are kept than the limit allows", () => {
  const paths = new Paths({ limit: 1 });
  for (const peerId of [ANN, BOB]) paths.set(peerId, "answers");
  assert.deepEqual([paths.absent.lost(ANN), paths.absent.lost(BOB)], [true, false]);
  paths.absent.returned(ANN);
  assert.equal(paths.absent.lost(BOB), true);
});

Deno.test("a peer that the node knows again is not given up, however silent its path is", async () => {
  const paths = new Paths();
  paths.set(ANN, "answers");
  paths.absent.lost(ANN);
  paths.set(ANN, "silent");
  paths.absent.returned(ANN);
  await paths.clock.advance(SILENCE_MS);
  assert.equal(paths.absent.has(ANN), false);
  assert.deepEqual(paths.gone, []);
});

Deno.test("a peer that moves to another id is absent under that one alone", async () => {
  const paths = new Paths();
  paths.set(ANN, "answers");
  paths.absent.lost(ANN);
  paths.set(ANN, "silent");
  paths.absent.move(ANN, BOB);
  paths.set(BOB, "answers");
  assert.deepEqual([paths.absent.has(ANN), paths.absent.has(BOB)], [false, true]);
  await paths.clock.advance(SILENCE_MS);
  assert.deepEqual(paths.gone, []);
});

Deno.test("nobody is given up after `close`, and no timer stays", async () => {
  const paths = new Paths();
  paths.set(ANN, "answers");
  paths.absent.lost(ANN);
  paths.set(ANN, "silent");
  paths.absent.close();
  assert.equal(paths.clock.pending, 0);
  await paths.clock.advance(SILENCE_MS);
  assert.deepEqual(paths.gone, []);
});
