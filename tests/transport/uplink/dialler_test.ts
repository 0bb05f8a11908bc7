/** In which order tiers are dialled, and which attempts are left. */
import assert from "node:assert/strict";
import { FakeClock } from "../../fakes/clock.ts";
import { type FarEnd, transportTo } from "../../fakes/far_end.ts";
import { TARGET } from "../../fakes/uplink.ts";
import { CLOSE_CODES, type Tier } from "../../../transport/protocol/mod.ts";
import type { Transport } from "../../../transport/transport.ts";
import { Attempt } from "../../../transport/uplink/attempt.ts";
import { Dialler } from "../../../transport/uplink/dialler.ts";
import type { JoinTarget } from "../../../transport/uplink/join.ts";

/** A dialler of three tiers, the best of which is negotiated, with the tiers and times of its dials. */
function world() {
  const clock = new FakeClock();
  const ends: FarEnd[] = [];
  const dials: string[] = [];
  const failures: string[] = [];
  const standby: Attempt[] = [];
  const transport = (tier: Tier) =>
    transportTo(tier, (end) => {
      ends.push(end);
      dials.push(`${tier} ${clock.now()}`);
    });
  const negotiated = { ...transport("webrtc-stun"), needsUplink: true };
  const streams = [transport("websocket"), transport("http-polling")];
  const rules: { allowed: Transport<JoinTarget>[]; isTaken: boolean } = {
    allowed: [negotiated, ...streams],
    isTaken: false,
  };
  const dialler = new Dialler({
    clock,
    transports: () => rules.allowed,
    target: () => TARGET,
    signaling: { iceServers: [], send: () => true, listen: () => () => {} },
    onStandby: (attempt) => standby.push(attempt),
    onTaken: () => rules.isTaken,
    onFailure: ({ code }) => failures.push(code),
  });
  const lan = transport("lan");
  return { clock, dialler, ends, dials, failures, standby, rules, negotiated, lan };
}

Deno.test("a race gives each tier a head start of 300 ms, and leaves out negotiated ones", async () => {
  const { clock, dialler, dials } = world();
  dialler.race(() => true);
  assert.equal(dialler.hasNext, true);
  await clock.advance(2_000);
  assert.deepEqual(dials, ["websocket 0", "http-polling 300"]);
  assert.equal(dialler.hasNext, false);
  dialler.close();
  assert.equal(clock.pending, 0);
});

Deno.test("a tier that fails gives the next its turn at once, before the failure is told", async () => {
  const { clock, dialler, ends, dials, failures } = world();
  dialler.race(() => true);
  await clock.advance(100);
  ends[0]?.close(CLOSE_CODES.roomFull);
  assert.deepEqual(dials, ["websocket 0", "http-polling 100"]);
  assert.deepEqual(failures, ["room-full"]);
  assert.equal(dialler.hasAttempts, true);
  dialler.close();
});

Deno.test("a race that is over dials nothing more, and neither does one without its head start", async () => {
  for (const isOver of [true, false]) {
    const { clock, dialler, dials } = world();
    dialler.race(() => !isOver || clock.now() === 0);
    if (!isOver) dialler.endHeadStart();
    await clock.advance(2_000);
    assert.deepEqual(dials, ["websocket 0"]);
    dialler.close();
  }
});

Deno.test("a race passes by a tier that was forbidden meanwhile, and goes on with the next", async () => {
  const { clock, dialler, dials, rules, lan } = world();
  rules.allowed = [...rules.allowed, lan];
  dialler.race(() => true);
  rules.allowed = rules.allowed.filter(({ tier }) => tier !== "http-polling");
  await clock.advance(2_000);
  assert.deepEqual(dials, ["websocket 0", "lan 300"]);
  dialler.close();
});

Deno.test("a dialler that closes says goodbye on paths that the node may have welcomed", async () => {
  const { clock, dialler, ends, standby } = world();
  dialler.race(() => true);
  await clock.advance(400);
  ends[1]?.welcome();
  assert.equal(standby.length, 1);
  dialler.close();
  const goodbye = { code: 1000, sent: ["leave"] };
  assert.deepEqual(ends.map(({ code, sent }) => ({ code, sent })), [goodbye, goodbye]);
});

Deno.test("a failure by a taken id, which the owner has replaced, goes no further", async () => {
  const { clock, dialler, ends, dials, failures, rules } = world();
  rules.isTaken = true;
  dialler.race(() => true);
  await clock.advance(100);
  ends[0]?.close(CLOSE_CODES.peerIdTaken);
  assert.deepEqual([dials, failures], [["websocket 0"], []]);
  dialler.close();
});

Deno.test("an attempt leaves the dialler when it becomes active", async () => {
  const { clock, dialler, ends, standby } = world();
  dialler.race(() => true);
  await clock.advance(100);
  ends[0]?.welcome();
  assert.equal(dialler.standby, standby[0]);
  standby[0]?.activate({ onFrame() {}, onClose() {} });
  assert.equal(dialler.standby, undefined);
  assert.equal(dialler.hasAttempts, false);
  dialler.close();
  assert.equal(ends[0]?.code, null, "its owner closes it");
});

Deno.test("dialler gives up stale dials, forbidden ones, or all of them", async () => {
  const { clock, dialler, ends, rules, negotiated } = world();
  dialler.race(() => true);
  await clock.advance(1_000);
  assert.equal(dialler.dropStale(), true);
  assert.equal(dialler.dropStale(), false);
  assert.deepEqual(ends.map(({ isClosed }) => isClosed), [true, false]);
  dialler.dial(negotiated, () => {});
  assert.equal(dialler.isDialling(negotiated), true);
  await clock.advance(0);
  rules.allowed = [negotiated];
  dialler.dropForbidden();
  assert.equal(dialler.isRacing, false);
  assert.equal(dialler.hasAttempts, true);
  dialler.dropAll();
  assert.equal(dialler.hasAttempts, false);
  assert.deepEqual(ends.map(({ code }) => code), Array(3).fill(CLOSE_CODES.abandoned));
});
