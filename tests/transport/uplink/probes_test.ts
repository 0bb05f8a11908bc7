/** When the active path is probed, and when it counts as late or dead. */
import assert from "node:assert/strict";
import { FakeClock } from "../../fakes/clock.ts";
import type { Tier } from "../../../transport/protocol/mod.ts";
import { Probes } from "../../../transport/uplink/probes.ts";

/** Probes of a path of `tier` that answers after 20 ms while `answers`, with the times of what they said. */
function world(tier: Tier) {
  const clock = new FakeClock();
  const network = { answers: true, hasPath: true };
  const pings: number[] = [];
  const late: number[] = [];
  const silent: number[] = [];
  const rtts: (number | null)[] = [];
  const probes: Probes = new Probes({
    clock,
    hasPath: () => network.hasPath,
    sendPing(t) {
      pings.push(t);
      if (network.answers) clock.after(20, () => probes.answered(t));
    },
    onRtt: (rttMs) => rtts.push(rttMs),
    onLate: () => late.push(clock.now()),
    onSilent: () => silent.push(clock.now()),
  });
  probes.renew(tier);
  probes.start();
  return { clock, network, probes, pings, late, silent, rtts };
}

Deno.test("a stream is probed every 3 s and measured", async () => {
  const { clock, probes, pings, rtts } = world("websocket");
  await clock.advance(7_000);
  assert.deepEqual(pings, [0, 3_000, 6_000]);
  assert.deepEqual(rtts, [20, 20, 20]);
  probes.stop();
  assert.equal(clock.pending, 0);
});

Deno.test("a stream is dead when two probes were not answered", async () => {
  const { clock, network, silent } = world("websocket");
  await clock.advance(1_000);
  network.answers = false;
  await clock.advance(20_000);
  assert.deepEqual(silent, [9_000]);
  assert.equal(clock.pending, 0);
});

Deno.test("datagrams in use are probed in each quiet tick, and idle ones seldom", async () => {
  const { clock, probes, pings } = world("webrtc-stun");
  await clock.advance(2_500);
  assert.deepEqual(pings, [0, 1_200, 2_400], "idle");
  probes.used();
  await clock.advance(1_200);
  assert.deepEqual(pings.slice(3), [3_000, 3_600], "every other tick hears the answer of the last");
  probes.stop();
});

Deno.test("datagrams that vanish are noticed within a second or so", async () => {
  const { clock, network, probes, silent } = world("webrtc-turn");
  await clock.advance(1_100);
  network.answers = false;
  probes.used();
  await clock.advance(3_000);
  assert.deepEqual(silent, [2_100]);
});

Deno.test("a suspected path is late when nothing comes within 200 ms, and the suspicion is checked once", async () => {
  const { clock, network, probes, pings, late } = world("websocket");
  await clock.advance(100);
  network.answers = false;
  probes.suspect();
  probes.suspect();
  assert.deepEqual(pings, [0, 100]);
  assert.equal(probes.isWaiting, true);
  await clock.advance(1_000);
  assert.deepEqual(late, [300]);
  probes.stop();
});

Deno.test("a suspected path that anything comes from is not late", async () => {
  const { clock, network, probes, late } = world("websocket");
  await clock.advance(100);
  network.answers = false;
  probes.suspect();
  probes.heard();
  await clock.advance(1_000);
  assert.deepEqual(late, []);
  probes.stop();
});

Deno.test("nothing is probed without a path", async () => {
  const { clock, network, pings } = world("websocket");
  network.hasPath = false;
  await clock.advance(60_000);
  assert.deepEqual(pings, [0]);
  assert.equal(clock.pending, 0);
});
