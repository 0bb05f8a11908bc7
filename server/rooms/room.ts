/**
 * One live room: its members by peer id, the beginning and the end of their stays, and fan-out. `welcome.ts`
 * tells a new member about the room, `heartbeat.ts` finds the members that are gone, and `room_frames.ts`
 * handles the members' frames. The store keeps the messages.
 */
import type { MessageStore } from "../../storage/message_store.ts";
import { UserError } from "../../transport/errors.ts";
import { shownName } from "../../transport/protocol/names.ts";
import {
  CLOSE_CODES,
  type JoinQuery,
  type LeaveReason,
  LIMITS,
  type PeerId,
  type RoomName,
  type Strategy,
} from "../../transport/protocol/mod.ts";
import type { SharedBudget } from "../limits/shared_budget.ts";
import type { Metrics } from "../metrics.ts";
import { errorFrame, peerJoinedFrame, peerLeftFrame, peerUpdatedFrame } from "./frames.ts";
import { checkPulse, type HeartbeatParts } from "./heartbeat.ts";
import { Member, type WhenAway } from "./member.ts";
import type { MemberConnection } from "./member_connection.ts";
import { whoGivesWay } from "./seats.ts";
import type { WaitingSignals } from "./waiting_signals.ts";
import { sendWelcome, type WelcomeParts } from "./welcome.ts";

/** A page that goes away (1001) may be reloading: a slow phone takes this long to load it again. */
const RELOAD_GRACE_MS = 2000;

/** The parts of a node that a room needs. */
export interface RoomParts extends WelcomeParts, HeartbeatParts {
  readonly store: MessageStore;
  /** Signaling frames for peers that may join within a minute. */
  readonly signals: WaitingSignals;
  readonly metrics: Metrics;
  /** Budget of the frames in members' queues that have not gone out. */
  readonly queued: SharedBudget;
  /** Called when a member's stay ends, while the member still has its connection. */
  readonly onLeaving: (member: Member) => void;
}

export class Room {
  readonly name: RoomName;
  readonly #parts: RoomParts;
  readonly #members = new Map<PeerId, Member>();
  #latestUs: number;

  constructor(name: RoomName, parts: RoomParts) {
    this.name = name;
    this.#parts = parts;
    this.#latestUs = parts.store.latestUs(name);
  }

  /** Timestamp of the newest message that members know of, in microseconds; 0 when there is none. */
  get latestUs(): number {
    return this.#latestUs;
  }

  /**
   * Notes that members get the message stored at `timestampUs`. Returns the timestamp of the message before
   * it; undefined when the room was made after the message was stored.
   */
  published(timestampUs: number): number | undefined {
    if (timestampUs <= this.#latestUs) return undefined;
    const prevUs = this.#latestUs;
    this.#latestUs = timestampUs;
    return prevUs;
  }

  get size(): number {
    return this.#members.size;
  }

  get members(): Iterable<Member> {
    return this.#members.values();
  }

  member(peerId: PeerId): Member | undefined {
    return this.#members.get(peerId);
  }

  /**
   * Adds a peer as a member, or gives a member its place back when it shows its token. `welcome` is the
   * first frame on `connection`.
   * @throws {UserError} `peer-id-taken` or `room-full`.
   */
  join(query: JoinQuery, connection: MemberConnection): Member {
    const present = this.#members.get(query.peer_id);
    if (present === undefined) return this.#add(query, connection);
    if (query.token === undefined || !present.mayActAs(query.token)) {
      throw new UserError(
        "peer-id-taken",
        `Cannot join room "${this.name}" as "${query.peer_id}": somebody else is using that peer id`,
      );
    }
    return this.#takeOver(present, query, connection);
  }

  #add(query: JoinQuery, connection: MemberConnection): Member {
    if (this.#members.size >= LIMITS.peersPerRoom) this.#makeRoom(connection.address ?? "");
    const { clock } = this.#parts;
    const member = new Member(
      {
        peerId: query.peer_id,
        token: query.token ?? newToken(),
        knowsTokens: [query.token, query.instance, query.protocol].some((own) => own !== undefined),
        name: query.name ?? shownName(query.peer_id),
        instance: query.instance ?? "",
        protocol: Number(query.protocol ?? 0),
        strategy: this.#strategyOf(query),
        hasWebRtc: query.webrtc !== "off",
        joinedAt: clock.epochMs() / 1000,
      },
      connection,
      this.#parts,
    );
    member.lastHeardMs = clock.now();
    this.#members.set(member.peerId, member);
    this.welcome(member);
    this.broadcast(peerJoinedFrame(member.info), { except: member });
    this.#replaySignals(member);
    return member;
  }

  /** @throws {UserError} `room-full` */
  #makeRoom(address: string): void {
    const member = whoGivesWay(this.#members.values(), address);
    if (member === null) {
      throw new UserError(
        "room-full",
        `Cannot join room "${this.name}": it is full (${LIMITS.peersPerRoom} peers)`,
      );
    }
    member.connection?.close(
      CLOSE_CODES.roomFull,
      "The room is full, and most are from this address",
    );
    this.remove(member, "lost");
  }

  #takeOver(member: Member, query: JoinQuery, connection: MemberConnection): Member {
    const before = JSON.stringify(member.info);
    const previous = member.connection;
    const pending = [...member.takeAwayFrames(), ...previous?.takePending() ?? []];
    const instance = query.instance ?? "";
    // The same page on another connection needs no error. Another page must learn that it lost the place,
    // so that it stops trying.
    const isSamePage = instance !== "" && instance === member.instance;
    member.connection = connection;
    member.tier = connection.tier;
    member.moveTo(connection.address ?? member.address);
    member.name = query.name ?? member.name;
    member.instance = instance;
    member.protocol = Number(query.protocol ?? 0);
    member.strategy = this.#strategyOf(query);
    member.hasWebRtc = query.webrtc !== "off";
    member.lastHeardMs = this.#parts.clock.now();
    if (isSamePage) previous?.moveOn();
    else previous?.close(CLOSE_CODES.replaced, "This peer came back on another connection");
    this.welcome(member);
    for (const frame of pending) member.deliver(frame);
    if (JSON.stringify(member.info) !== before) {
      this.broadcast(peerUpdatedFrame(member.info), { except: member });
    }
    return member;
  }

