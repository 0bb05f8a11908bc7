import assert from "node:assert/strict";
import fc from "fast-check";
import { MESH_LIMIT, neighbours } from "../../transport/neighbours.ts";
import type { PeerId } from "../../transport/protocol.ts";

const room = (size: number) =>
  Array.from({ length: size }, (_, index) => `peer-${index}` as PeerId);

function others(peers: readonly PeerId[], self: PeerId): PeerId[] {
  return peers.filter((peer) => peer !== self);
}

Deno.test("in a room that is small enough everybody is near", () => {
  const peers = room(MESH_LIMIT + 1);
  for (const self of peers) assert.equal(neighbours(self, others(peers, self)).size, MESH_LIMIT);
});

Deno.test("both ends of a pair agree whether they are near, in a room of any size", () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 60 });
  fc.assert(fc.property(names, (ids) => {
    const peers = ids as PeerId[];
    const near = new Map(peers.map((self) => [self, neighbours(self, others(peers, self), 6)]));
    for (const [self, set] of near) {
      assert.ok(!set.has(self));
      assert.ok(set.size <= 6);
      for (const other of set) assert.ok(near.get(other)?.has(self));
    }
  }));
});

Deno.test("a peer that joins changes what a few are near to, not everybody", () => {
  const peers = room(100);
  const grown = [...peers, "one-more" as PeerId];
  const changed = peers.filter((self) => {
    const before = neighbours(self, others(peers, self));
    const after = neighbours(self, others(grown, self));
    return [...before].some((peer) => !after.has(peer));
  });
  assert.ok(changed.length <= MESH_LIMIT, `${changed.length} peers changed`);
});
