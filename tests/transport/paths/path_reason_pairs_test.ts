/**
 * The reasons that Ann reads for her path to Bob when no direct connection stands, for every pair of
 * strategies: real sessions, a network that lets no direct connection through, with and without a TURN
 * server. Also the reasons that their node gives for the pair, where it can know them.
 */
import assert from "node:assert/strict";
import { roomStatus } from "../../../server/rooms/path_status.ts";
import { relayedReason } from "../../../transport/paths/inferred_path.ts";
import { explainReason, type PathReason } from "../../../transport/paths/path_reasons.ts";
import { saysThroughNode, STRATEGY_RULES } from "../../../transport/paths/strategy.ts";
import { STRATEGIES, type Strategy } from "../../../transport/protocol/mod.ts";
import { ROOM, World } from "../../fakes/session_world.ts";

type Pairs = Readonly<Record<Strategy, Readonly<Record<Strategy, PathReason>>>>;

const NODE_ONLY = "strategy";
const MISMATCH = "direct-only-mismatch";

/** Ann's strategy, then Bob's, with a STUN server that answers and no TURN server. */
const WITHOUT_TURN: Pairs = {
  "auto": {
    "auto": "no-turn",
    "p2p-only": "peer-direct-only",
    "webrtc-stun": "peer-direct-only",
    "relay-safe": "peer-relay-only",
    "websocket-only": "peer-strategy",
    "http-only": "peer-strategy",
  },
  "p2p-only": {
    "auto": "no-turn",
    "p2p-only": "no-turn",
    "webrtc-stun": "peer-relay-refused",
    "relay-safe": "peer-relay-only",
    "websocket-only": "peer-strategy",
    "http-only": "peer-strategy",
  },
  "webrtc-stun": {
    "auto": "relay-refused",
    "p2p-only": "relay-refused",
    "webrtc-stun": "relay-refused",
    "relay-safe": "strategies-differ",
    "websocket-only": "peer-strategy",
    "http-only": "peer-strategy",
  },
  "relay-safe": {
    "auto": "relay-only",
    "p2p-only": "peer-direct-only",
    "webrtc-stun": MISMATCH,
    "relay-safe": "relay-only",
    "websocket-only": "peer-strategy",
    "http-only": "peer-strategy",
  },
  "websocket-only": {
    "auto": NODE_ONLY,
    "p2p-only": MISMATCH,
    "webrtc-stun": MISMATCH,
    "relay-safe": NODE_ONLY,
    "websocket-only": NODE_ONLY,
    "http-only": NODE_ONLY,
  },
  "http-only": {
    "auto": NODE_ONLY,
    "p2p-only": MISMATCH,
    "webrtc-stun": MISMATCH,
    "relay-safe": NODE_ONLY,
    "websocket-only": NODE_ONLY,
    "http-only": NODE_ONLY,
  },
};

/** Reasons that change with a TURN server that does not get through. */
const WITH_TURN: Partial<Record<PathReason, PathReason>> = {
  "no-turn": "no-direct-route",
  "peer-relay-only": "peer-relay-failed",
  "relay-only": "relay-failed",
};

/** The cause that each sentence names: Ann's choice, Bob's choice, or neither. */
const NAMES: Partial<Record<PathReason, RegExp>> = {
  "no-turn": /^The networks between you and Bob need a relay, and no TURN server is set\.$/,
  "no-direct-route": /^The networks between you and Bob let no direct connection through\.$/,
  "relay-refused": /^The networks between you and Bob .*, and your settings allow no relay\.$/,
  "peer-relay-refused": /^The networks .*, and Bob has chosen settings that allow no relay\.$/,
  "relay-only": /^Your settings hide the address from the others, and no TURN server is set/,
  "relay-failed": /^Your settings hide the address .*, and the TURN server did not get through/,
  "peer-relay-only": /^Bob keeps their address to themselves, and no TURN server is set/,
  "peer-relay-failed": /^Bob keeps their address .*, and the TURN server did not get through/,
  "peer-direct-only": /^Bob has chosen direct connections only, and there is none: .* reach you\.$/,
  "direct-only-mismatch": /^Bob has chosen direct connections only, and your settings allow none/,
  "strategy": /^Your settings allow no direct connections\.$/,
  "peer-strategy": /^Bob has chosen settings that allow no direct connections\.$/,
  "strategies-differ": /^Bob takes .* through a relay alone, and your settings allow no relay\.$/,
};