  /** Returns the client's own strategy, or else the node's, which older clients do not know of. */
  #strategyOf({ strategy, protocol }: JoinQuery): Strategy | undefined {
    const told = this.#parts.settings.strategy;
    return strategy ?? (protocol === undefined || told === "auto" ? undefined : told);
  }

  /** Sends `welcome`: when a peer joins, and again after frames were dropped. */
  welcome(member: Member): void {
    const room = {
      name: this.name,
      members: this.#members.values(),
      latestUs: this.#storedUs(),
    };
    sendWelcome(member, room, this.#parts);
  }

  #storedUs(): number {
    try {
      return this.#parts.store.latestUs(this.name);
    } catch {
      // The room goes on when its stored messages can't be read any more.
      return this.#latestUs;
    }
  }

  /**
   * Tells a member whose queue overflowed and is free again that it missed frames. The member begins anew
   * by its cursor.
   */
  resume(member: Member): void {
    const message = "You could not keep up and missed frames: ask for history from your cursor on";
    member.deliver(errorFrame({ code: "lagged", message }));
    this.welcome(member);
  }

  /** Sends `frame` to everyone but `except`. */
  broadcast(frame: string, options: { except: Member | null; whenAway?: WhenAway }): void {
    const { except, whenAway } = options;
    for (const member of this.#members.values()) {
      if (member !== except) member.deliver(frame, whenAway);
    }
  }

  /** Handles that the other side closed `connection` with `code`: the member leaves, or is away for a while. */
  onConnectionClosed(member: Member, connection: MemberConnection, code: number): void {
    if (member.connection !== connection) return;
    member.connection = null;
    // 1000 and 1005 (no code given) are deliberate; 1001 is a page that goes away.
    if (member.protocol === 0 || code === 1000 || code === 1005) {
      this.remove(member, "left");
      return;
    }
    const { clock, settings } = this.#parts;
    if (code === 1001) member.lastHeardMs = clock.now();
    member.graceMs = code === 1001 ? RELOAD_GRACE_MS : settings.peerTimeoutMs;
  }

  /** Ends a member's connection. The member keeps its place as long as after a broken connection. */
  cut(member: Member, code: number, reason: string): void {
    const { connection } = member;
    if (connection === null) return;
    connection.close(code, reason);
    this.onConnectionClosed(member, connection, code);
  }

  /** Ends a member's stay and tells the others. Idempotent. */
  remove(member: Member, reason: LeaveReason): void {
    if (this.#members.get(member.peerId) !== member) return;
    this.#members.delete(member.peerId);
    member.takeAwayFrames();
    this.#parts.onLeaving(member);
    const connection = member.connection;
    member.connection = null;
    if (reason === "timed-out") connection?.close(CLOSE_CODES.timedOut, "Silent for too long");
    else connection?.close(1000, "");
    this.broadcast(peerLeftFrame(member.peerId, reason), { except: null });
  }

  /**
   * Pings the silent members, and removes the ones that are gone. `lateMs`: how late this tick is. The node
   * itself stood still for that time and heard nobody, so it does not count as silence.
   */
  tick(lateMs: number): void {
    const beat = { nowMs: this.#parts.clock.now(), latestUs: this.#latestUs };
    for (const member of this.#members.values()) {
      member.lastHeardMs = Math.min(beat.nowMs, member.lastHeardMs + lateMs);
      const reason = checkPulse(member, beat, this.#parts);
      if (reason !== null) this.remove(member, reason);
    }
  }

  /** Closes every connection without telling the other members, because the node itself shuts down. */
  close(code: number, reason: string): void {
    for (const member of this.#members.values()) {
      const connection = member.connection;
      member.connection = null;
      connection?.close(code, reason);
    }
    this.#members.clear();
  }

  /** Sends a new member the signals that were sent to it, or to everyone, shortly before it came. */
  #replaySignals(member: Member): void {
    for (const signal of this.#parts.signals.for(this.name, member.peerId)) {
      const isForAll = signal.targetPeerId === null;
      if (!isForAll || this.#members.has(signal.peerId)) member.deliver(signal.frame);
    }
  }
}

function newToken(): string {
  return crypto.getRandomValues(new Uint8Array(24)).toBase64({ alphabet: "base64url" });
}
