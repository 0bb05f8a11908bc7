/** The page's routes, and the addresses in the address bar that they stand for. Pure. */
import type { PeerId, RoomName } from "../../../transport/protocol/mod.ts";
import { inviteLink, parseInviteQuery } from "../../links/invite_links.ts";

/** The place in the page that an address leads to. */
export type Route =
  | { readonly page: "start"; readonly problem: string | null }
  | { readonly page: "room"; readonly room: RoomName; readonly peerId: PeerId | null };

/** The address of a room within this page's node. */
export function roomPath(room: string): string {
  return inviteLink("", room);
}

/** Reads `location.search`. A link without a room leads to the start page, a wrong one with a problem. */
export function parseRoute(search: string): Route {
  const query = new URLSearchParams(search);
  if (!query.has("room")) return { page: "start", problem: null };
  const linked = parseInviteQuery(query);
  if (linked.kind === "invalid") return { page: "start", problem: linked.problem };
  return { page: "room", room: linked.room, peerId: linked.peerId };
}
