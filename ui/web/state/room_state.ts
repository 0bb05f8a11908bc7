/**
 * One room as signals: the state of its session, and what the page adds to it (unread messages, joins
 * and leaves, text for screen readers). Owns following the session; renders nothing.
 */
import { batch, effect, signal } from "@preact/signals";
import type { ErrorBody } from "../../../transport/errors.ts";
import type { Strategy } from "../../../transport/protocol/mod.ts";
import type {
  ChatMessage,
  PeerView,
  SessionEvent,
  SessionView,
  UplinkView,
} from "../../../transport/view.ts";
import {
  addQuietEvent,
  anchorEvents,
  type QuietEvent,
  type QuietKind,
} from "../../log/quiet_events.ts";
import { Reading } from "./reading.ts";
import { mayLackUnread } from "../../log/unread.ts";

/** The services of the page that a room needs. */
export interface RoomHost {
  /** Whether the page is in view. */
  isVisible(): boolean;
  /** Has screen readers read new messages. */
  sayMessages(messages: readonly ChatMessage[]): void;
  /** Has screen readers read a change of state. */
  sayStatus(text: string): void;
  nowMs(): number;
}

/** Shortest time between two refreshes in a burst of events: 20 a second look immediate. */
const REFRESH_MS = 50;
/**
 * Pages of older messages that are loaded to find the first unread one: 20,000 messages, which come in
 * seconds.
 */
const MOST_PAGES_TO_LINE = 100;
/**
 * For this long after the first connection, joins are not shown: the node reports everybody who is here
 * already.
 */
const SETTLING_MS = 1000;

type Handlers = {
  [T in SessionEvent["type"]]: (event: Extract<SessionEvent, { type: T }>) => void;
};

export class RoomState {
  readonly session: SessionView;
  readonly messages = signal<readonly ChatMessage[]>([]);
  readonly hasOlder = signal(false);
  readonly peers = signal<readonly PeerView[]>([]);
  /** Our own name in this room. */
  readonly name;
  readonly uplink;
  /** The strategy in force. */
  readonly strategy;
  readonly events = signal<readonly QuietEvent[]>([]);
  /** How far the log was read. */
  readonly reading: Reading;
  /** An error that belongs to no message; null when dismissed. */
  readonly problem = signal<ErrorBody | null>(null);
  readonly isLoadingOlder = signal(false);

  readonly #host: RoomHost;
  readonly #abort = new AbortController();
  readonly #unsubscribe: () => void;
  readonly #stopTrimming: () => void;
  /** The session's messages before the current event. The signal lags behind in a burst. */
  #known: readonly ChatMessage[];
  #uplinkState: UplinkView["state"];
  #onlineSinceMs: number | null = null;
  #refreshTimer: ReturnType<typeof setTimeout> | null = null;
  #refreshedMs = -Infinity;
  #spoken: ChatMessage[] = [];

