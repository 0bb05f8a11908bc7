/** `GET /history`: the messages after `since`, by a cursor that neither skips nor repeats any. */
import * as z from "zod/mini";
import {
  LIMITS,
  type RoomName,
  roomName,
  usFromTimestamp,
} from "../../../transport/protocol/mod.ts";
import type { MessageStore } from "../../../storage/message_store.ts";
import type { Clock } from "../../../transport/transport.ts";
import type { Rooms } from "../../rooms/rooms.ts";
import { parseRequest, queryNumber, queryTimestamp } from "../request.ts";
import { jsonText } from "../respond.ts";
import { type AnswerParts, answerPieces, type Handler, type NodeContext } from "../route.ts";

/** The parts of a node that `/history` needs. */
export interface HistoryParts extends AnswerParts {
  readonly store: MessageStore;
  readonly rooms: Rooms;
  readonly clock: Clock;
}

const query = z.object({
  room: roomName,
  since: z.optional(queryTimestamp()),
  limit: z.optional(queryNumber({ min: 1, max: LIMITS.historyRows, int: true })),
  /** Seconds to wait for a newer message; longer waits are cut to the limit. */
  wait: z.optional(queryNumber({ min: 0, max: 3600 })),
});

export function historyRoute(parts: HistoryParts): Handler {
  return (c) => {
    const { room, since = 0, limit = LIMITS.historyRows, wait = 0 } = parseRequest(
      query,
      c.req.query(),
      "GET /history",
    );
    const sinceUs = usFromTimestamp(since);
    if (parts.store.latestUs(room) > sinceUs) {
      return answerPieces(parts, c, parts.store.sinceJson(room, sinceUs, limit));
    }
    if (wait === 0) return jsonText("[]");
    return waitForNews(parts, c, { room, sinceUs, limit, wait });
  };
}

interface Asked {
  readonly room: RoomName;
  readonly sinceUs: number;
  readonly limit: number;
  /** Seconds. */
  readonly wait: number;
}

async function waitForNews(
  parts: HistoryParts,
  c: NodeContext,
  { room, sinceUs, limit, wait }: Asked,
): Promise<Response> {
  const { signal } = c.req.raw;
  const waitMs = Math.min(wait, LIMITS.pollWaitSeconds) * 1000;
  await parts.rooms.waiters.wait(room, {
    after: (run) => parts.clock.after(waitMs, run),
    signal,
  });
  if (signal.aborted || parts.store.latestUs(room) <= sinceUs) return jsonText("[]");
  return answerPieces(parts, c, parts.store.sinceJson(room, sinceUs, limit));
}
