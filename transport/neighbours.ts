/**
 * Which pairs of a large room connect directly. Everyone stands on a ring in the order of a hash, and
 * connects to the nearest on both sides: both ends of a pair come to the same answer with nobody to
 * ask, and a peer that joins or leaves changes it for its neighbours alone.
 */
import type { PeerId } from "./protocol.ts";

/**
 * Direct connections of one peer. Each costs a browser about a megabyte and a probe a second, and a
 * phone its battery; beyond this the node fans out, which costs it little.
 */
export const MESH_LIMIT = 16;

/**
 * The same where one of the two says nothing through the node, so that nobody fans out for it: what a
 * page bears at a price. Beyond it such a pair has no way to each other; a room must not break the
 * pages in it because a crowd, or one who plays a crowd, wants to be connected to each of them. (Who
 * plays one may take the places near somebody; ids are what their owners say.)
 */
export const DIRECT_ONLY_LIMIT = 64;

/** Those of `others` that are nearest to `self` on the ring, `limit` at most, the nearest first. */
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
