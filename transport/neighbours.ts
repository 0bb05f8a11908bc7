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
 * pages in it because a crowd, or one who plays a crowd, wants to be connected to each of them.
 */
export const DIRECT_ONLY_LIMIT = 64;

/** The peers that `self` connects to directly: all of `others` in a room that is small enough. */
export function neighbours(
  self: PeerId,
  others: readonly PeerId[],
  limit = MESH_LIMIT,
): ReadonlySet<PeerId> {
  if (others.length <= limit) return new Set(others);
  const ring = [self, ...others].sort((a, b) => hash(a) - hash(b) || (a < b ? -1 : 1));
  const at = ring.indexOf(self);
  const reach = Math.floor(limit / 2);
  const near = new Set<PeerId>();
  for (let step = 1; step <= reach; step++) {
    near.add(ring[(at + step) % ring.length] as PeerId);
    near.add(ring[(at - step + ring.length) % ring.length] as PeerId);
  }
  return near;
}

/** 32-bit FNV-1a over UTF-16 code units. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return state;
}
