/**
 * One peer's stay in one room, whatever carries its frames. A member outlives its connection for a
 * while (`detached`): a reload or a short gap is no leave. Who may take its place is decided here by
 * its token; when it is over, by `room.ts`.
 */
import { timingSafeEqual } from "node:crypto";
import type { PathReport, PeerId, PeerInfo, Strategy, Tier } from "../transport/protocol.ts";
import { BudgetShare, type SharedBudget } from "./shared_budget.ts";
import type { Intake } from "./intake.ts";
import type { Metrics } from "./metrics.ts";
import type { Negotiation } from "./node_signal.ts";

/** What carries frames to a member: a WebSocket or a polling queue. */
export interface Link {
  readonly tier: Tier;
  /** The IP address that it comes from; null where that is its member's. */
  readonly address: string | null;
  /** Whether the other side is there although it says nothing: a poll that is held open. */
  readonly isHeld: boolean;
  /**
   * Sends or queues one frame; false when it was dropped. Never throws. One that can wait may go out
   * a moment later, with others.
   */
  send(frame: string, canWait?: boolean): boolean;
  /** Frames that were never handed out, which are the member's next link's to send. Empties it. */
  takePending(): string[];
  /** The same page is on another link from here on: ends without telling it anything. */
  moveOn(): void;
  /** Idempotent; the owner of the link hears no more of it. */
  close(code: number, reason: string): void;
}

/** What becomes of a frame for somebody who is away: chat comes back by cursor, typing is stale. */
export type WhenAway = "keep" | "drop";

/** Frames kept for a member that is away: the negotiation of a few dozen direct paths. */
const MAX_AWAY_FRAMES = 1000;
/** As much as a socket that is behind may hold, see `signal_socket.ts`. */
const MAX_AWAY_CHARS = 4 * 1024 * 1024;

export interface MemberOptions {
  readonly peerId: PeerId;
  readonly token: string;
  /** Whether the client knows of tokens, and can show its own or that of `welcome`; older ones can't. */
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
  /** The IP address that it came from last. */
  address: string;
  /** What it said of its paths since it was welcomed last. */
  report: PathReport | null = null;
  /** The DataChannel to the node that it opened last, or is opening. */
  negotiation: Negotiation | null = null;
  /** Null while it is away. */
  link: Link | null;
  /** On the clock's `now`. */
  lastHeardMs = 0;
  lastPingMs = 0;
  /** When it was last told the ICE servers. */
  iceServersAtMs = 0;
  /** While away: for how long it may stay so, after it was heard last. */
  graceMs = 0;
  readonly #metrics: Metrics;
  #knowsTokens: boolean;
  #awayFrames: string[] = [];
  /** Of what all queues may hold. */
  #share: BudgetShare;
  readonly #queued: SharedBudget;
  /** Takes what it posts, as long as it comes from one address. */
  posting: Intake | null = null;

  constructor(
    options: MemberOptions,
    link: Link,
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
    this.tier = link.tier;
    this.address = link.address ?? "";
    this.link = link;
    this.#metrics = metrics;
    this.#queued = queued;
    this.#share = new BudgetShare(queued, this.address);
  }

  /** It goes on from another address. What came while it was away has been taken. */
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

  /** Whether `token` is this member's; takes as long whatever part of it is right. */
  #isToken(token: string | undefined): boolean {
    if (token === undefined) return false;
    const shown = encoder.encode(token);
    const own = encoder.encode(this.token);
    return shown.length === own.length && timingSafeEqual(shown, own);
  }

  /** Whether only who shows its token speaks for this member: older clients have none to show. */
  get needsToken(): boolean {
    return this.#knowsTokens;
  }

  /** Whether whoever shows `token` may speak for this member, and hear what is for it. */
  mayActAs(token: string | undefined): boolean {
    const isOwn = this.#isToken(token);
    // Whoever has shown it once can again.
    this.#knowsTokens ||= isOwn;
    return isOwn || (token === undefined && !this.#knowsTokens);
  }

  /** Hands `frame` to the link, or keeps it while the member is away. */
  deliver(frame: string, whenAway: WhenAway = "keep", canWait = false): void {
    if (this.link === null) {
      if (whenAway === "keep") this.#keep(frame);
    } else if (!this.link.send(frame, canWait)) {
      this.#metrics.dropped.add(`tier="${this.tier}"`);
    }
  }

  /** The frames that came while it was away. Empties them. */
  takeAwayFrames(): string[] {
    const frames = this.#awayFrames;
    this.#awayFrames = [];
    this.#share.hold(0);
    return frames;
  }

  /** Full means stale: whoever was away for that long negotiates anew after its `welcome`. */
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
