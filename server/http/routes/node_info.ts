/** A node's information about itself: `/config`, `/health`, `/ready`, `/metrics` and `/transport/status`. */
import * as z from "zod/mini";
import { type ErrorBody, UserError } from "../../../transport/errors.ts";
import { roomName } from "../../../transport/protocol/mod.ts";
import type { MessageStore } from "../../../storage/message_store.ts";
import type { Clock } from "../../../transport/transport.ts";
import { isLoopback, lanBases } from "../../addresses.ts";
import { errorBody } from "../../errors.ts";
import { reportedPaths, roomStatus } from "../../rooms/path_status.ts";
import type { Rooms } from "../../rooms/rooms.ts";
import type { WaitingSignals } from "../../rooms/waiting_signals.ts";
import type { Metrics } from "../../metrics.ts";
import type { Settings } from "../../settings/settings.ts";
import type { AdminGate } from "../admin.ts";
import { parseRequest } from "../request.ts";
import { errorResponse, json, jsonText, plainText } from "../respond.ts";
import { answerLarge, type AnswerParts, type Handler } from "../route.ts";

/** The parts of a node that it is asked about. */
export interface NodeInfoParts extends AnswerParts {
  readonly settings: Settings;
  readonly store: MessageStore;
  readonly rooms: Rooms;
  readonly signals: WaitingSignals;
  readonly metrics: Metrics;
  readonly admin: AdminGate;
  readonly clock: Clock;
  readonly version: string;
  /** The ports on which the node listens, once they are open. */
  readonly ports: { readonly http: number; readonly ws: number | null };
  /** On the clock's `now`. */
  readonly startedMs: number;
}

/** Settings that a page needs to invite others, and to join as the node's owner wants. */
export function configRoute({ settings, ports, version }: NodeInfoParts): Handler {
  return (c) => {
    const { publicBase, host, tlsCert, strategy } = settings;
    // Behind a proxy, others use the address of the page, not one of this machine's.
    const isProxied = c.env?.forwarded !== undefined;
    const isLocalOnly = isLoopback(host);
    const scheme = tlsCert === null ? "http" : "https";
    return json({
      version,
      public_base: publicBase,
      addresses: isLocalOnly || isProxied ? [] : lanBases(ports.http, { scheme }),
      local_only: isLocalOnly && !isProxied && publicBase === null,
      ws_port: ports.ws,
      strategy,
    });
  };
}

export function healthRoute(): Handler {
  return () => jsonText('{"status":"ok"}');
}

/**
 * How long one answer is reused: anyone may ask as often as they like, and each check costs a write to the
 * disk.
 */
const READY_FOR_MS = 1_000;

/** Answers 200 while messages can be stored. It writes something to check that. */
export function readyRoute({ store, failures, clock }: NodeInfoParts): Handler {
  let asked: { readonly atMs: number; readonly problem: Promise<ErrorBody | null> } | null = null;
  const probe = () =>
    store.probe().then(() => null, (error) => {
      failures.say("The store takes nothing", error);
      return errorBody(error);
    });
  return async () => {
    if (asked === null || clock.now() - asked.atMs >= READY_FOR_MS) {
      asked = { atMs: clock.now(), problem: probe() };
    }
    const problem = await asked.problem;
    return problem === null ? jsonText('{"status":"ready"}') : errorResponse(problem);
  };
}

export function metricsRoute({ metrics, admin }: NodeInfoParts): Handler {
  return (c) => {
    admin.check(c.req.raw);
    return plainText(metrics.text());
  };
}

const statusQuery = z.object({ room: z.optional(roomName) });

/** The members of `room` and their paths. Without a room, for the node's owner, counts over all rooms. */
export function transportStatusRoute(parts: NodeInfoParts): Handler {
  const { rooms, clock, version, startedMs, admin } = parts;
  return (c) => {
    const { room: name } = parseRequest(statusQuery, c.req.query(), `GET ${c.req.path}`);
    const node = { version, uptime_seconds: Math.floor((clock.now() - startedMs) / 1000) };
    if (name !== undefined) {
      const room = rooms.get(name);
      if (room === undefined) throw new UserError("not-found", `Nobody is in room "${name}"`);
      return answerLarge(parts, c, () => ({ ...node, room: roomStatus(room) }));
    }
    admin.check(c.req.raw);
    return json({
      ...node,
      rooms: rooms.size,
      members: Object.fromEntries(rooms.membersByTier()),
      links: [],
      ...reportedPaths(rooms),
    });
  };
}

/** Adds the gauges and counters that are read from the node's parts at a request for `/metrics`. */
export function addReadings(parts: NodeInfoParts): void {
  const { metrics, rooms, store, clock, signals, startedMs } = parts;
  const gauge = (name: string, help: string, read: () => Iterable<readonly [string, number]>) =>
    metrics.addReading({ name, help, kind: "gauge", read });
  const counter = (name: string, help: string, read: () => number) =>
    metrics.addReading({ name, help, kind: "counter", read: () => [["", read()]] });
  const writer = () => store.writerStats();

  gauge("egoat_members", "Members by tier.", function* () {
    for (const [tier, count] of rooms.membersByTier()) yield [`tier="${tier}"`, count];
  });
  gauge("egoat_rooms", "Rooms with members.", () => [["", rooms.size]]);
  gauge("egoat_signals_waiting", "Signaling frames that wait for who comes.", () => [
    ["", signals.count],
  ]);
  counter(
    "egoat_signals_dropped_total",
    "Signaling frames let go before their time, for newer ones.",
    () => signals.dropped,
  );
  gauge("egoat_uptime_seconds", "Seconds since the start.", () => [
    ["", (clock.now() - startedMs) / 1000],
  ]);
  gauge("egoat_resident_bytes", "Memory of the process.", () => [["", Deno.memoryUsage().rss]]);
  gauge("egoat_writes_queued", "Writes that wait for a commit.", () => [["", writer().queued]]);
  gauge("egoat_commit_batch_size", "Writes of the last commit.", () => [
    ["", writer().lastBatchSize],
  ]);
  counter("egoat_commits_total", "Commits since the start.", () => writer().commits);
  counter("egoat_writes_total", "Writes since the start.", () => writer().writes);
  counter(
    "egoat_commit_seconds_total",
    "Time spent in commits.",
    () => writer().commitSecondsTotal,
  );
}
