/** `/signal`: the frames of a room, by WebSocket, or by long polling where WebSockets are blocked. */
import * as z from "zod/mini";
import { UserError } from "../../../transport/errors.ts";
import {
  type JoinQuery,
  joinQuery,
  LIMITS,
  type PeerId,
  peerId,
  roomName,
} from "../../../transport/protocol/mod.ts";
import { BudgetShare, type SharedBudget } from "../../limits/shared_budget.ts";
import type { LagWatch } from "../../members/lag_watch.ts";
import type { Member } from "../../rooms/member.ts";
import { PollingConnection } from "../../members/polling_connection.ts";
import { parseJsonBody, parseRequest, queryNumber, remoteAddress } from "../request.ts";
import { errorResponse, json, jsonText } from "../respond.ts";
import type { Room } from "../../rooms/room.ts";
import { type BodyParts, bodyText, type Handler, type NodeContext } from "../route.ts";
import { acceptWebSocket } from "../../connections/websocket_handshake.ts";
import type { PostIntakes } from "../../members/post_intakes.ts";
import { acceptSocket, type SocketParts } from "../../members/socket_connection.ts";
import type { Settings } from "../../settings/settings.ts";

/** The parts of a node that `/signal` needs. */
export interface SignalParts extends BodyParts, SocketParts {
  readonly settings: Settings;
  /** Places of polling members, one each. Unlike other members they stay without a connection. */
  readonly pollers: SharedBudget;
  readonly posted: PostIntakes;
}

/** Limits of one `POST /signal`: a burst of candidates, or four frames of the largest size. */
const MAX_POSTED_FRAMES = 256;
const MAX_BODY_BYTES = 1024 * 1024;

const pollQuery = z.extend(joinQuery, {
  wait: z.optional(queryNumber({ min: 0, max: 3600 })),
  after: z.optional(queryNumber({ min: 0, max: Number.MAX_SAFE_INTEGER, int: true })),
});

const postQuery = z.object({ room: roomName, peer_id: peerId, token: z.optional(z.string()) });

/** `GET /signal`: a WebSocket when the request asks for one, else a poll. */
export function signalGetRoute(parts: SignalParts, lagWatch: LagWatch): Handler {
  return (c) => {
    if (c.req.header("upgrade")?.toLowerCase() === "websocket") return upgrade(parts, lagWatch, c);
    if (c.req.method === "HEAD") {
      const message = "/signal takes GET and POST: a HEAD request would take frames and drop them";
      return errorResponse({ code: "method-not-allowed", message }, [["allow", "GET, POST"]]);
    }
    return poll(parts, c);
  };
}

function upgrade(
  parts: SignalParts,
  lagWatch: LagWatch,
  c: NodeContext,
): Response | Promise<Response> {
  const query = c.req.query();
  // `ping` frames keep our clients' connections alive; older clients get WebSocket pings.
  const isOurs = query.protocol !== undefined;
  const idleTimeoutMs = isOurs ? 0 : parts.settings.peerTimeoutMs;
  const { connection } = c.env;
  const address = remoteAddress(c.env);
  const { socket, response } = acceptWebSocket(c.req.raw, {
    clock: parts.clock,
    idleTimeoutMs,
    budget: parts.incoming,
    rate: parts.incomingRate,
    address,
    onEnd: () => connection?.ended(),
  });
  if (connection !== undefined) connection.upgraded = socket;
  acceptSocket(socket, {
    parts,
    lagWatch,
    address,
    query: () => parseRequest(joinQuery, query, "WebSocket /signal"),
  });
  return response;
}

async function poll(parts: SignalParts, c: NodeContext): Promise<Response> {
  const { wait = 0, after = null, ...query } = parseRequest(
    pollQuery,
    c.req.query(),
    "GET /signal",
  );
  const { member, connection } = pollingMember(parts, query, {
    after,
    address: remoteAddress(c.env),
  });
  const { heartbeatIntervalMs } = parts.settings;
  const text = await connection.poll({
    after,
    waitMs: Math.min(wait * 1000, LIMITS.pollWaitSeconds * 1000, heartbeatIntervalMs),
    signal: c.req.raw.signal,
  });
  member.lastHeardMs = parts.clock.now();
  return jsonText(text);
}

