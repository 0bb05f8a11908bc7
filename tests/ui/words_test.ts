import assert from "node:assert/strict";
import { STRATEGIES, TIERS } from "../../transport/protocol/mod.ts";
import type { PeerView, UplinkView } from "../../transport/view.ts";
import { bannerWords, unreachedWords } from "../../ui/web/state/banner_words.ts";
import { countdownWords } from "../../ui/web/state/clock_words.ts";
import { sizeWords, trimDraft } from "../../ui/web/state/drafts.ts";
import { stateWords } from "../../ui/web/state/message_words.ts";
import {
  explainPath,
  pillWords,
  rttWords,
  tierWords,
  uplinkKind,
  uplinkWords,
} from "../../ui/web/state/path_words.ts";
import { describeMap, layoutMap, MOST_ON_MAP } from "../../ui/web/state/room_map.ts";
import { messageSpeech } from "../../ui/web/state/speech.ts";
import { strategyWords } from "../../ui/web/state/strategy_words.ts";
import { type FakePath, FakeSession } from "../fakes/session.ts";
import { message } from "./messages.ts";

function peers(paths: Record<string, FakePath>): readonly PeerView[] {
  const session = new FakeSession({ room: "r", name: "me" });
  for (const [name, path] of Object.entries(paths)) session.addPeer(name, path);
  return session.peers;
}

const online: UplinkView = {
  state: "online",
  tier: "websocket",
  rttMs: 3,
  sinceMs: 0,
  retryAtMs: null,
  error: null,
};
const offline: UplinkView = { ...online, state: "offline", tier: null };
const plain = (text: string) => text.replace(/[\u2068\u2069]/g, "");

Deno.test("an own message's state is told in words", () => {
  const words = (given: Parameters<typeof message>[0]) =>
    stateWords(message({ own: true, ...given }), "auto").words;
  assert.equal(words({ state: "sending" }), "Sending");
  assert.equal(words({ state: "sent" }), "Sent, not yet stored by the node");
  assert.equal(
    words({ state: "sent", audience: 3, delivered: 2 }),
    "Delivered to 2 of 3, not yet stored by the node",
  );
  assert.equal(words({ state: "stored" }), "Stored");
  assert.equal(
    words({ state: "stored", audience: 3, delivered: 2 }),
    "Stored, delivered to 2 of 3",
  );
  assert.equal(
    words({ state: "stored", audience: 2, delivered: 2 }),
    "Stored, delivered to all 2",
  );
  assert.equal(words({ state: "failed" }), "Not sent");
});

Deno.test("marks differ by state, so that no state is told by colour alone", () => {
  const marks = (["sending", "sent", "stored", "failed"] as const).map((state) =>
    stateWords(message({ own: true, state }), "auto").mark
  );
  assert.equal(new Set(marks).size, 4);
});

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

Deno.test("the banner names whom nothing reaches, but not while that is being tried", () => {
  const all = peers({
    Ann: { tier: "webrtc-stun" },
    Ben: { tier: null, reason: "no-turn" },
    Cy: { tier: null, reason: "connecting" },
  });
  assert.match(
    plain(unreachedWords({ peers: all, strategy: "p2p-only" })!),
    /^What you write does not reach Ben yet: /,
  );
  assert.equal(unreachedWords({ peers: all, strategy: "auto" }), null);
  assert.equal(unreachedWords({ peers: all.slice(0, 1), strategy: "p2p-only" }), null);
});

