/**
 * One peer's stay in one room, over any transport. A member outlives its connection for a while (it is
 * away: `connection` is null), because a reload or a short gap does not end its stay. This class checks by the
 * token whether a client may take the member's place. `room.ts` decides when the stay ends.
 */
import { timingSafeEqual } from "node:crypto";
import type { PathReport, PeerId, PeerInfo, Strategy, Tier } from "../../transport/protocol/mod.ts";
import { BudgetShare, type SharedBudget } from "../limits/shared_budget.ts";
import type { MemberConnection } from "./member_connection.ts";
import type { Metrics } from "../metrics.ts";

/**
 * Whether a frame is kept for a member that is away. Chat is dropped, since the member gets it by its
 * cursor. Typing is dropped, since it becomes stale.
 */
export type WhenAway = "keep" | "drop";

/** Limit of frames kept for a member that is away: the negotiation of a few dozen direct paths. */
const MAX_AWAY_FRAMES = 1000;
/** As much as a lagging socket may hold, see `socket_connection.ts`. */
const MAX_AWAY_CHARS = 4 * 1024 * 1024;

export interface MemberOptions {
  readonly peerId: PeerId;
  readonly token: string;
  /**
   * Whether the client knows of tokens, and can send its own or the one of `welcome`. Older clients can't.
   */
  readonly knowsTokens: boolean;
  readonly name: string;
  readonly instance: string;
  /** 0 for older clients. */
  readonly protocol: number;
  readonly strategy: Strategy | undefined;
  /** Whether the client can make direct connections. */
  readonly hasWebRtc: boolean;
  /** Unix seconds. */
  readonly joinedAt: number;
}

export class Member {
  readonly peerId: PeerId;
  readonly token: string;
  readonly joinedAt: number;
  name: string;
  instance: string;
  protocol: number;
  strategy: Strategy | undefined;
  hasWebRtc: boolean;
  tier: Tier;
  /** The latest IP address of the member's client. */
  address: string;
  /** The paths that the member has reported since its latest `welcome`; null: none. */
  report: PathReport | null = null;
  /** Null while the member is away. */
  connection: MemberConnection | null;
  /** On the clock's `now`. */
  lastHeardMs = 0;
  lastPingMs = 0;
  /** When the member last got the ICE servers. */
  iceServersAtMs = 0;
  /** While the member is away: how long it keeps its place after `lastHeardMs`. */
  graceMs = 0;
  readonly #metrics: Metrics;
  #knowsTokens: boolean;
  #awayFrames: string[] = [];
  /** This member's share of the budget of all queues. */
  #share: BudgetShare;
  readonly #queued: SharedBudget;

  constructor(
    options: MemberOptions,
    connection: MemberConnection,
    { metrics, queued }: { metrics: Metrics; queued: SharedBudget },
  ) {
    this.peerId = options.peerId;
    this.token = options.token;
    this.#knowsTokens = options.knowsTokens;
    this.name = options.name;
    this.instance = options.instance;
    this.protocol = options.protocol;
    this.strategy = options.strategy;
    this.hasWebRtc = options.hasWebRtc;
    this.joinedAt = options.joinedAt;
    this.tier = connection.tier;
    this.address = connection.address ?? "";
    this.connection = connection;
    this.#metrics = metrics;
    this.#queued = queued;
    this.#share = new BudgetShare(queued, this.address);
  }

  /** Moves the member to another address. The frames kept while it was away must have been taken before. */
  moveTo(address: string): void {
    if (address === this.address) return;
    this.address = address;
    this.#share = new BudgetShare(this.#queued, address);
  }

  get info(): PeerInfo {
    return {
      peer_id: this.peerId,
      name: this.name,
      tier: this.tier,
      instance: this.instance,
      joined_at: this.joinedAt,
      strategy: this.strategy,
      webrtc: this.hasWebRtc ? undefined : false,
    };
  }

  /** Whether `token` is this member's. Takes the same time whichever part of it is wrong. */
  #isToken(token: string | undefined): boolean {
    if (token === undefined) return false;
    const shown = encoder.encode(token);
    const own = encoder.encode(this.token);
    return shown.length === own.length && timingSafeEqual(shown, own);
  }

  /** Whether a caller must show the token to speak for this member. Older clients have none to show. */
  get needsToken(): boolean {
    return this.#knowsTokens;
  }

  /** Whether a caller that shows `token` may send and receive as this member. */
  mayActAs(token: string | undefined): boolean {
    const isOwn = this.#isToken(token);
    // A client that has shown its token once can show it again.
    this.#knowsTokens ||= isOwn;
    return isOwn || (token === undefined && !this.#knowsTokens);
  }

  /** Hands `frame` to the connection, or keeps it while the member is away. */
  deliver(frame: string, whenAway: WhenAway = "keep", canWait = false): void {
    if (this.connection === null) {
      if (whenAway === "keep") this.#keep(frame);
    } else if (!this.connection.send(frame, canWait)) {
      this.#metrics.dropped.add(`tier="${this.tier}"`);
    }
  }

  /** Removes and returns the frames that came while the member was away. */
  takeAwayFrames(): string[] {
    const frames = this.#awayFrames;
    this.#awayFrames = [];
    this.#share.hold(0);
    return frames;
  }

  /**
   * Keeps `frame`. A full queue is stale and is emptied: a member that was away for so long negotiates anew
   * after its `welcome`.
   */
  #keep(frame: string): void {
    this.#awayFrames.push(frame);
    const chars = this.#share.held + frame.length;
    const isFull = this.#awayFrames.length > MAX_AWAY_FRAMES || chars > MAX_AWAY_CHARS;
    if (isFull || !this.#share.hold(chars)) {
      this.#metrics.dropped.add(`tier="${this.tier}"`, this.#awayFrames.length);
      this.takeAwayFrames();
    }
  }
}

const encoder = new TextEncoder();
