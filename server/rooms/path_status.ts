/**
 * The paths between the members of a room, and why a path is not the best one, for `/transport/status`. The
 * members' sessions report some paths. `transport/paths/inferred_path.ts` infers the others. The status
 * shows no more than every member knows of the others, and no address.
 */
import { inferPath } from "../../transport/paths/inferred_path.ts";
import { explainReason } from "../../transport/paths/path_reasons.ts";
import { LIMITS, type PathReport, type Tier } from "../../transport/protocol/mod.ts";
import type { Member } from "./member.ts";
import type { Room } from "./room.ts";

type Told = PathReport["paths"][number];

/** Counts the reported paths over all rooms: paths by tier, and reasons by code. */
export function reportedPaths(rooms: Iterable<Room>) {
  const paths = new Map<string, number>();
  const reasons = new Map<string, number>();
  for (const room of rooms) {
    for (const { report } of room.members) {
      for (const { tier, reason } of report?.paths ?? []) {
        count(paths, tier ?? "none");
        if (reason !== null) count(reasons, reason);
      }
    }
  }
  return { paths: Object.fromEntries(paths), reasons: Object.fromEntries(reasons) };
}

function count(counts: Map<string, number>, code: string): void {
  counts.set(code, (counts.get(code) ?? 0) + 1);
}

/** The members of `room`, each with its tier to the node and its paths to the others. */
export function roomStatus(room: Room) {
  return {
    room: room.name,
    members: [...room.members].map((member) => memberStatus(room, member)),
  };
}

function memberStatus(room: Room, member: Member) {
  const { peerId, name, tier, strategy = "auto" } = member;
  const paths = pathsOf(room, member);
  return {
    peer_id: peerId,
    name,
    tier,
    strategy,
    paths,
    /** Number of other members that are not listed: all paths of all members would be too many. */
    more: room.size - 1 - paths.length,
  };
}

/** The reported paths first, then inferred ones. */
function pathsOf(room: Room, member: Member) {
  const self = member.info;
  const paths = new Map<string, ReturnType<typeof pathStatus>>();
  const add = (other: Member | undefined, told: Told | null) => {
    if (other === undefined || other === member || paths.has(other.peerId)) return;
    const path = told ?? inferPath(self, other.info, room.size - 1);
    paths.set(other.peerId, pathStatus(member, other, path));
  };
  for (const told of member.report?.paths ?? []) add(room.member(told.peer_id), told);
  for (const other of room.members) {
    if (paths.size >= LIMITS.reportedPaths) break;
    add(other, null);
  }
  return [...paths.values()];
}

function pathStatus(member: Member, other: Member, { tier, reason }: Omit<Told, "peer_id">) {
  const words = reason === null ? { why: null, help: null } : explainReason({
    tier: tier as Tier | null,
    reason,
    self: member.name,
    peer: other.name,
  });
  return { peer_id: other.peerId, tier, reason, ...words };
}
