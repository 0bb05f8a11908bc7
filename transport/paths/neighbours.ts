/**
 * Selects the pairs of a large room that connect directly. The peers stand on a ring in the order of a
 * hash, and each connects to the nearest ones on both sides. Both ends of a pair compute the same
 * result without asking anybody. A peer that joins or leaves changes it for its neighbours alone.
 */
import type { PeerId } from "../protocol/mod.ts";

/**
 * Direct connections of one peer. Each costs a browser about a megabyte and a probe a second, and
 * drains the battery of a phone. Beyond this the node fans out, which costs it little.
 */
export const MESH_LIMIT = 16;

/**
 * The same for a pair of which one peer sends nothing through the node, so that the node can't fan out
 * for it. A page bears this many, at a price; a pair beyond it has no path. The limit protects the
 * pages of a room from a crowd, or an attacker with many ids, that wants a connection to each of them.
 * (Such an attacker may take the places near a peer, as peers choose their ids.)
 */
export const DIRECT_ONLY_LIMIT = 64;

/** The members of `others` nearest to `self` on the ring: `limit` at most, the nearest first. */
export function neighbours(
  self: PeerId,
  others: readonly PeerId[],
  limit = MESH_LIMIT,
): readonly PeerId[] {
  const ring = [self, ...others]
    .map((peerId) => ({ peerId, place: hash(peerId) }))
    .sort((a, b) => a.place - b.place || (a.peerId < b.peerId ? -1 : 1))
    .map(({ peerId }) => peerId);
  const at = ring.indexOf(self);
  const near = new Set<PeerId>();
  for (let step = 1; near.size < Math.min(limit, others.length); step++) {
    near.add(ring[(at + step) % ring.length] as PeerId);
    near.add(ring[(at - step + ring.length) % ring.length] as PeerId);
  }
  return [...near];
}

/** 32-bit FNV-1a over UTF-16 code units. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return state;
}
