/**
 * Takes frames from one member, over any transport: checks the rate, parses the frame and hands it to the
 * room, or to the negotiation of a DataChannel. Every frame is counted before it is handled. The answer to a refused frame is an `error` frame with
 * the reason, and the member stays in the room, because older clients send odd frames. A member that keeps
 * sending too many frames is cut.
 */
import { ProtocolError, UserError } from "../../transport/errors.ts";
import {
  checkMemberFrame,
  CLOSE_CODES,
  LIMITS,
  type MemberFrame,
  type MessageId,
} from "../../transport/protocol/mod.ts";
import type { Clock } from "../../transport/transport.ts";
import { errorBody, statusOf } from "../errors.ts";
import type { FailureLog } from "../failure_log.ts";
import type { CpuShare } from "../limits/cpu_share.ts";
import type { Metrics } from "../metrics.ts";
import { chatIdOf, thrownFrame } from "../rooms/frames.ts";
import type { Member } from "../rooms/member.ts";
import type { Bucket, RateLimit } from "../limits/rate_limit.ts";
import type { Room } from "../rooms/room.ts";
import { type FrameParts, handleFrame } from "../rooms/room_frames.ts";
import type { Rooms } from "../rooms/rooms.ts";
import type { Negotiations } from "./negotiations.ts";

/**
 * Minimum time between two `rate-limited` errors: one is enough for a client to slow down, and more would
 * be traffic themselves.
 */
const RATE_ERROR_MS = 1000;

/**
 * A member is cut after this many seconds' worth of dropped frames: that is no burst. A pause of as many
 * seconds resets the count.
 */
const GOES_ON_SECONDS = 10;

/**
 * Frames that cost next to nothing and that clients send by themselves: every receiver of a message answers
 * it with a receipt. They have a limit of their own, so that they use up none of the limit for chat.
 */
