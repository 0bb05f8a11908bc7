import assert from "node:assert/strict";
import { offline, peers, plain } from "../peers.ts";
import { bannerWords, unreachedWords } from "../../../ui/words/banner.ts";
import { explainPath } from "../../../ui/words/paths.ts";

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
