/** What the parts of one node share: built once by `node.ts`, handed to all. */
import type { MessageStore } from "../storage/message_store.ts";
import type { Clock } from "../transport/transport.ts";
import type { AdminGate } from "./admin.ts";
import type { SharedBudget } from "./shared_budget.ts";
import type { CpuShare } from "./cpu_share.ts";
import type { Deadline } from "./deadline.ts";
import type { FailureLog } from "./failure_log.ts";
import type { Guard } from "./guard.ts";
import type { IncomingRate } from "./incoming_rate.ts";
import type { LargeAnswers } from "./large_answer.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { RateLimit } from "./rate_limit.ts";
import type { Rooms } from "./rooms.ts";
import type { Settings } from "./settings.ts";
import type { StaticFiles } from "./static_files.ts";
import type { WaitingSignals } from "./waiting_signals.ts";
import type { WebRtcEndpoint } from "./webrtc_endpoint.ts";

/** What a room needs. */
export interface RoomParts {
  readonly settings: Settings;
  readonly store: MessageStore;
  readonly clock: Clock;
  /** Signaling frames for who comes within a minute. */
  readonly signals: WaitingSignals;
  readonly metrics: Metrics;
  /** What members' queues hold that has not gone out. */
  readonly queued: SharedBudget;
  readonly log: Log;
  readonly failures: FailureLog;
  readonly version: string;
  /** The node's own end of WebRTC; null where it is off. */
  readonly endpoint: WebRtcEndpoint | null;
  /** Where STUN is answered, once it is; null: nowhere. */
  readonly stun: { port: number | null; close?: (() => void) | undefined };
}

/** What the routes need. */
export interface NodeParts extends RoomParts {
  readonly rooms: Rooms;
  readonly guard: Guard;
  readonly admin: AdminGate;
  /** Of requests, and of frames but those that cost next to nothing, which have their own. */
  readonly rateLimit: RateLimit;
  readonly lightRateLimit: RateLimit;
  readonly cpu: CpuShare;
  /** Members that poll, one each: unlike the others they need no connection to stay. */
  readonly pollers: SharedBudget;
  /** What the node holds of bodies and frames that are still coming. */
  readonly incoming: SharedBudget;
  /** Of small bodies. */
  readonly bodyDeadline: Deadline;
  readonly incomingRate: IncomingRate;
  readonly largeAnswers: LargeAnswers;
  readonly files: StaticFiles;
  /** What the node listens on, once it does. */
  readonly ports: { http: number; ws: number | null };
  /** On the clock's `now`. */
  readonly startedMs: number;
}
