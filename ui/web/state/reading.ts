/**
 * How far the reader has read a room: where the log stands, which messages were in view, and so which
 * are unread. `room_state.ts` passes the session's messages on; the log reports which messages it
 * shows.
 */
import { signal } from "@preact/signals";
import type { MessageId } from "../../../transport/protocol/mod.ts";
import type { ChatMessage } from "../../../transport/view.ts";
import type { LogPlace } from "./log_place.ts";
import { UNREAD_CONTEXT } from "../../log/log_window.ts";
import {
  allSeen,
  lastSeenIn,
  mayLackUnread,
  messageArrived,
  messagesLoaded,
  NOTHING_UNREAD,
  seenBetween,
  type UnreadState,
} from "../../log/unread.ts";

export interface ReadingOptions {
  /** The newest timestamp seen in an earlier visit; null on the first visit. */
  readonly lastSeen: number | null;
  /** Whether the page is in view. */
  isVisible(): boolean;
  /** All loaded messages, in the order on screen. */
  messages(): readonly ChatMessage[];
  /** Whether the node has messages older than these. */
  hasOlder(): boolean;
}

/** The first and the last message that the log shows. */
export interface LogView {
  readonly first: MessageId;
  readonly last: MessageId;
}

export class Reading {
  /** Where the log stands. The log sets it from the reader's scrolling. */
  readonly place = signal<LogPlace>("end");
  readonly unread = signal<UnreadState>(NOTHING_UNREAD);
  readonly #options: ReadingOptions;
  /** The newest timestamp at which nothing was unread, or which an earlier visit has seen. */
  #lastSeen: number | null;
  #hasHistory = false;
  /**
   * Whether pages up to the unread line are still being loaded. Until that ends, nothing counts as
   * seen.
   */
  #isOpening = false;
  /** The messages that the log shows, whether or not the page is in view. */
  #inView: LogView | null = null;
  /**
   * The messages that the log showed when the reader last saw it. The reader who scrolls on from there
   * passes all messages in between.
   */
  #seenView: LogView | null = null;

  constructor(options: ReadingOptions) {
    this.#options = options;
    this.#lastSeen = options.lastSeen;
  }

  /** The newest timestamp that was seen, in this visit or an earlier one; null when there is none. */
  get lastSeen(): number | null {
    const [unread, messages] = [this.unread.peek(), this.#options.messages()];
    if (mayLackUnread(unread, messages[0], this.#options.hasOlder())) return this.#lastSeen;
    return lastSeenIn(unread, messages) ?? this.#lastSeen;
  }

  /** Goes to the newest message, and follows it. */
  toEnd(): void {
    this.place.value = "end";
    if (this.#options.isVisible()) this.unread.value = allSeen(this.unread.peek());
  }

  /** Takes the messages that the log shows; null when it shows none. */
  saw(view: LogView | null): void {
    this.#inView = view;
    this.#noteSeen();
  }

  /** Handles the page coming into view: goes to the messages that came while the page was hidden. */
  shown(): void {
    const isBehind = this.place.peek() === "end" && this.unread.peek().ids.length > 0;
    if (isBehind) this.#toUnread();
    else this.#noteSeen();
  }

  /** Takes one new message. */
  arrived(message: ChatMessage): void {
    const isSeen = this.place.peek() === "end" && this.#options.isVisible();
    this.#add(messageArrived(this.unread.peek(), message, isSeen));
  }

  /**
   * Takes messages that came at once. Returns whether they are the first history of this visit. If so,
   * nothing counts as seen until the caller calls `opened`.
   */
  loaded(before: readonly ChatMessage[]): boolean {
    const after = this.#options.messages();
    // A reader of an empty room has seen all that there was.
    if (after.length === 0) this.#lastSeen ??= 0;
    const isFirst = !this.#hasHistory && hasNewStored(before, after);
    const unread = this.unread.peek();
    const loaded = { before, after, lastSeen: this.#lastSeen, isFirst };
    this.#add(messagesLoaded(unread, loaded));
    const isMore = this.unread.peek().ids.length > unread.ids.length;
    if (isMore && this.place.peek() === "end") this.#toUnread();
    this.#hasHistory ||= isFirst;
    this.#isOpening ||= isFirst;
    return isFirst;
  }

  /** Ends the opening: the unread line is loaded with the messages above it, or will not be. */
  opened(): void {
    this.#isOpening = false;
    this.#noteSeen();
  }

  /**
   * Whether there is an unread line with too few messages loaded above it. A reader who scrolls
   * meanwhile keeps the place; a reader who goes to the end needs the line no longer.
   */
  get lacksContext(): boolean {
    const { lineBefore } = this.unread.peek();
    const line = this.#options.messages().findIndex(({ id }) => id === lineBefore);
    return this.place.peek() !== "end" && line !== -1 && line < UNREAD_CONTEXT;
  }

  /**
   * Sets the unread messages after new ones came. When these are the first that were missed, everything
   * before them had been seen.
   */
  #add(unread: UnreadState): void {
    const isFirstMissed = this.unread.peek().ids.length === 0 && unread.ids.length > 0;
    if (isFirstMissed && this.#hasHistory) {
      this.#lastSeen = lastSeenIn(unread, this.#options.messages()) ?? this.#lastSeen;
    }
    this.unread.value = unread;
  }

  #noteSeen(): void {
    const view = this.#inView;
    if (view === null || this.#isOpening || !this.#options.isVisible()) return;
    const before = this.#seenView ?? view;
    this.#seenView = view;
    const ends = [before.first, before.last, view.first, view.last];
    const unread = this.unread.peek();
    // A reader who goes to the end skips the messages in between: they count as seen.
    this.unread.value = this.place.peek() === "end"
      ? allSeen(unread)
      : seenBetween(unread, this.#options.messages(), ends);
  }

  #toUnread(): void {
    // The log reports again what it shows from there.
    this.#inView = null;
    this.#seenView = null;
    this.place.value = "unread";
  }
}

function hasNewStored(before: readonly ChatMessage[], after: readonly ChatMessage[]): boolean {
  const known = new Set(before.map(({ id }) => id));
  return after.some(({ id, timestamp }) => timestamp !== null && !known.has(id));
}