const LIGHT_TYPES: ReadonlySet<unknown> = new Set(["receipt", "ping", "pong"]);
/** The start of a light frame as sessions write it. With another start it counts as other frames do. */
const LIGHT_START = /^\{"type":"(?:receipt","target_peer_id"|p[io]ng")/;

/** The parts of a node that an intake needs. */
export interface IntakeParts extends FrameParts {
  readonly rooms: Rooms;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly failures: FailureLog;
  /** Limit of frames except the light ones, which have `lightRateLimit`. */
  readonly rateLimit: RateLimit;
  readonly lightRateLimit: RateLimit;
  readonly cpu: CpuShare;
  /** Null: the node has no WebRTC endpoint. */
  readonly negotiations: Negotiations | null;
}

export interface IntakeOptions {
  readonly parts: IntakeParts;
  readonly room: Room;
  readonly member: Member;
  /** The sender's IP address. */
  readonly address: string;
}

export class Intake {
  readonly address: string;
  readonly #options: IntakeOptions;
  readonly #all: FrameLimit;
  readonly #light: FrameLimit;
  #rateErrorMs = -Infinity;

  constructor(options: IntakeOptions) {
    const { parts: { rateLimit, lightRateLimit }, address } = options;
    this.address = address;
    this.#options = options;
    this.#all = newLimit(rateLimit, address);
    this.#light = newLimit(lightRateLimit, address);
  }

  /** Takes one frame as text. */
  takeText(text: string): void {
    this.#hear();
    const isLight = LIGHT_START.test(text);
    const limit = isLight ? this.#light : this.#all;
    if (!limit.bucket.take()) return this.#onTooMany(text, limit);
    if (text.length > LIMITS.frameChars) {
      const message = `The frame is ${text.length} characters; the limit is ${LIMITS.frameChars}`;
      return this.#refuse(new ProtocolError("frame-too-large", message));
    }
    const json = parseJson(text);
    if (json === undefined) {
      return this.#refuse(new ProtocolError("bad-frame", "The frame is not JSON"));
    }
    // `JSON.parse` takes the last of two equal keys, so the frame may not be of the type at its start.
    if (isLight && !isLightFrame(json) && !this.#all.bucket.take()) {
      return this.#onTooMany(json, this.#all);
    }
    this.#handle(json);
  }

  /** Takes one frame that is parsed JSON already. */
  takeJson(json: unknown): void {
    this.#hear();
    const limit = isLightFrame(json) ? this.#light : this.#all;
    if (!limit.bucket.take()) return this.#onTooMany(json, limit);
    this.#handle(json);
  }

  takeBinary(): void {
    this.#hear();
    if (!this.#all.bucket.take()) return this.#onTooMany(null, this.#all);
    this.#refuse(new ProtocolError("bad-frame", "Frames are text, not binary"));
  }

  #hear(): void {
    const { parts, member } = this.#options;
    member.lastHeardMs = parts.clock.now();
  }

  #handle(json: unknown): void {
    const { parts } = this.#options;
    try {
      const frame = checkMemberFrame(json);
      parts.metrics.frames.add(FRAME_LABELS[frame.type]);
      const startMs = frame.type === "history" ? parts.clock.now() : null;
      this.#pass(frame);
      // A history page of large messages costs as much as a hundred other frames.
      if (startMs !== null) {
        this.#all.bucket.charge(parts.cpu.workedMs(parts.clock.now() - startMs));
      }
    } catch (error) {
      this.#refuse(error, chatIdOf(json));
    }
  }

  #pass(frame: MemberFrame): void {
    const { parts, room, member } = this.#options;
    const { rooms, negotiations } = parts;
    if (frame.type === "node_signal") {
      negotiations?.take({ rooms, room, member, source: this }, frame.payload);
    } else {
      handleFrame({ parts, rooms, room, member, address: this.address }, frame);
    }
  }

  #refuse(error: unknown, id: MessageId | null = null): void {
    const { parts, member } = this.#options;
    const { code } = errorBody(error);
    if (statusOf(code) >= 500) parts.failures.say("A frame could not be handled", error);
    parts.metrics.frames.add(REFUSED);
    member.deliver(thrownFrame(error, id), "drop");
  }

  #onTooMany(frame: unknown, limit: FrameLimit): void {
    const { parts, member } = this.#options;
    parts.metrics.rateLimited.add();
    const nowMs = parts.clock.now();
    if (goesOn(limit, nowMs)) return this.#cut(limit);
    if (nowMs - this.#rateErrorMs < RATE_ERROR_MS) return;
    this.#rateErrorMs = nowMs;
    const json = typeof frame === "string" ? parseJson(frame) : frame;
    const message = `This address sends more than ${limit.perSecond} frames a second: ` +
      "the frame was dropped";
    member.deliver(thrownFrame(new UserError("rate-limited", message), chatIdOf(json)), "drop");
  }

  #cut(limit: FrameLimit): void {
    const { room, member } = this.#options;
    limit.dropped = 0;
    const message = `This address goes on sending more than ${limit.perSecond} frames a second: ` +
      "send fewer";
    room.cut(member, CLOSE_CODES.rateLimited, message);
  }
}

/** The limit of an address, and how many frames of this member were dropped by it. */
interface FrameLimit {
  readonly bucket: Bucket;
  readonly perSecond: number;
  dropped: number;
  droppedAtMs: number;
}

function newLimit(limit: RateLimit, address: string): FrameLimit {
  const { perSecond } = limit;
  return { bucket: limit.bucket(address), perSecond, dropped: 0, droppedAtMs: -Infinity };
}

/** Counts a dropped frame. Returns whether the member has sent too much for longer than a burst. */
function goesOn(limit: FrameLimit, nowMs: number): boolean {
  if (nowMs - limit.droppedAtMs > GOES_ON_SECONDS * 1000) limit.dropped = 0;
  limit.droppedAtMs = nowMs;
  return ++limit.dropped > GOES_ON_SECONDS * limit.perSecond;
}

const REFUSED = 'type="refused"';

function isLightFrame(json: unknown): boolean {
  if (typeof json !== "object" || json === null) return false;
  const { type, target_peer_id } = json as { type?: unknown; target_peer_id?: unknown };
  // A receipt for everyone costs as many times more as the room has members.
  return LIGHT_TYPES.has(type) && (type !== "receipt" || target_peer_id !== undefined);
}

const FRAME_LABELS = {
  offer: 'type="offer"',
  answer: 'type="answer"',
  ice: 'type="ice"',
  typing: 'type="typing"',
  relay: 'type="relay"',
  receipt: 'type="receipt"',
  chat: 'type="chat"',
  history: 'type="history"',
  ping: 'type="ping"',
  pong: 'type="pong"',
  leave: 'type="leave"',
  node_signal: 'type="node_signal"',
  path_report: 'type="path_report"',
} as const;

/** Parses `text`; undefined when it is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
