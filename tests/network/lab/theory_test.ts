import assert from "node:assert/strict";
import type { Tier } from "../../../transport/protocol/mod.ts";
import { expectedTier, expectedUplink, HOME_KINDS, type HomeKindName } from "./theory.ts";

const KINDS = Object.keys(HOME_KINDS) as HomeKindName[];

/** Two homes, and their tier with a TURN server and without. */
const PAIRS: readonly [HomeKindName, HomeKindName, Tier, Tier][] = [
  ["open", "open", "webrtc-stun", "webrtc-stun"],
  ["open", "apdm", "webrtc-stun", "webrtc-stun"],
  ["eim-eif", "apdm", "webrtc-stun", "webrtc-stun"],
  ["eim-adf", "apdm", "webrtc-stun", "webrtc-stun"],
  ["eim-apdf", "eim-apdf", "webrtc-stun", "webrtc-stun"],
  ["eim-apdf", "apdm", "webrtc-turn", "websocket"],
  ["apdm", "apdm", "webrtc-turn", "websocket"],
  ["ipv6", "ipv6", "webrtc-stun", "webrtc-stun"],
  ["ipv6", "open", "webrtc-turn", "websocket"],
  ["no-udp", "open", "webrtc-turn", "websocket"],
  ["no-udp", "no-udp", "webrtc-turn", "websocket"],
  ["node-only", "open", "websocket", "websocket"],
  ["no-ws", "eim-apdf", "webrtc-stun", "webrtc-stun"],
  ["no-ws", "apdm", "webrtc-turn", "websocket"],
  ["no-ws", "node-only", "websocket", "websocket"],
  ["proxy-only", "open", "http-polling", "http-polling"],
];

for (const [a, b, withTurn, withoutTurn] of PAIRS) {
  Deno.test(`theory: ${HOME_KINDS[a].label} meets ${HOME_KINDS[b].label}`, () => {
    assert.equal(expectedTier(a, b, { turn: true }), withTurn);
    assert.equal(expectedTier(a, b, { turn: false }), withoutTurn);
  });
}

Deno.test("theory does not depend on who comes first", () => {
  for (const a of KINDS) {
    for (const b of KINDS) {
      for (const turn of [true, false]) {
        assert.equal(expectedTier(a, b, { turn }), expectedTier(b, a, { turn }), `${a} ${b}`);
      }
    }
  }
});

Deno.test("theory: a WebSocket reaches the node, else datagrams do, else requests", () => {
  assert.equal(expectedUplink("node-only"), "websocket");
  assert.equal(expectedUplink("no-ws"), "webrtc-stun");
  assert.equal(expectedUplink("proxy-only"), "http-polling");
});
