/** Parts of the negotiation with one peer: its offers, and signals as frames. */
import assert from "node:assert/strict";
import type { Signal } from "../../../transport/mesh/direct_connection.ts";
import { RemoteOffers } from "../../../transport/mesh/remote_offers.ts";
import { signalFrame, signalOf } from "../../../transport/mesh/signal_frames.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { parsePeerFrame, type PeerFrameOf, type PeerId } from "../../../transport/protocol/mod.ts";

Deno.test("remote offers are new when their counter grows, or when they name none", () => {
  const offers = new RemoteOffers(new FakeClock());
  const isNew = ["bob.2", "bob.2", "bob.1", "bob.3", undefined].map((from) => offers.note(from));
  assert.deepEqual(isNew, [true, false, false, true, true]);
});

Deno.test("a remote offer without a counter makes no earlier offer new again", () => {
  const offers = new RemoteOffers(new FakeClock());
  const isNew = ["bob.2", undefined, "bob", "bob.2", "bob.3"].map((from) => offers.note(from));
  assert.deepEqual(isNew, [true, true, true, false, true]);
});

Deno.test("remote offers come in bursts of sixteen, then one a second", () => {
  const clock = new FakeClock();
  const offers = new RemoteOffers(clock);
  const takenAfter = (ms: number) => {
    clock.stall(ms);
    return Array.from({ length: 20 }, () => offers.take()).filter(Boolean).length;
  };
  assert.deepEqual([0, 999, 2_001, 57_000].map(takenAfter), [16, 0, 3, 16]);
});

Deno.test("signals survive the way through a frame, which names both ends", () => {
  const ends = { from: "ann.1", to: "bob.2" };
  const signals: Signal[] = [
    { type: "offer", sdp: "v=0" },
    { type: "answer", sdp: "v=0" },
    { type: "ice", candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "u" },
  ];
  for (const signal of signals) {
    const frame = signalFrame(signal, { target: "bob" as PeerId, ends });
    const text = JSON.stringify({ ...frame, peer_id: "ann" });
    const passed = parsePeerFrame(text) as PeerFrameOf<"offer" | "answer" | "ice">;
    assert.deepEqual([passed.payload.from, passed.payload.to], ["ann.1", "bob.2"]);
    assert.deepEqual(signalOf(passed), signal);
  }
});
