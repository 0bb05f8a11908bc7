/** The objects that the parts of one node share: built once by `node.ts`, handed to all. */
import type { MessageStore } from "../storage/message_store.ts";
import type { Clock } from "../transport/transport.ts";
import type { AdminGate } from "./http/admin.ts";
import type { SharedBudget } from "./limits/shared_budget.ts";
import type { CpuShare } from "./limits/cpu_share.ts";
import type { Deadline } from "./limits/deadline.ts";
import type { FailureLog } from "./failure_log.ts";
import type { Guard } from "./http/guard.ts";
import type { IncomingRate } from "./limits/incoming_rate.ts";
import type { LargeAnswers } from "./http/large_answer.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { RateLimit } from "./limits/rate_limit.ts";
import type { Rooms } from "./rooms/rooms.ts";
import type { Settings } from "./settings/settings.ts";
import type { StaticFiles } from "./http/static_files.ts";
import type { WaitingSignals } from "./rooms/waiting_signals.ts";
import type { WebRtcEndpoint } from "./members/webrtc_endpoint.ts";

/** The parts that a room needs. */
export interface RoomParts {
  readonly settings: Settings;
  readonly store: MessageStore;
  readonly clock: Clock;
  /** Signaling frames for peers that may join within a minute. */
  readonly signals: WaitingSignals;
  readonly metrics: Metrics;
  /** Budget of the frames in members' queues that have not gone out. */
  readonly queued: SharedBudget;
  readonly log: Log;
  readonly failures: FailureLog;
  readonly version: string;
  /** The node's own WebRTC endpoint; null when it is off. */
  readonly endpoint: WebRtcEndpoint | null;
  /** UDP port of the STUN server once it is open; null: none. */
  readonly stun: { port: number | null; close?: (() => void) | undefined };
}

/** The parts that the routes need. */
export interface NodeParts extends RoomParts {
  readonly rooms: Rooms;
  readonly guard: Guard;
  readonly admin: AdminGate;
  /** Limit of requests, and of frames except the light ones, which have `lightRateLimit`. */
  readonly rateLimit: RateLimit;
  readonly lightRateLimit: RateLimit;
  readonly cpu: CpuShare;
  /** Places of polling members, one each. Unlike other members they stay without a connection. */
  readonly pollers: SharedBudget;
  /** Budget of the bodies and frames that are still arriving. */
  readonly incoming: SharedBudget;
  /** Time limit of small bodies. */
  readonly bodyDeadline: Deadline;
  readonly incomingRate: IncomingRate;
  readonly largeAnswers: LargeAnswers;
  readonly files: StaticFiles;
  /** The ports on which the node listens, once they are open. */
  readonly ports: { http: number; ws: number | null };
  /** On the clock's `now`. */
  readonly startedMs: number;
}
