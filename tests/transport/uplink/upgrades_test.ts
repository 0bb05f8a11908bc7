/** When the tiers above the one in use are tried, by a clock that stands still. */
import assert from "node:assert/strict";
import { Upgrades } from "../../../transport/uplink/upgrades.ts";
import { FakeClock } from "../../fakes/clock.ts";

/** Tiers are names here. Each one that is in `blocked` fails as soon as it is tried. */
class Network {
  readonly blocked = new Set<string>();
  readonly #clock = new FakeClock();
  #tries: string[] = [];
  readonly upgrades: Upgrades<string> = new Upgrades(this.#clock, (tier) => {
    this.#tries.push(`${tier} ${this.#clock.now() / 1000}`);
    if (this.blocked.has(tier)) this.upgrades.failed(tier);
  });

  /** The tries of the next `seconds`: a tier and the second of each. */
  async during(seconds: number): Promise<string[]> {
    this.#tries = [];
    await this.#clock.advance(seconds * 1000);
    return this.#tries;
  }

  get pending(): number {
    return this.#clock.pending;
  }
}

Deno.test("a blocked tier is tried after 5 s, then after pauses that double up to a minute", async () => {
  const network = new Network();
  network.blocked.add("ws");
  network.upgrades.plan(["ws"]);
  assert.deepEqual(await network.during(60), ["ws 5", "ws 10", "ws 20", "ws 40"]);
  assert.deepEqual(await network.during(240), ["ws 80", "ws 140", "ws 200", "ws 260"]);
});

Deno.test("each tier has its own pauses", async () => {
  const network = new Network();
  network.blocked.add("ws");
  network.upgrades.plan(["ws"]);
  await network.during(20);
  network.upgrades.plan(["ws", "webrtc"]);
  assert.deepEqual(
    await network.during(20),
    ["webrtc 25", "ws 40"],
    "the one that is new is due first",
  );
});

Deno.test("a tier that was tried is tried again when it failed or is planned anew, not before", async () => {
  const network = new Network();
  network.upgrades.plan(["ws"]);
  assert.deepEqual(await network.during(600), ["ws 5"]);
  network.upgrades.plan(["ws"]);
  assert.deepEqual(await network.during(600), ["ws 605"]);
});

Deno.test("planning replaces what was planned before", async () => {
  const network = new Network();
  network.upgrades.plan(["ws", "webrtc"]);
  network.upgrades.plan(["webrtc"]);
  assert.deepEqual(await network.during(600), ["webrtc 5"]);
});

Deno.test("an urgent plan tries at once what has not failed, and lets the rest wait its turn", async () => {
  const network = new Network();
  network.blocked.add("ws");
  network.upgrades.plan(["ws"]);
  await network.during(10);
  network.upgrades.plan(["ws", "webrtc"], 0);
  assert.deepEqual(await network.during(0), ["webrtc 10"]);
  assert.deepEqual(await network.during(10), ["ws 20"]);
});

Deno.test("after a change of the network what failed before is tried as if it were new", async () => {
  const network = new Network();
  network.blocked.add("ws");
  network.upgrades.plan(["ws"]);
  await network.during(300);
  network.upgrades.reset();
  network.upgrades.plan(["ws"], 0);
  assert.deepEqual(await network.during(20), ["ws 300", "ws 305", "ws 315"]);
});

Deno.test("nothing is tried after `stop`, and no timer stays", async () => {
  const network = new Network();
  network.upgrades.plan(["ws", "webrtc"]);
  network.upgrades.stop();
  assert.equal(network.pending, 0);
  assert.deepEqual(await network.during(600), []);
});
