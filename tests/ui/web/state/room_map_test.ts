import assert from "node:assert/strict";
import { online, peers, plain } from "../../peers.ts";
import { describeMap, layoutMap, MOST_ON_MAP } from "../../../../ui/web/state/room_map.ts";

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
