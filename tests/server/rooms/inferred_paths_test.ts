/** The paths that a node infers where no session has reported one: they are those of the table. */
import assert from "node:assert/strict";
import { roomStatus } from "../../../server/rooms/path_status.ts";
import { DIRECT_ONLY_LIMIT, MESH_LIMIT } from "../../../transport/paths/neighbours.ts";
import { TIERS } from "../../../transport/protocol/mod.ts";
import {
  DIRECT_ONLY,
  type Outcome,
  pairs,
  type Side,
  tabledReason,
  tabledTier,
} from "../../transport/paths/path_table.ts";
import { RoomWorld, TOKEN } from "./room_world.ts";

/** A client has no WebRTC when it says so, and when it is too old to have an instance. */
const WITHOUT_WEBRTC: readonly Record<string, string>[] = [
  { webrtc: "off", instance: "one" },
  {},
];

/** Ann and Bob, and as many more as `others` says. Each call lets the two come back as other clients. */
async function roomWith(others: number) {
  const world = await RoomWorld.create();
  const join = (peerId: string, query: Record<string, string>) =>
    world.join(peerId, { protocol: "1", token: TOKEN, ...query });
  const joinAs = (peerId: string, side: Side, without: Record<string, string>) =>
    join(peerId, {
      strategy: side.strategy,
      ...side.hasWebRtc ? { instance: "one" } : without,
    });
  // The status lists some members alone, the first ones.
  join("ann", {});
  join("bob", {});
  for (let n = 0; n < others; n++) join(`other ${n}`, { instance: "one" });
  return (self: Side, peer: Side, without: Record<string, string>) => {
    const ann = joinAs("ann", self, without);
    const bob = joinAs("bob", peer, without);
    const path = () => {
      const row = roomStatus(ann.room).members.find(({ peer_id }) => peer_id === "ann")!;
      return row.paths.find(({ peer_id }) => peer_id === "bob")!;
    };
    return { ann, bob, path };
  };
}

function outcomeOf(self: Side, others: number): Outcome {
  const limit = DIRECT_ONLY.has(self.strategy) ? DIRECT_ONLY_LIMIT : MESH_LIMIT;
  return others + 1 > limit ? "mesh-full" : null;
}

Deno.test("a node infers the path of every pair as the table says", async () => {
  const open = await roomWith(0);
  for (const { self, peer } of pairs()) {
    for (const without of WITHOUT_WEBRTC) {
      const { tier, reason } = open(self, peer, without).path();
      const pair = `${JSON.stringify(self)} to ${JSON.stringify(peer)}`;
      assert.equal(reason, tabledReason(self, peer, outcomeOf(self, 0)), pair);
      assert.equal(tier, DIRECT_ONLY.has(self.strategy) ? null : "websocket", pair);
    }
  }
});

for (const others of [MESH_LIMIT - 1, MESH_LIMIT, DIRECT_ONLY_LIMIT - 1, DIRECT_ONLY_LIMIT]) {
  Deno.test(`so it does for every pair of strategies beside ${others} others`, async () => {
    const open = await roomWith(others);
    for (const { self, peer } of pairs()) {
      if (!self.hasWebRtc || !peer.hasWebRtc) continue;
      const { reason } = open(self, peer, {}).path();
      const pair = `${self.strategy} to ${peer.strategy}`;
      assert.equal(reason, tabledReason(self, peer, outcomeOf(self, others)), pair);
    }
  });
}

Deno.test("a path through the node has the tier of the table, from any tier to any", async () => {
  const open = await roomWith(0);
  const side: Side = { strategy: "auto", hasWebRtc: true };
  const { ann, bob, path } = open(side, side, {});
  for (const own of TIERS) {
    for (const other of TIERS) {
      ann.member.tier = own;
      bob.member.tier = other;
      assert.equal(path().tier, tabledTier(own, other), `${own} to ${other}`);
    }
  }
});
