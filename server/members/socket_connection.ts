/**
 * A member's WebSocket. A slow reader can't make the node's memory grow: above a limit its frames are
 * dropped until it has caught up, and then it begins anew by its cursor.
 */
import type { JoinQuery } from "../../transport/protocol/mod.ts";
import { BudgetShare, type SharedBudget } from "../limits/shared_budget.ts";
import { closeCodeOf, closeReason, errorBody, statusOf } from "../errors.ts";
import { errorFrame } from "../rooms/frames.ts";
import { Intake, type IntakeParts } from "./intake.ts";
import type { LaggingSocket, LagWatch } from "./lag_watch.ts";
import type { Member } from "../rooms/member.ts";
import type { MemberConnection } from "../rooms/member_connection.ts";
import type { Room } from "../rooms/room.ts";
import {
  NOBODY,
  type ServerSocket,
  type ServerSocketHandlers,
} from "../connections/server_socket.ts";

/**
 * Bytes that may wait in a socket: a page of history and a second of a busy room. The slowest phone that is
 * still there takes them at 300 kB/s, within `peer_timeout`.
 */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** The socket's buffer is checked once for so many characters, not for every frame. */
const CHECK_EVERY_CHARS = 64 * 1024;

/** A lagging member resumes when at most this much is left. */
const DRAINED_BYTES = 64 * 1024;

/** The member that a socket belongs to. */
interface SocketOwner {
  readonly room: Room;
  readonly member: Member;
  readonly intake: Intake;
}

class SocketConnection implements MemberConnection, LaggingSocket, ServerSocketHandlers {
  readonly tier = "websocket";
  readonly isHeld = false;
  readonly address: string;
  readonly #socket: ServerSocket;
  readonly #lagWatch: LagWatch;
  /** This socket's share of the budget of all queues, as of the last check. */
  readonly #share: BudgetShare;
  #unchecked = 0;
  #isLagging = false;
  #isClosed = false;
  #owner: SocketOwner | null = null;

  constructor(
    socket: ServerSocket,
    { lagWatch, budget, address }: { lagWatch: LagWatch; budget: SharedBudget; address: string },
  ) {
    this.#socket = socket;
    this.#lagWatch = lagWatch;
    this.address = address;
    this.#share = new BudgetShare(budget, address);
  }

  /** Passes the events of the socket to `owner`. */
  attach(owner: SocketOwner): void {
    this.#owner = owner;
    this.#socket.handlers = this;
  }

  onOpen(): void {}

  onText(text: string): void {
    if (!this.#isClosed) this.#owner?.intake.takeText(text);
  }

  onBinary(): void {
    if (!this.#isClosed) this.#owner?.intake.takeBinary();
  }

  onSent(): void {
    if (this.#share.held > 0) this.#share.hold(0);
  }

  onEnd(): void {
    this.#share.hold(0);
  }

  onClose(code: number): void {
    if (this.#isClosed || this.#owner === null) return;
    this.#lagWatch.remove(this);
    this.#owner.room.onConnectionClosed(this.#owner.member, this, code);
  }

  get isDrained(): boolean {
    return this.#socket.bufferedBytes <= DRAINED_BYTES;
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  send(frame: string): boolean {
    if (this.#isLagging || !this.isOpen) return false;
    this.#socket.send(frame);
    this.#unchecked += frame.length;
    if (this.#unchecked > CHECK_EVERY_CHARS) this.#check();
    return true;
  }

  #check(): void {
    this.#unchecked = 0;
    const { bufferedBytes } = this.#socket;
    if (bufferedBytes <= MAX_BUFFERED_BYTES && this.#share.hold(bufferedBytes)) return;
    this.#isLagging = true;
    this.#lagWatch.add(this);
  }

  /** Called by `LagWatch`: frames flow again, and the member begins anew by its cursor. */
  resume(): void {
    this.#isLagging = false;
    this.#owner?.room.resume(this.#owner.member);
  }

  /** Called by `LagWatch` when the socket has not caught up in time. */
  giveUp(): void {
    this.#owner?.room.remove(this.#owner.member, "timed-out");
  }

  takePending(): string[] {
    return [];
  }

  moveOn(): void {
    this.close(1000, "Moved to another connection");
  }

  close(code: number, reason: string): void {
    this.#lagWatch.remove(this);
    this.#isClosed = true;
    this.#socket.close(code, closeReason(reason));
  }
}

/** The parts of a node that a socket needs. */
export interface SocketParts extends IntakeParts {
  /** Budget of the frames in members' queues that have not gone out. */
  readonly queued: SharedBudget;
}

export interface SocketOptions {
  readonly parts: SocketParts;
  readonly lagWatch: LagWatch;
  /** The client's IP address. */
  readonly address: string;
  /** Parses the join query, or throws the error that the client gets before its socket is closed. */
  readonly query: () => JoinQuery;
}

/** Joins a WebSocket to its room once it is open. */
export function acceptSocket(socket: ServerSocket, options: SocketOptions): void {
  const onOpen = () => {
    try {
      join(socket, options);
    } catch (error) {
      const { code } = errorBody(error);
      if (statusOf(code) >= 500) options.parts.failures.say("A join failed", error);
      refuse(socket, error);
    }
  };
  socket.handlers = { ...NOBODY, onOpen };
}

function join(socket: ServerSocket, { parts, lagWatch, address, query }: SocketOptions): void {
  const connection = new SocketConnection(socket, { lagWatch, budget: parts.queued, address });
  const { room, member } = parts.rooms.join(query(), connection);
  connection.attach({ room, member, intake: new Intake({ parts, room, member, address }) });
}

/** Sends the error over the open socket, since browsers can't read why an upgrade failed. */
function refuse(socket: ServerSocket, error: unknown): void {
  const body = errorBody(error);
  socket.send(errorFrame(body));
  socket.close(closeCodeOf(body.code), closeReason(body.message));
}
