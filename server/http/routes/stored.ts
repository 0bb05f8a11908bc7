/** `/api/v2/*`: the stored data in pages: `{ items, total, limit, offset }`. */
import * as z from "zod/mini";
import { UserError } from "../../../transport/errors.ts";
import { roomName, timestampFromUs, usFromTimestamp } from "../../../transport/protocol/mod.ts";
import type { MessageStore, Page, RoomRow } from "../../../storage/message_store.ts";
import { storedMessageOf } from "../../rooms/frames.ts";
import type { Clock } from "../../../transport/transport.ts";
import type { Rooms } from "../../rooms/rooms.ts";
import type { AdminGate } from "../admin.ts";
import { parseRequest, queryNumber, queryTimestamp } from "../request.ts";
import { json } from "../respond.ts";
import { answerLarge, type AnswerParts, type Handler, type NodeContext } from "../route.ts";

/** The parts of a node that `/api/v2` needs. */
export interface StoredParts extends AnswerParts {
  readonly store: MessageStore;
  readonly rooms: Rooms;
  readonly admin: AdminGate;
  readonly clock: Clock;
  readonly version: string;
  /** On the clock's `now`. */
  readonly startedMs: number;
}

const DEFAULT_ROWS = 50;
/** Rows of one page. A program that wants everything reads page by page, or uses `/history`. */
const MAX_ROWS = 1000;
/** Skipped rows are read as well: to get the rows beyond, a client pages by `before`. */
const MAX_OFFSET = 10_000;

const paging = {
  limit: z.optional(queryNumber({ min: 1, max: MAX_ROWS, int: true })),
  offset: z.optional(queryNumber({ min: 0, max: MAX_OFFSET, int: true })),
};
const pageQuery = z.object(paging);
const roomQuery = z.object({ room: roomName });
const roomPageQuery = z.object({ room: roomName, ...paging });
const messagesQuery = z.object({
  room: roomName,
  before: z.optional(queryTimestamp()),
  ...paging,
});
const searchQuery = z.object({
  q: z.string("must be the words to look for").check(
    z.minLength(1, "must be the words to look for"),
    z.maxLength(256, "must be at most 256 characters"),
  ),
  room: z.optional(roomName),
  ...paging,
});

/** A list of stored rows: how to read a page of them, and how to show a row. */
interface List<Row> {
  readonly read: (page: Page) => { readonly rows: readonly Row[]; readonly total: number };
  readonly show: (row: Row) => unknown;
}

/** Returns the handlers by path under `/api/v2`. */
export function storedRoutes(parts: StoredParts): Record<string, Handler> {
  const { store, rooms, clock, version, admin } = parts;

  function membersOf(row: RoomRow) {
    return {
      room: row.room,
      messages: row.messages,
      first: timestampFromUs(row.firstUs),
      last: timestampFromUs(row.lastUs),
      members: rooms.get(row.room)?.size ?? 0,
    };
  }

  function list<Row>(c: NodeContext, page: Page, { read, show }: List<Row>): Response {
    return answerLarge(parts, c, () => {
      const { rows, total } = read(page);
      return { items: rows.map(show), total, ...page };
    });
  }

  return {
    "/messages"(c) {
      const { room, before, ...query } = ask(messagesQuery, c);
      const beforeUs = before === undefined ? {} : { beforeUs: usFromTimestamp(before) };
      return list(c, pageOf(query), {
        read: (page) => store.messages(room, { ...page, ...beforeUs }),
        show: storedMessageOf,
      });
    },
    "/rooms"(c) {
      admin.check(c.req.raw);
      return list(c, pageOf(ask(pageQuery, c)), {
        read: (page) => store.rooms(page),
        show: membersOf,
      });
    },
    "/rooms/info"(c) {
      const { room } = ask(roomQuery, c);
      const row = store.room(room);
      const live = rooms.get(room);
      if (row === null && live === undefined) {
        throw new UserError("not-found", `Room "${room}" has no messages and no members`);
      }
      return json(membersOf(row ?? { room, messages: 0, firstUs: 0, lastUs: 0 }));
    },
    "/peers"(c) {
      const { room, ...query } = ask(roomPageQuery, c);
      return list(c, pageOf(query), {
        read: (page) => store.peers(room, page),
        show: (row) => ({
          peer_id: row.peerId,
          name: row.name,
          messages: row.messages,
          last: timestampFromUs(row.lastUs),
          online: rooms.get(room)?.member(row.peerId) !== undefined,
        }),
      });
    },
    "/search"(c) {
      const { q, room, ...query } = ask(searchQuery, c);
      if (room === undefined) admin.check(c.req.raw);
      return list(c, pageOf(query), {
        read: (page) => store.search(q, { room: room ?? null, ...page }),
        show: (row) => ({ room: row.room, ...storedMessageOf(row) }),
      });
    },
    "/stats"(c) {
      admin.check(c.req.raw);
      const { messages, rooms: storedRooms, databaseBytes } = store.stats();
      return json({
        messages,
        rooms: storedRooms,
        database_bytes: databaseBytes,
        live_rooms: rooms.size,
        members: Object.fromEntries(rooms.membersByTier()),
        uptime_seconds: Math.floor((clock.now() - parts.startedMs) / 1000),
        version,
      });
    },
  };
}

function ask<T>(schema: z.ZodMiniType<T>, c: NodeContext): T {
  return parseRequest(schema, c.req.query(), `GET ${c.req.path}`);
}

function pageOf(query: { limit?: number | undefined; offset?: number | undefined }): Page {
  return { limit: query.limit ?? DEFAULT_ROWS, offset: query.offset ?? 0 };
}