/** Returns the polling member with its queue. Joins the member when it is new or was on another connection. */
function pollingMember(
  parts: SignalParts,
  query: JoinQuery,
  { after, address }: { after: number | null; address: string },
): { member: Member; connection: PollingConnection } {
  const member = parts.rooms.get(query.room)?.member(query.peer_id);
  const instance = query.instance ?? "";
  if (member !== undefined && member.mayActAs(query.token)) {
    const { connection } = member;
    const isSamePage = instance === member.instance;
    // A client that has no frames yet, although some were handed out and forgotten, begins anew.
    const isNew = after === 0 && connection instanceof PollingConnection && connection.hasForgotten;
    if (connection instanceof PollingConnection && isSamePage && !isNew) {
      member.lastHeardMs = parts.clock.now();
      return { member, connection };
    }
    // An abandoned poll must not take the place back.
    if (after !== null && after > 0 && connection !== null) {
      throw movedOn(query.peer_id, isSamePage);
    }
  }
  const connection = newPollingConnection(parts, { instance, address });
  const joined = joinOrClose(parts, query, connection);
  connection.onDrained = () => joined.room.resume(joined.member);
  return { member: joined.member, connection };
}

/** @throws {UserError} `rate-limited` when too many members poll. */
function newPollingConnection(
  { clock, queued, pollers }: SignalParts,
  { instance, address }: { instance: string; address: string },
): PollingConnection {
  const place = new BudgetShare(pollers, address);
  if (!place.hold(1)) {
    const message = "As many poll as this node can serve: try again in a moment";
    throw new UserError("rate-limited", message);
  }
  return new PollingConnection({ instance, clock, budget: queued, address, place });
}

/** @throws {UserError} as `Rooms.join` does, after closing `connection`. */
function joinOrClose(parts: SignalParts, query: JoinQuery, connection: PollingConnection) {
  try {
    return parts.rooms.join(query, connection);
  } catch (error) {
    connection.close(1000, "");
    throw error;
  }
}

function movedOn(peerId: PeerId, isSamePage: boolean): UserError {
  if (isSamePage) {
    return new UserError("not-joined", `Peer "${peerId}" has moved to another connection`);
  }
  const message = `Peer "${peerId}" came back on another connection, which took its place`;
  return new UserError("replaced", message);
}

/** `POST /signal`: one or more frames of a polling member. */
export function signalPostRoute(parts: SignalParts): Handler {
  return async (c) => {
    const text = await bodyText(parts, c, MAX_BODY_BYTES);
    const body = parseJsonBody(text);
    const frames = Array.isArray(body) ? body : [body];
    if (frames.length > MAX_POSTED_FRAMES) {
      const message =
        `POST /signal takes ${MAX_POSTED_FRAMES} frames at once, not ${frames.length}`;
      throw new UserError("bad-request", message);
    }
    // Clients of the older protocol name themselves in the frame.
    const named = Array.isArray(body) ? c.req.query() : { ...asObject(body), ...c.req.query() };
    const { room, peer_id, token } = parseRequest(postQuery, named, "POST /signal");
    const { member, at } = findMember(parts.rooms.get(room), { peer_id, token });
    const address = remoteAddress(c.env);
    const intake = parts.posted.of({ parts, room: at, member, address });
    for (const frame of frames) intake.takeJson(frame);
    return json({});
  };
}

function findMember(
  room: Room | undefined,
  { peer_id, token }: { peer_id: PeerId; token: string | undefined },
): { member: Member; at: Room } {
  const member = room?.member(peer_id);
  if (room === undefined || member === undefined) {
    const message = `Peer "${peer_id}" is not in the room: join with GET /signal first`;
    throw new UserError("not-joined", message);
  }
  if (!member.mayActAs(token)) {
    throw new UserError("bad-token", `Peer "${peer_id}" needs its token to send frames`);
  }
  return { member, at: room };
}

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
