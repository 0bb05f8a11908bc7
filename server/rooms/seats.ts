/** Chooses the member that gives up its place in a full room to a newcomer, by their addresses. */
import { addressKey } from "../limits/by_address.ts";
import type { Member } from "./member.ts";

/**
 * Returns the newest member of the address that has the most members. Null when that address has less than
 * two members more than `address`: the newcomer then finds the room full. So no address can keep others
 * out, and a class behind one address may have all places until somebody else comes.
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
