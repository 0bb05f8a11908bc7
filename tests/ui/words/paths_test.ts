import assert from "node:assert/strict";
import type { FakePath } from "../../fakes/session.ts";
import { message } from "../messages.ts";
import { offline, online, peers, plain } from "../peers.ts";
import { TIERS } from "../../../transport/protocol/mod.ts";
import type { UplinkView } from "../../../transport/view.ts";
import { stateWords } from "../../../ui/words/message_state.ts";
import {
  explainPath,
  pillWords,
  rttWords,
  tierWords,
  uplinkKind,
  uplinkWords,
} from "../../../ui/words/paths.ts";

Deno.test("every tier has words of its own", () => {
  assert.equal(new Set(TIERS.map(tierWords)).size, TIERS.length);
});

Deno.test("why a path is not the best one is told with the peer's name, and with what would help", () => {
  const ann = { name: "Ann", strategy: "auto" } as const;
  const path = { tier: "websocket", rttMs: 1, sinceMs: 0, reason: "no-turn" } as const;
  const explained = explainPath(path, ann)!;
  assert.match(plain(explained.why), /between you and Ann need a relay/);
  assert.match(explained.help, /TURN server/);
  assert.equal(explainPath({ ...path, tier: "webrtc-stun", reason: null }, ann), null);
  assert.match(plain(explainPath({ ...path, tier: null }, ann)!.why), /Neither the node nor/);
});

Deno.test("by a strategy that says nothing through the node, that is what somebody is cut off by", () => {
  const path = { tier: null, rttMs: null, sinceMs: 0, reason: "udp-blocked" } as const;
  const { why, help } = explainPath(path, { name: "Ann", strategy: "p2p-only" })!;
  assert.match(plain(why), /UDP is blocked here, so no direct connection to Ann/);
  assert.match(help, /kept until there is a direct connection/);
  const words = (given: Parameters<typeof message>[0]) =>
    stateWords(message({ own: true, ...given }), "p2p-only");
  assert.equal(words({ state: "sending", audience: 1 }).words, "Waiting for a direct connection");
  const half = words({ state: "sent", audience: 2, delivered: 1 });
  assert.deepEqual(half, {
    mark: "dot",
    words: "Delivered to 1 of 2, not stored on the node",
    short: "1/2",
  });
  const whole = words({ state: "sent", audience: 2, delivered: 2 });
  assert.equal(whole.mark, "double-tick");
  assert.equal(whole.words, "Delivered to all 2, not stored on the node");
  const missed = words({ state: "sent", audience: 1 });
  assert.deepEqual([missed.mark, missed.short], ["dot", "0/1"]);
  assert.equal(missed.words, "Delivered to 0 of 1, not stored on the node");
  assert.equal(words({ state: "sent" }).words, "Sent, not stored on the node");
});

Deno.test("the pill shows the worst path in the room", () => {
  const paths: Record<string, FakePath> = {
    Ann: { tier: "webrtc-stun", rttMs: 8 },
    Ben: { tier: "webrtc-stun", rttMs: 12 },
  };
  assert.deepEqual(pillWords(peers(paths), online), { kind: "direct", words: "Direct, 12 ms" });
  paths.Cy = { tier: "websocket" };
  assert.deepEqual(pillWords(peers(paths), online), { kind: "relayed", words: "Through the node" });
  paths.Dov = { tier: null };
  assert.equal(pillWords(peers(paths), online).words, "No way through");
  assert.equal(pillWords([], online).words, "Node reached, 3 ms");
  assert.equal(pillWords([], offline).words, "Node unreachable");
});

Deno.test("the way to the node is told by its tier, and a relay is not called direct", () => {
  const by = (tier: UplinkView["tier"]) => {
    const uplink = { ...online, tier };
    return [uplinkWords(uplink), uplinkKind(uplink), pillWords([], uplink).kind];
  };
  assert.deepEqual(by("webrtc-stun"), [
    "To the node by a direct WebRTC channel",
    "direct",
    "direct",
  ]);
  assert.deepEqual(by("webrtc-turn"), [
    "To the node by a WebRTC channel through a TURN relay",
    "relayed",
    "relayed",
  ]);
  assert.deepEqual(by("websocket"), ["To the node by WebSocket", "direct", "direct"]);
  assert.equal(uplinkKind(offline), "none");
});

Deno.test("round trips are told in whole numbers", () => {
  assert.equal(rttWords(0.3), "under 1 ms");
  assert.equal(rttWords(7.6), "8 ms");
});