async function reasonOf(pair: { ann: Strategy; bob: Strategy; hasTurn: boolean }) {
  const world = new World();
  world.network.allowsDirect = false;
  world.network.gathered = new Set(["host", "srflx"]);
  if (pair.hasTurn) world.node.setTurnUrls(["turn:turn.example:3478"]);
  const ann = world.open("Ann", { strategy: pair.ann });
  const bob = world.open("Bob", { strategy: pair.bob });
  await world.clock.advance(60_000);
  const { tier, reason } = ann.session.peers[0]!.path;
  const { members } = roomStatus(world.node.room(ROOM)!);
  const told = members.find(({ name }) => name === "Ann")!.paths[0]!;
  const tries = ann.linked.length + bob.linked.length;
  world.close();
  return { tier, reason, told: told.reason, tries };
}

for (const hasTurn of [false, true]) {
  for (const ann of STRATEGIES) {
    const name = `${ann} reads of every other strategy what keeps the two from a direct connection`;
    Deno.test(`${name}, with ${hasTurn ? "a" : "no"} TURN server`, async () => {
      for (const bob of STRATEGIES) {
        const pair = `${ann} to ${bob}`;
        const bare = WITHOUT_TURN[ann][bob];
        const expected = (hasTurn ? WITH_TURN[bare] : undefined) ?? bare;
        const { tier, reason, told, tries } = await reasonOf({ ann, bob, hasTurn });
        assert.equal(reason, expected, pair);
        assert.equal(told, expected, `${pair}, as the node tells it`);
        const { why, help } = explainReason({ tier, reason: expected, peer: "Bob", self: null });
        assert.match(why, NAMES[expected]!, pair);
        const isHopeless = [NODE_ONLY, MISMATCH, "peer-strategy", "strategies-differ"].includes(
          bare,
        );
        assert.equal(tries === 0, isHopeless, `${pair}: ${tries} tries`);
        const helpsWithTurn = bare === "no-turn" || bare.endsWith("relay-only");
        assert.equal(/TURN/.test(help), helpsWithTurn, `${pair}: ${help}`);
      }
    });
  }
}

Deno.test("where UDP is blocked, that is told of every pair that could be direct but for it", async () => {
  for (const ann of ["auto", "p2p-only", "webrtc-stun"] as const) {
    for (const bob of ["auto", "p2p-only", "webrtc-stun"] as const) {
      const world = new World();
      world.network.allowsDirect = false;
      world.node.setTurnUrls(["turn:turn.example:3478"]);
      const tab = world.open("Ann", { strategy: ann });
      world.open("Bob", { strategy: bob });
      await world.clock.advance(60_000);
      const isUnheard = saysThroughNode(ann) && !saysThroughNode(bob);
      const expected = isUnheard ? "peer-direct-only" : "udp-blocked";
      assert.equal(tab.session.peers[0]!.path.reason, expected, `${ann} to ${bob}`);
      world.close();
    }
  }
});

Deno.test("without WebRTC, or with an older client, the one that has none is named", () => {
  const has = { hasWebRtc: true };
  const none = { hasWebRtc: false };
  for (const ann of STRATEGIES) {
    for (const bob of STRATEGIES) {
      const pair = `${ann} to ${bob}`;
      const isUnheard = saysThroughNode(ann) && !saysThroughNode(bob);
      const allowsNone = STRATEGY_RULES[ann].mesh === "off";
      const self = relayedReason({ ...none, strategy: ann }, { ...has, strategy: bob }, null);
      const peer = relayedReason({ ...has, strategy: ann }, { ...none, strategy: bob }, null);
      if (isUnheard) {
        assert.match(`${self} ${peer}`, /^(\S+-direct-only|direct-only-\S+) \1$/, pair);
      } else {
        assert.equal(self, allowsNone ? "strategy" : "webrtc-off", pair);
        assert.equal(peer, allowsNone ? "strategy" : "peer-has-no-webrtc", pair);
      }
    }
  }
});
