import assert from "node:assert/strict";
import {
  explainReason,
  isRuledOut,
  type PathReason,
} from "../../../transport/paths/path_reasons.ts";

/** Every reason code. The compiler checks that none is missing. */
const ALL: Readonly<Record<PathReason, true>> = {
  "connecting": true,
  "no-direct-route": true,
  "udp-blocked": true,
  "no-turn": true,
  "relay-refused": true,
  "peer-relay-refused": true,
  "relay-only": true,
  "relay-failed": true,
  "peer-relay-only": true,
  "peer-relay-failed": true,
  "peer-direct-only": true,
  "direct-only-mismatch": true,
  "mesh-full": true,
  "strategy": true,
  "peer-strategy": true,
  "strategies-differ": true,
  "webrtc-off": true,
  "peer-has-no-webrtc": true,
};

const facts = { tier: "websocket", peer: "Ann", self: null } as const;

Deno.test("every reason has words of its own, and says what would help", () => {
  const all = Object.keys(ALL).map((reason) => explainReason({ ...facts, reason }));
  assert.equal(new Set(all.map(({ why }) => why)).size, all.length);
  for (const { why, help } of all) {
    assert.match(why, /^[A-Z].+\.$/);
    assert.match(help, /^[A-Z].+\.$/);
  }
});

Deno.test("a path is explained to others by whose it is", () => {
  for (const reason of Object.keys(ALL)) {
    const { why } = explainReason({ ...facts, reason, self: "Bob" });
    assert.doesNotMatch(why, /\byou|\bhere\b/i, reason);
  }
  const { why } = explainReason({ ...facts, reason: "strategy", self: "Bob" });
  assert.equal(why, "Bob's settings allow no direct connections.");
});

Deno.test("a path through a TURN server is not told to need one", () => {
  for (const reason of ["no-direct-route", "peer-relay-only", "strategy"]) {
    const { why, help } = explainReason({ ...facts, tier: "webrtc-turn", reason });
    assert.doesNotMatch(why + help, /no TURN server|TURN server set/);
  }
});

Deno.test("with no way at all nobody is told that messages get through", () => {
  for (const reason of Object.keys(ALL)) {
    const { help } = explainReason({ ...facts, tier: null, reason });
    const isKept = !isRuledOut(reason);
    assert.match(help, isKept ? /kept until there is a direct connection/ : /does not reach them/);
    assert.doesNotMatch(help, /Nothing to do/);
  }
  const ruledOut = Object.keys(ALL).filter(isRuledOut);
  assert.deepEqual(ruledOut, [
    ...["mesh-full", "peer-strategy", "strategies-differ", "peer-has-no-webrtc"],
  ]);
  assert.match(explainReason({ ...facts, tier: null, reason: "no-turn" }).help, /A TURN server/);
});

Deno.test("a reason that this version does not know is shown as it is", () => {
  for (const reason of ["carrier-pigeon", "constructor"]) {
    assert.match(explainReason({ ...facts, reason }).why, new RegExp(reason));
    assert.match(explainReason({ ...facts, tier: "webrtc-turn", reason }).why, new RegExp(reason));
  }
});

Deno.test("PROTOCOL.md has every reason, and no other", () => {
  const page = Deno.readTextFileSync(new URL("../../../transport/PROTOCOL.md", import.meta.url));
  const [, table = ""] = page.split(/^\| reason .*$/m);
  const listed = [...table.split("\n\n")[0]!.matchAll(/^\| `([a-z-]+)`/gm)].map(([, code]) => code);
  assert.deepEqual(listed, Object.keys(ALL));
});
