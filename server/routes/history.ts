/** `GET /history`: what was said after `since`, by a cursor that neither skips nor repeats. */
import * as z from "zod/mini";
import { LIMITS, type RoomName, roomName, usFromTimestamp } from "../../transport/protocol.ts";
import type { NodeParts } from "../parts.ts";
import { parseRequest, queryNumber } from "../request.ts";
import { jsonText } from "../respond.ts";
import type { Handler } from "../route.ts";

const query = z.object({
  room: roomName,
  since: z.optional(queryNumber({ min: 0, max: 9_007_199_253 })),
  limit: z.optional(queryNumber({ min: 1, max: LIMITS.historyRows, int: true })),
  /** Seconds to wait for something newer; longer waits are cut to the limit. */
  wait: z.optional(queryNumber({ min: 0, max: 3600 })),
});

export function historyRoute(parts: NodeParts): Handler {
  return (c) => {
    const { room, since = 0, limit = LIMITS.historyRows, wait = 0 } = parseRequest(
      query,
      c.req.query(),
      "GET /history",
    );
    const sinceUs = usFromTimestamp(since);
    if (parts.store.latestUs(room) > sinceUs) {
      return jsonText(parts.store.sinceJson(room, sinceUs, limit));
    }
    if (wait === 0) return jsonText("[]");
    return waitForNews({ parts, room, sinceUs, limit, wait, signal: c.req.raw.signal });
  };
}

async function waitForNews(options: {
  parts: NodeParts;
  room: RoomName;
  sinceUs: number;
  limit: number;
  wait: number;
  signal: AbortSignal;
}): Promise<Response> {
  const { parts, room, sinceUs, limit, wait, signal } = options;
  const waitMs = Math.min(wait, LIMITS.pollWaitSeconds) * 1000;
  await parts.rooms.waiters.wait(room, {
    after: (run) => parts.clock.after(waitMs, run),
    signal,
  });
  if (signal.aborted || parts.store.latestUs(room) <= sinceUs) return jsonText("[]");
  return jsonText(parts.store.sinceJson(room, sinceUs, limit));
}