  /** `lastSeen`: the newest timestamp seen in an earlier visit; null on the first visit. */
  constructor(session: SessionView, host: RoomHost, lastSeen: number | null) {
    this.session = session;
    this.#host = host;
    this.name = signal(session.name);
    this.uplink = signal<UplinkView>(session.uplink);
    this.strategy = signal<Strategy>(session.strategy);
    this.reading = new Reading({
      lastSeen,
      isVisible: () => host.isVisible(),
      messages: () => session.messages,
      hasOlder: () => session.hasOlder,
    });
    this.#known = session.messages;
    this.#uplinkState = session.uplink.state;
    this.#unsubscribe = session.subscribe((event) => this.#onEvent(event));
    session.join();
    this.#refresh();
    this.#stopTrimming = effect(() => {
      if (this.reading.place.value === "end") session.trim();
    });
  }

  /**
   * The number of unread messages: "3", or "1000+" when there may be more above the loaded ones. Null
   * when there are none.
   */
  get unreadCount(): string | null {
    const unread = this.reading.unread.value;
    const count = unread.ids.length;
    if (count === 0) return null;
    const isMore = mayLackUnread(unread, this.messages.value[0], this.hasOlder.value);
    return isMore ? `${count}+` : `${count}`;
  }

  /**
   * Sends `text`, and goes to the end of the log, where it appears.
   * @throws {UserError} as `SessionView.send` does; then nothing has moved.
   */
  send(text: string): void {
    this.session.send(text);
    this.reading.toEnd();
  }

  /** Changes our name in this room. */
  rename(name: string): void {
    this.session.rename(name);
    this.name.value = name;
  }

  /** Loads the page of messages before the first one. Does nothing while another page is loading. */
  async loadOlder(): Promise<void> {
    if (this.isLoadingOlder.peek() || !this.session.hasOlder) return;
    try {
      await this.#loadPage();
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#showProblem(error);
    }
  }

  async #loadPage(): Promise<void> {
    this.isLoadingOlder.value = true;
    try {
      await this.session.loadOlder({ signal: this.#abort.signal });
    } finally {
      this.#refresh();
      this.isLoadingOlder.value = false;
    }
  }

  /**
   * Loads pages until the unread line and some context above it are here. The user did not ask for it,
   * so a failure is silent.
   */
  async #loadToLine(): Promise<void> {
    for (let pages = 0; pages < MOST_PAGES_TO_LINE; pages++) {
      const isWanted = this.reading.lacksContext && this.session.hasOlder;
      if (!isWanted || this.isLoadingOlder.peek()) break;
      try {
        await this.#loadPage();
      } catch {
        break;
      }
    }
    this.reading.opened();
  }

  /** Leaves the room. Idempotent. */
  close(): void {
    this.#abort.abort();
    this.#unsubscribe();
    this.#stopTrimming();
    if (this.#refreshTimer !== null) clearTimeout(this.#refreshTimer);
    this.session.leave();
  }

  #showProblem(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.problem.value = { code: "internal", message: `Older messages did not load: ${message}` };
  }

  #onEvent(event: SessionEvent): void {
    const handler = this.#handlers[event.type] as (event: SessionEvent) => void;
    handler(event);
    this.#known = this.session.messages;
    this.#scheduleRefresh();
  }

  readonly #handlers: Handlers = {
    message: ({ message, isNew }) => {
      if (!isNew) return;
      this.reading.arrived(message);
      if (!message.own) this.#spoken.push(message);
    },
    messages: () => this.#onMessages(),
    peer_joined: ({ peer }) => this.#note("joined", peer),
    peer_left: ({ peer }) => this.#note("left", peer),
    peer: () => {},
    // The people panel shows paths. In the log they are no news.
    path: () => {},
    uplink: ({ uplink }) => this.#onUplink(uplink),
    strategy: () => {},
    error: ({ error }) => this.problem.value = error,
  };

  #onMessages(): void {
    const before = this.#known;
    const { lineBefore } = this.reading.unread.peek();
    const isFirst = this.reading.loaded(before);
    const isLineMoved = this.reading.unread.peek().lineBefore !== lineBefore;
    // Shows the messages together with the unread line. Otherwise the log would stand at a missing
    // line, or jump.
    if (isLineMoved || this.reading.place.peek() === "unread") this.#refresh();
    if (isFirst) void this.#loadToLine();
    const last = this.session.messages.at(-1);
    if (last !== undefined && before.length === 0) {
      this.events.value = anchorEvents(this.events.peek(), last.id);
    }
  }

  #onUplink(uplink: UplinkView): void {
    const before = this.#uplinkState;
    this.#uplinkState = uplink.state;
    if (uplink.state === "online") this.#onlineSinceMs ??= this.#host.nowMs();
    if (uplink.state === before) return;
    if (uplink.state === "offline") this.#host.sayStatus("The node is unreachable.");
    if (uplink.state === "online" && before === "offline") {
      this.#host.sayStatus("The node is back.");
    }
  }

  #note(kind: QuietKind, peer: PeerView): void {
    if (!this.#isSettled() || (kind === "left" && this.#isHereAnyway(peer))) return;
    this.events.value = addQuietEvent(this.events.peek(), {
      kind,
      peerId: peer.peerId,
      name: peer.name,
      after: this.session.messages.at(-1)?.id ?? null,
      atMs: this.#host.nowMs(),
    });
  }

  /** Whether a peer of that name stays: usually another tab of the same person. */
  #isHereAnyway({ peerId, name }: PeerView): boolean {
    const { session } = this;
    return name === session.name ||
      session.peers.some((other) => other.peerId !== peerId && other.name === name);
  }

  #isSettled(): boolean {
    const since = this.#onlineSinceMs;
    return since !== null && this.#host.nowMs() - since >= SETTLING_MS;
  }

  #scheduleRefresh(): void {
    if (this.#refreshTimer !== null) return;
    const wait = this.#refreshedMs + REFRESH_MS - this.#host.nowMs();
    this.#refreshTimer = setTimeout(() => this.#refresh(), Math.min(Math.max(0, wait), REFRESH_MS));
  }

  #refresh(): void {
    if (this.#refreshTimer !== null) clearTimeout(this.#refreshTimer);
    this.#refreshTimer = null;
    this.#refreshedMs = this.#host.nowMs();
    batch(() => {
      this.messages.value = this.session.messages;
      this.hasOlder.value = this.session.hasOlder;
      this.peers.value = this.session.peers;
      this.uplink.value = this.session.uplink;
      this.strategy.value = this.session.strategy;
    });
    if (this.#spoken.length > 0) this.#host.sayMessages(this.#spoken.splice(0));
  }
}
