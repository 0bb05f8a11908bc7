/**
 * Takes frames from one member, whatever they came over: rate, parsing, then the room. Every frame
 * that is refused is answered with an `error` frame that says why; none closes the connection,
 * because an older client's odd frame is no reason to lose its place.
 */
import { isPublicError, ProtocolError, UserError } from "../transport/errors.ts";
import { checkMemberFrame, LIMITS, type MessageId } from "../transport/protocol.ts";
import { chatIdOf, thrownFrame } from "./frames.ts";
import type { Member } from "./member.ts";
import type { NodeParts } from "./parts.ts";
import type { Bucket } from "./rate_limit.ts";
import type { Room } from "./room.ts";
import { handleFrame } from "./room_frames.ts";

/** One is enough for a client to slow down by; more would be traffic of their own. */
const RATE_ERROR_MS = 1000;

export interface IntakeOptions {
  readonly parts: NodeParts;
  readonly room: Room;
  readonly member: Member;
  readonly bucket: Bucket;
}

export class Intake {
  readonly #options: IntakeOptions;
  #rateErrorMs = -Infinity;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** One frame as text. */
  takeText(text: string): void {
    const { parts, member, bucket } = this.#options;
    member.lastHeardMs = parts.clock.now();
    if (!bucket.take()) return this.#onTooMany(text);
    if (text.length > LIMITS.frameChars) {
      const message = `The frame is ${text.length} characters; the limit is ${LIMITS.frameChars}`;
      return this.#refuse(new ProtocolError("frame-too-large", message));
    }
    const json = parseJson(text);
    if (json === undefined) {
      return this.#refuse(new ProtocolError("bad-frame", "The frame is not JSON"));
    }
    this.#handle(json);
  }

  /** One frame that is JSON already. */
  takeJson(json: unknown): void {
    const { parts, member, bucket } = this.#options;
    member.lastHeardMs = parts.clock.now();
    if (!bucket.take()) return this.#onTooMany(json);
    this.#handle(json);
  }

  takeBinary(): void {
    const { parts, member, bucket } = this.#options;
    member.lastHeardMs = parts.clock.now();
    if (!bucket.take()) return this.#onTooMany(null);
    this.#refuse(new ProtocolError("bad-frame", "Frames are text, not binary"));
  }

  #handle(json: unknown): void {
    const { parts, room, member } = this.#options;
    try {
      const frame = checkMemberFrame(json);
      parts.metrics.frames.add(FRAME_LABELS[frame.type]);
      handleFrame({ parts, rooms: parts.rooms, room, member, source: this }, frame);
    } catch (error) {
      this.#refuse(error, chatIdOf(json));
    }
  }

  #refuse(error: unknown, id: MessageId | null = null): void {
    const { parts, member } = this.#options;
    if (!isPublicError(error)) parts.log.error("A frame could not be handled", {}, error);
    parts.metrics.frames.add(REFUSED);
    member.deliver(thrownFrame(error, id), "drop");
  }

  #onTooMany(frame: unknown): void {
    const { parts, member } = this.#options;
    parts.metrics.rateLimited.add();
    const nowMs = parts.clock.now();
    if (nowMs - this.#rateErrorMs < RATE_ERROR_MS) return;
    this.#rateErrorMs = nowMs;
    const json = typeof frame === "string" ? parseJson(frame) : frame;
    const limit = parts.settings.rateLimit;
    const message = `This address sends more than ${limit} frames a second: the frame was dropped`;
    member.deliver(thrownFrame(new UserError("rate-limited", message), chatIdOf(json)), "drop");
  }
}

const REFUSED = 'type="refused"';

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

/** Undefined when it is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
