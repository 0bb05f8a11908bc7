/**
 * One room as signals: what a session tells, and what the page adds to it (what is unread, what
 * happened quietly, what to say aloud). Owns following the session; renders nothing.
 */
import { batch, effect, signal } from "@preact/signals";
import type { ErrorBody } from "../../../transport/errors.ts";
import type { Strategy } from "../../../transport/protocol.ts";
import type {
  ChatMessage,
  PeerView,
  SessionEvent,
  SessionView,
  UplinkView,
} from "../../../transport/view.ts";
import { addQuietEvent, anchorEvents, type QuietEvent, type QuietKind } from "./quiet_events.ts";
import { Reading } from "./reading.ts";
import { mayLackUnread } from "./unread.ts";

/** What a room needs of the page around it. */
export interface RoomHost {
  /** Whether the page is in view. */
  isVisible(): boolean;
  /** Says messages that just came to those who hear the page. */
  sayMessages(messages: readonly ChatMessage[]): void;
  /** Says a change of state. */
  sayStatus(text: string): void;
  nowMs(): number;
}

/** A burst of events is shown at most this often: 20 times a second looks immediate. */
const REFRESH_MS = 50;
/** Of older messages, to find where the unread ones begin: 20,000, which come in seconds. */
const MOST_PAGES_TO_LINE = 100;
/** After the first connection everybody's arrival is told at once: that is who is here, no news. */
const SETTLING_MS = 1000;

type Handlers = {
  [T in SessionEvent["type"]]: (event: Extract<SessionEvent, { type: T }>) => void;
};

export class RoomState {
  readonly session: SessionView;
  readonly messages = signal<readonly ChatMessage[]>([]);
  readonly hasOlder = signal(false);
  readonly peers = signal<readonly PeerView[]>([]);
  /** One's own in this room. */
  readonly name;
  readonly uplink;
  /** The strategy that is in force. */
  readonly strategy;
  readonly events = signal<readonly QuietEvent[]>([]);
  /** How far its log was read. */
  readonly reading: Reading;
  /** An error that belongs to no message; null when dismissed. */
  readonly problem = signal<ErrorBody | null>(null);
  readonly isLoadingOlder = signal(false);

  readonly #host: RoomHost;
  readonly #abort = new AbortController();
  readonly #unsubscribe: () => void;
  readonly #stopTrimming: () => void;
  /** What the session had before the event at hand; the signal lags behind in a burst. */
  #known: readonly ChatMessage[];
  #uplinkState: UplinkView["state"];
  #onlineSinceMs: number | null = null;
  #refreshTimer: ReturnType<typeof setTimeout> | null = null;
  #refreshedMs = -Infinity;
  #spoken: ChatMessage[] = [];

  /** `lastSeen`: the newest timestamp seen in an earlier visit; null on the first one. */
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
   * How many messages were not seen: "3", or "1000+" when there may be more above what is loaded. Null
   * when all were.
   */
  get unreadCount(): string | null {
    const unread = this.reading.unread.value;
    const count = unread.ids.length;
    if (count === 0) return null;
    const isMore = mayLackUnread(unread, this.messages.value[0], this.hasOlder.value);
    return isMore ? `${count}+` : `${count}`;
  }

  /**
   * Sends `text`, and goes to the end, where it is.
   * @throws {UserError} as `SessionView.send` does; then nothing has moved.
   */
  send(text: string): void {
    this.session.send(text);
    this.reading.toEnd();
  }

  /** Goes on under another name. */
  rename(name: string): void {
    this.session.rename(name);
    this.name.value = name;
  }

  /** Loads the page of messages before the first one; one at a time. */
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

  /** Until the unread line and something above it are here. Nobody asked for it: a failure is silent. */
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
    // The people panel shows it; between messages it is no news.
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
    // Together with the unread line, or the log would stand at a line that is not there, or jump.
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

  /** Whether somebody of that name stays: the same person with another tab, mostly. */
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
