/**
 * All live rooms, and the path of a message through them: it is stored first, then acknowledged and passed
 * on, in the order of the timestamps. One tick serves every member's heartbeat.
 */
import { CLOSE_CODES, type JoinQuery, type RoomName } from "../../transport/protocol/mod.ts";
import type { AppendResult, NewMessage } from "../../storage/message_store.ts";
import type { FailureLog } from "../failure_log.ts";
import { ackFrame, chatFrame, errorFrame, thrownFrame } from "./frames.ts";
import type { Member } from "./member.ts";
import type { MemberConnection } from "./member_connection.ts";
import { Room, type RoomParts } from "./room.ts";
import { Waiters } from "./waiters.ts";

/** Longest time between two ticks: an announcement is late by this at most, which matters to nobody. */
const MAX_TICK_MS = 500;

/** The parts of a node that its rooms need. */
export interface RoomsParts extends RoomParts {
  readonly failures: FailureLog;
}

export class Rooms {
  /** The long polls that wait for a room's next message. */
  readonly waiters = new Waiters();
  readonly #parts: RoomsParts;
  readonly #rooms = new Map<RoomName, Room>();
  #cancelTick: (() => void) | null = null;

  constructor(parts: RoomsParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#rooms.size;
  }

  get(name: RoomName): Room | undefined {
    return this.#rooms.get(name);
  }

  [Symbol.iterator](): Iterator<Room> {
    return this.#rooms.values();
  }

  /**
   * Joins a peer to its room, which is made when it has no members.
   * @throws {UserError} `peer-id-taken` or `room-full`.
   */
  join(query: JoinQuery, connection: MemberConnection): { room: Room; member: Member } {
    const room = this.#rooms.get(query.room) ?? new Room(query.room, this.#parts);
    const member = room.join(query, connection);
    this.#rooms.set(query.room, room);
    this.#startTicking();
    return { room, member };
  }

  /** Forgets `room` when it has no members left. */
  sweep(room: Room): void {
    if (room.size === 0 && this.#rooms.get(room.name) === room) this.#rooms.delete(room.name);
  }

  /**
   * Stores `message`, then acknowledges it to `sender` and passes it on to everyone else in the room. Both
   * happen in the order of the timestamps: nothing is awaited between the store's answer and the frames.
   * @throws {UserError} `store-failed` or `shutting-down`; `sender` has already got the error.
   */
  publish(message: NewMessage, { sender }: { sender: Member | null }): Promise<AppendResult> {
    return this.#parts.store.append(message).then(
      (result) => this.#onAppended(message, sender, result),
      (error) => {
        // Without a `sender`, the caller reports the error and logs it.
        if (sender !== null) this.#parts.failures.say("A message could not be stored", error);
        sender?.deliver(thrownFrame(error, message.id));
        throw error;
      },
    );
  }

  #onAppended(message: NewMessage, sender: Member | null, result: AppendResult): AppendResult {
    if (!result.ok) {
      sender?.deliver(errorFrame({ code: "id-conflict", message: CONFLICT }, message.id));
      return result;
    }
    const { timestampUs, isDuplicate } = result;
    const room = this.#rooms.get(message.room);
    const place = { timestampUs, prevUs: isDuplicate ? undefined : room?.published(timestampUs) };
    sender?.deliver(ackFrame(message.id, place));
    if (isDuplicate) return result;
    this.#parts.metrics.stored.add();
    const except = sender ?? room?.member(message.peerId) ?? null;
    room?.broadcast(chatFrame(message, place), { except, whenAway: "drop" });
    this.waiters.wake(message.room);
    return result;
  }

  /** Counts the members by tier. */
  membersByTier(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const room of this.#rooms.values()) {
      for (const { tier } of room.members) counts.set(tier, (counts.get(tier) ?? 0) + 1);
    }
    return counts;
  }

  /** Tells every member that the node shuts down, and forgets all rooms. Idempotent. */
  close(): void {
    this.#cancelTick?.();
    this.#cancelTick = null;
    for (const room of this.#rooms.values()) {
      room.close(CLOSE_CODES.shuttingDown, "The node is shutting down");
    }
    this.#rooms.clear();
    this.waiters.close();
  }

  /** Ticks while there are members or waiting signals, so that an idle node sleeps. */
  #startTicking(): void {
    if (this.#cancelTick !== null) return;
    const { clock, settings, signals } = this.#parts;
    const delayMs = Math.min(MAX_TICK_MS, settings.heartbeatIntervalMs / 4);
    const dueMs = clock.now() + delayMs;
    this.#cancelTick = clock.after(delayMs, () => {
      this.#cancelTick = null;
      const lateMs = clock.now() - dueMs;
      for (const room of this.#rooms.values()) {
        room.tick(lateMs);
        this.sweep(room);
      }
      signals.expire();
      if (this.#rooms.size > 0 || signals.count > 0) this.#startTicking();
    });
  }
}

/** For another message under an id that is taken: sending it again would change nothing. */
export const CONFLICT = "The room has another message under this id: send it under a new one";
