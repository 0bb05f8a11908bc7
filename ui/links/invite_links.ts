/**
 * Makes invite links, and reads them: the query of one, and text that a user typed or pasted to join a
 * room. Pure.
 */
import type { PeerId, RoomName } from "../../transport/protocol/mod.ts";
import { idProblem, normaliseId } from "../words/name_problems.ts";

/** The place that a link or a room's name leads to. */
export type Destination =
  | { readonly kind: "room"; readonly room: RoomName; readonly peerId: PeerId | null }
  /** A room of another node: the browser has to go there. */
  | { readonly kind: "elsewhere"; readonly url: string; readonly host: string }
  | { readonly kind: "invalid"; readonly problem: string };

/** A destination that was read without the address of a node. */
export type LocalDestination = Exclude<Destination, { kind: "elsewhere" }>;

/** The link to a room of the node at `base`. */
export function inviteLink(base: string, room: string): string {
  return `${base.replace(/\/+$/, "")}/?room=${encodeURIComponent(room)}`;
}

/** Reads a room name or a link. `ownBases` are the addresses under which this node is known. */
export function parseJoinText(text: string, ownBases: readonly string[]): Destination {
  const trimmed = normaliseId(text);
  const url = asUrl(trimmed);
  if (url === null) return parseRoomName(trimmed);
  const linked = parseInviteQuery(url.searchParams);
  if (linked.kind === "invalid" || isOwn(url, ownBases)) return linked;
  return { kind: "elsewhere", url: url.href, host: url.host };
}

/** Reads the query of a link: `?room=name`, and the older `?room=name&peer_id=id`. */
export function parseInviteQuery(query: URLSearchParams): LocalDestination {
  const room = query.get("room");
  if (room === null) return { kind: "invalid", problem: "That link has no room in it." };
  const named = parseRoomName(room);
  const peerId = query.get("peer_id");
  if (named.kind === "invalid" || peerId === null) return named;
  const problem = idProblem(peerId, "The link's peer_id");
  if (problem !== null) return { kind: "invalid", problem };
  return { ...named, peerId: normaliseId(peerId) as PeerId };
}

function parseRoomName(text: string): LocalDestination {
  const problem = idProblem(text, "A room's name");
  if (problem !== null) return { kind: "invalid", problem };
  return { kind: "room", room: normaliseId(text) as RoomName, peerId: null };
}

/** Parses a link, also one that was pasted without its scheme. A room's name never holds `?room=`. */
function asUrl(text: string): URL | null {
  const hasScheme = /^https?:\/\//i.test(text);
  if (!hasScheme && !/^[^\s/?#]+\/?\?(.*&)?room=/.test(text)) return null;
  try {
    return new URL(hasScheme ? text : `http://${text}`);
  } catch {
    return null;
  }
}

function isOwn(url: URL, ownBases: readonly string[]): boolean {
  return ownBases.some((base) => {
    try {
      return new URL(base).host === url.host;
    } catch {
      return false;
    }
  });
}
