import assert from "node:assert/strict";
import fc from "fast-check";
import { DIRECT_ONLY_LIMIT, MESH_LIMIT, neighbours } from "../../../transport/paths/neighbours.ts";
import type { PeerId } from "../../../transport/protocol/mod.ts";

const room = (size: number) =>
  Array.from({ length: size }, (_, index) => `peer-${index}` as PeerId);

function others(peers: readonly PeerId[], self: PeerId): PeerId[] {
  return peers.filter((peer) => peer !== self);
}

Deno.test("in a room that is small enough everybody is near", () => {
  const peers = room(MESH_LIMIT + 1);
  for (const self of peers) assert.equal(neighbours(self, others(peers, self)).length, MESH_LIMIT);
});

Deno.test("both ends of a pair agree whether they are near, in a room of any size", () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 60 });
  fc.assert(fc.property(names, (ids) => {
    const peers = ids as PeerId[];
    const near = new Map(peers.map((self) => [self, neighbours(self, others(peers, self), 6)]));
    for (const [self, list] of near) {
      assert.ok(!list.includes(self));
      assert.equal(list.length, Math.min(6, peers.length - 1));
      assert.equal(new Set(list).size, list.length);
      for (const other of list) assert.ok(near.get(other)?.includes(self));
    }
  }));
});

Deno.test("a peer that joins changes what a few are near to, not everybody", () => {
  const peers = room(100);
  const grown = [...peers, "one-more" as PeerId];
  const changed = peers.filter((self) => {
    const before = neighbours(self, others(peers, self));
    const after = neighbours(self, others(grown, self));
    return before.some((peer) => !after.includes(peer));
  });
  assert.ok(changed.length <= MESH_LIMIT, `${changed.length} peers changed`);
});

Deno.test("the nearest come first, however many are asked for", () => {
  const peers = room(100);
  for (const self of peers) {
    const many = neighbours(self, others(peers, self), DIRECT_ONLY_LIMIT);
    assert.deepEqual(many.slice(0, MESH_LIMIT), neighbours(self, others(peers, self)));
  }
});
