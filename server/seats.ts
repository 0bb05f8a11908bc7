/** Whose place in a full room goes to somebody who comes: nobody's, while all have as many. */
import { addressKey } from "./by_address.ts";
import type { Member } from "./member.ts";

/**
 * Of the address that has the most members, the one who came last; null when it has no two more than
 * `address`, whose newcomer then finds the room full. So one address keeps nobody out, and a class behind
 * one has all places until somebody else comes.
 */
export function whoGivesWay(members: Iterable<Member>, address: string): Member | null {
  const byAddress = new Map<string, Member[]>();
  let most: Member[] = [];
  for (const member of members) {
    const key = addressKey(member.address);
    const those = byAddress.get(key) ?? [];
    byAddress.set(key, those);
    those.push(member);
    if (those.length > most.length) most = those;
  }
  const own = byAddress.get(addressKey(address))?.length ?? 0;
  return most.length > own + 1 ? most.at(-1) ?? null : null;
}
