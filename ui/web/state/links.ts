/** Makes invite links, and reads them from the address bar and from pasted text. Pure. */
import type { PeerId, RoomName } from "../../../transport/protocol/mod.ts";
import { idProblem, normaliseId } from "./names.ts";

/** The place in the page that an address leads to. */
export type Route =
  | { readonly page: "start"; readonly problem: string | null }
  | { readonly page: "room"; readonly room: RoomName; readonly peerId: PeerId | null };

/** The result of reading the text that the user typed or pasted to join a room. */
export type JoinTarget =
  | { readonly kind: "room"; readonly room: RoomName; readonly peerId: PeerId | null }
  /** A room of another node: the browser has to go there. */
  | { readonly kind: "elsewhere"; readonly url: string; readonly host: string }
  | { readonly kind: "invalid"; readonly problem: string };

/** The link to a room of the node at `base`. */
export function inviteLink(base: string, room: string): string {
  return `${base.replace(/\/+$/, "")}/?room=${encodeURIComponent(room)}`;
}

/** The address of a room within this page's node. */
export function roomPath(room: string): string {
  return `/?room=${encodeURIComponent(room)}`;
}

/** Reads `location.search`: `?room=name`, and the older `?room=name&peer_id=id`. */
export function parseRoute(search: string): Route {
  const query = new URLSearchParams(search);
  if (!query.has("room")) return { page: "start", problem: null };
  const target = targetFromQuery(query);
  if (target.kind === "invalid") return { page: "start", problem: target.problem };
  return { page: "room", room: target.room, peerId: target.peerId };
}

/** Reads a room name or a link. `ownBases` are the addresses under which this node is known. */
export function parseJoinText(text: string, ownBases: readonly string[]): JoinTarget {
  const trimmed = normaliseId(text);
  const url = asUrl(trimmed);
  if (url === null) return targetFromName(trimmed);
  const target = targetFromQuery(url.searchParams);
  if (target.kind === "invalid" || isOwn(url, ownBases)) return target;
  return { kind: "elsewhere", url: url.href, host: url.host };
}

function targetFromName(text: string): Exclude<JoinTarget, { kind: "elsewhere" }> {
  const problem = idProblem(text, "A room's name");
  if (problem !== null) return { kind: "invalid", problem };
  return { kind: "room", room: normaliseId(text) as RoomName, peerId: null };
}

function targetFromQuery(query: URLSearchParams): Exclude<JoinTarget, { kind: "elsewhere" }> {
  const room = query.get("room");
  if (room === null) return { kind: "invalid", problem: "That link has no room in it." };
  const target = targetFromName(room);
  const peerId = query.get("peer_id");
  if (target.kind === "invalid" || peerId === null) return target;
  const problem = idProblem(peerId, "The link's peer_id");
  if (problem !== null) return { kind: "invalid", problem };
  return { ...target, peerId: normaliseId(peerId) as PeerId };
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