Deno.test("nobody is told that messages are kept for whom no direct connection can reach", () => {
  const strategy = "p2p-only";
  const all = peers({
    Ann: { tier: "webrtc-stun" },
    Ben: { tier: null, reason: "peer-has-no-webrtc" },
  });
  assert.match(
    plain(unreachedWords({ peers: all, strategy })!),
    /^What you write does not reach Ben: /,
  );
  assert.equal(
    plain(bannerWords(offline, { peers: all, strategy })),
    "The node is unreachable. You are still connected to Ann directly.",
  );
  for (const reason of ["peer-has-no-webrtc", "mesh-full"] as const) {
    const path = { tier: null, rttMs: null, sinceMs: 0, reason };
    const { help } = explainPath(path, { name: "Ben", strategy })!;
    assert.match(help, /does not reach them/);
    assert.doesNotMatch(help, /until there is|node passes/);
  }
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

Deno.test("every strategy has words of its own, and the node's names what it is now", () => {
  const all = [null, ...STRATEGIES].map((choice) => strategyWords(choice, null));
  assert.equal(new Set(all.map(({ title }) => title)).size, all.length);
  assert.equal(new Set(all.map(({ meaning }) => meaning)).size, all.length);
  assert.match(strategyWords(null, "relay-safe").meaning, /now: Hide my address from the others/);
});

Deno.test("round trips and countdowns are told in whole numbers", () => {
  assert.equal(rttWords(0.3), "under 1 ms");
  assert.equal(rttWords(7.6), "8 ms");
  assert.equal(countdownWords(1000, 2000), "now");
  assert.equal(countdownWords(1000, 1), "in 1 second");
  assert.equal(countdownWords(5001, 1), "in 5 seconds");
});

Deno.test("the banner says what still works", () => {
  const direct = peers({ Ann: { tier: "webrtc-stun" } });
  assert.equal(
    plain(bannerWords(offline, { peers: direct, strategy: "auto" })),
    "The node is unreachable. You are still connected to Ann directly. " +
      "Messages will be stored when it is back.",
  );
  const nobody = { peers: [], strategy: "auto" } as const;
  assert.match(bannerWords(offline, nobody), /Messages are kept here, and go out when it is back/);
  const closed = { ...offline, state: "closed" } as const;
  const error = { code: "room-full", message: 'Cannot join room "x": it is full' } as const;
  assert.equal(bannerWords({ ...closed, error }, nobody), error.message);
});

Deno.test("the banner promises no storing where nothing goes through the node", () => {
  const strategy = "p2p-only";
  const direct = peers({ Ann: { tier: "webrtc-stun" } });
  assert.equal(
    plain(bannerWords(offline, { peers: direct, strategy })),
    "The node is unreachable. You are still connected to Ann directly.",
  );
  const some = peers({ Ann: { tier: "webrtc-stun" }, Ben: { tier: null } });
  for (const who of [some, []]) {
    const words = bannerWords(offline, { peers: who, strategy });
    assert.match(words, /kept here for whom no direct connection reaches/);
    assert.doesNotMatch(words, /stored|back/);
  }
});

Deno.test("the map draws a dozen peers at most, and says how many more there are", () => {
  const many = Array.from({ length: 30 }, (_, i) => [`p${i}`, { tier: "websocket" }] as const);
  const map = layoutMap(peers(Object.fromEntries(many)), online);
  assert.equal(map.peers.length, MOST_ON_MAP - 1);
  assert.equal(map.hidden.count, 30 - map.peers.length);
  assert.ok(map.hidden.y < map.height);
  assert.equal(new Set(map.peers.map(({ y }) => y)).size, map.peers.length);
});

Deno.test("the map is told in words as well", () => {
  const all = peers({
    Ann: { tier: "webrtc-stun" },
    Ben: { tier: "websocket" },
    Cy: { tier: null },
  });
  assert.equal(
    plain(describeMap(all, online)),
    "Map of the room. You reach the node. Direct to Ann. " +
      "Through a relay or the node to Ben. No way to Cy.",
  );
});

Deno.test("a few messages are read aloud, many are summed up, long ones begun", () => {
  assert.deepEqual(messageSpeech([message({ name: "Ann", text: "hi" })]), ["Ann: hi"]);
  const many = Array.from({ length: 5 }, () => message({ name: "Ann" }));
  assert.deepEqual(messageSpeech(many).map(plain), ["5 new messages from Ann"]);
  const [long] = messageSpeech([message({ text: "x".repeat(10_000) })]);
  assert.ok(long!.length < 400);
});

Deno.test("a draft goes out without empty lines around it, but with its spaces", () => {
  assert.equal(trimDraft("\n\n  code\n  more\n\n"), "  code\n  more");
  assert.equal(trimDraft(" \n "), "");
});

Deno.test("the size of a text is told only when it nears the limit, in bytes of UTF-8", () => {
  assert.equal(sizeWords("x".repeat(48_000)), "");
  assert.equal(sizeWords("x".repeat(60 * 1024)), "60.0 of 64 KiB");
  assert.equal(sizeWords("é".repeat(32 * 1024)), "64.0 of 64 KiB");
});
