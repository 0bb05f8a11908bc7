/**
 * How far somebody has read a room: where its log stands, what of it was in view, and so what is
 * unread. Follows a session's messages as `room_state.ts` hands them on; the log tells what it shows.
 */
import { signal } from "@preact/signals";
import type { MessageId } from "../../../transport/protocol.ts";
import type { ChatMessage } from "../../../transport/view.ts";
import type { LogPlace } from "./log_place.ts";
import { UNREAD_CONTEXT } from "./log_window.ts";
import {
  allSeen,
  lastSeenIn,
  mayLackUnread,
  messageArrived,
  messagesLoaded,
  NOTHING_UNREAD,
  seenBetween,
  type UnreadState,
} from "./unread.ts";

export interface ReadingOptions {
  /** The newest timestamp seen in an earlier visit; null on the first one. */
  readonly lastSeen: number | null;
  /** Whether the page is in view. */
  isVisible(): boolean;
  /** All that are here, in the order on screen. */
  messages(): readonly ChatMessage[];
  /** Whether the node has more before them. */
  hasOlder(): boolean;
}

/** The first and the last message that the log shows. */
export interface LogView {
  readonly first: MessageId;
  readonly last: MessageId;
}

export class Reading {
  /** Where the log stands. The log sets it, by what its reader does. */
  readonly place = signal<LogPlace>("end");
  readonly unread = signal<UnreadState>(NOTHING_UNREAD);
  readonly #options: ReadingOptions;
  /** The newest timestamp at which nothing was unread, or that an earlier visit has seen. */
  #lastSeen: number | null;
  #hasHistory = false;
  /** Whether the first history is being completed up to the unread line: until then nothing is seen. */
  #isOpening = false;
  /** What the log shows, whether or not the page is in view. */
  #inView: LogView | null = null;
  /** What it showed when that was last seen: whoever scrolls on from there passes what is between. */
  #seenView: LogView | null = null;

  constructor(options: ReadingOptions) {
    this.#options = options;
    this.#lastSeen = options.lastSeen;
  }

  /** The newest timestamp that was seen, in this visit or an earlier one; null when none was. */
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

  /** What the log shows; null when it shows no message. */
  saw(view: LogView | null): void {
    this.#inView = view;
    this.#noteSeen();
  }

  /** The page came into view: at what came while it was out of it. */
  shown(): void {
    const isBehind = this.place.peek() === "end" && this.unread.peek().ids.length > 0;
    if (isBehind) this.#toUnread();
    else this.#noteSeen();
  }

  /** One message came. */
  arrived(message: ChatMessage): void {
    const isSeen = this.place.peek() === "end" && this.#options.isVisible();
    this.#add(messageArrived(this.unread.peek(), message, isSeen));
  }

  /**
   * Several came at once. Returns whether they are the first history of this visit: then `opened` is
   * waited for.
   */
  loaded(before: readonly ChatMessage[]): boolean {
    const after = this.#options.messages();
    // Who was in an empty room has seen all that there was.
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

  /** The unread line is here, with what stands above it, or does not come. */
  opened(): void {
    this.#isOpening = false;
    this.#noteSeen();
  }

  /**
   * Whether there is an unread line, and more of what is above it should be here. Somebody who scrolls
   * meanwhile keeps their place; who goes to the end is done with it.
   */
  get lacksContext(): boolean {
    const { lineBefore } = this.unread.peek();
    const line = this.#options.messages().findIndex(({ id }) => id === lineBefore);
    return this.place.peek() !== "end" && line !== -1 && line < UNREAD_CONTEXT;
  }

  /** What came is in `unread`. When it is the first that was missed, all before it had been seen. */
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
    // Whoever goes to the end has skipped what they did not pass.
    this.unread.value = this.place.peek() === "end"
      ? allSeen(unread)
      : seenBetween(unread, this.#options.messages(), ends);
  }

  #toUnread(): void {
    // The log tells anew what it shows from there.
    this.#inView = null;
    this.#seenView = null;
    this.place.value = "unread";
  }
}

function hasNewStored(before: readonly ChatMessage[], after: readonly ChatMessage[]): boolean {
  const known = new Set(before.map(({ id }) => id));
  return after.some(({ id, timestamp }) => timestamp !== null && !known.has(id));
}
