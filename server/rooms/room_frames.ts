/** Handles the frames that members send to their room: one small function for each type. */
import {
  LIMITS,
  type MemberFrame,
  PASSED_ON_TYPES,
  type PassedOnFrame,
  usFromTimestamp,
} from "../../transport/protocol/mod.ts";
import type { MessageRow, MessageStore } from "../../storage/message_store.ts";
import { passedOnFrame, pongFrame, storedMessageOf } from "./frames.ts";
import type { Member } from "./member.ts";
import type { Room } from "./room.ts";
import type { Rooms } from "./rooms.ts";
import type { WaitingSignals } from "./waiting_signals.ts";

/**
 * A frame for the room. `node_signal` is none: it is about the connection between member and node, which
 * `members/` owns.
 */
export type RoomFrame = Exclude<MemberFrame, { type: "node_signal" }>;

type Handlers = {
  readonly [T in RoomFrame["type"]]: (
    at: FrameContext,
    frame: Extract<RoomFrame, { type: T }>,
  ) => void;
};

/** The parts of a node that the frames need. */
export interface FrameParts {
  readonly store: MessageStore;
  readonly signals: WaitingSignals;
}

/** The room and the member that a frame came from. */
export interface FrameContext {
  readonly parts: FrameParts;
  readonly rooms: Rooms;
  readonly room: Room;
  readonly member: Member;
  /** The IP address that the frame came from. */
  readonly address: string;
}

/** Limit of the messages in a `history` frame, in characters; the rest is for the fields around them. */
const PAGE_CHARS = LIMITS.frameChars - 1024;

const SIGNAL_TYPES: ReadonlySet<string> = new Set(["offer", "answer", "ice"]);

function passOn({ parts, room, member, address }: FrameContext, frame: PassedOnFrame): void {
  const text = passedOnFrame(member.peerId, frame);
  const isSignal = SIGNAL_TYPES.has(frame.type);
  const whenAway = frame.type === "typing" ? "drop" : "keep";
  const target = frame.target_peer_id === undefined ? null : room.member(frame.target_peer_id);
  if (target === null) room.broadcast(text, { except: member, whenAway });
  else target?.deliver(text, whenAway, frame.type === "receipt");
  // A peer that comes within a minute gets the signals that were for it, or for everyone.
  if (isSignal && (target === null || target === undefined)) {
    parts.signals.add({
      room: room.name,
      peerId: member.peerId,
      address,
      targetPeerId: frame.target_peer_id ?? null,
      frame: text,
    });
  }
}

const passOnHandlers = Object.fromEntries(PASSED_ON_TYPES.map((type) => [type, passOn])) as Record<
  typeof PASSED_ON_TYPES[number],
  typeof passOn
>;

const HANDLERS: Handlers = {
  ...passOnHandlers,
  chat({ rooms, room, member }, { payload }) {
    const message = {
      room: room.name,
      id: payload.id,
      peerId: member.peerId,
      name: payload.name ?? member.name,
      text: payload.text,
      sentAtUs: payload.sent_at == null ? null : usFromTimestamp(payload.sent_at),
    };
    // The member has already got the failure as an `error` frame.
    rooms.publish(message, { sender: member }).catch(() => {});
  },
  history({ parts, room, member }, { payload }) {
    const limit = payload.limit ?? LIMITS.historyFrameRows;
    const isForward = payload.since !== undefined;
    const rows = isForward
      ? parts.store.since(room.name, usFromTimestamp(payload.since!), limit + 1)
      : parts.store.before(room.name, beforeUs(payload.before), limit + 1);
    const messages = fitPage(rows, { limit, isForward });
    const more = messages.length < rows.length;
    member.deliver(
      `{"type":"history","payload":{"request":${payload.request},"more":${more},` +
        `"messages":[${messages.join(",")}]}}`,
      "drop",
    );
  },
  ping({ room, member }, { payload }) {
    member.deliver(pongFrame(payload?.t, room.latestUs), "drop");
  },
  pong() {},
  path_report({ member }, { payload }) {
    // Anyone may send in the name of an older client, and no older client sends path reports.
    if (member.needsToken) member.report = payload;
  },
  leave({ room, member }) {
    room.remove(member, "left");
  },
};

/** Handles `frame`. @throws {ProtocolError} when it can't be passed on. */
export function handleFrame(at: FrameContext, frame: RoomFrame): void {
  const handler = HANDLERS[frame.type] as (at: FrameContext, frame: RoomFrame) => void;
  handler(at, frame);
}

function beforeUs(before: number | undefined): number {
  return before === undefined ? Number.MAX_SAFE_INTEGER : usFromTimestamp(before);
}

/**
 * Returns as many rows as fit into one frame, as JSON: from the start when the page goes forward, else from
 * the end, so that no message between the page and the cursor is left out.
 */
function fitPage(
  rows: readonly MessageRow[],
  { limit, isForward }: { limit: number; isForward: boolean },
): string[] {
  const page: string[] = [];
  let chars = 0;
  for (const row of isForward ? rows : rows.toReversed()) {
    const text = JSON.stringify(storedMessageOf(row));
    chars += text.length + 1;
    if (page.length === limit || (chars > PAGE_CHARS && page.length > 0)) break;
    page.push(text);
  }
  return isForward ? page : page.reverse();
}
