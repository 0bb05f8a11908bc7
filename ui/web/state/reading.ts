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
  messageArrived,
  messagesLoaded,
  NOTHING_UNREAD,
  seenUpTo,
  type UnreadState,
} from "./unread.ts";

export interface ReadingOptions {
  /** The newest timestamp seen in an earlier visit; null on the first one. */
  readonly lastSeen: number | null;
  /** Whether the page is in view. */
  isVisible(): boolean;
  /** All that are here, in the order on screen. */
  messages(): readonly ChatMessage[];
}

export class Reading {
  /** Where the log stands. The log sets it, by what its reader does. */
  readonly place = signal<LogPlace>("end");
  readonly unread = signal<UnreadState>(NOTHING_UNREAD);
  readonly #options: ReadingOptions;
  #lastSeen: number | null;
  #hasHistory = false;
  /** Whether the first history is being completed up to the unread line: until then nothing is seen. */
  #isOpening = false;
  /** The last message that the log shows, whether or not the page is in view. */
  #inView: MessageId | null = null;

  constructor(options: ReadingOptions) {
    this.#options = options;
    this.#lastSeen = options.lastSeen;
  }

  /** The newest timestamp that was seen, in this visit or an earlier one; null when none was. */
  get lastSeen(): number | null {
    return lastSeenIn(this.unread.peek(), this.#options.messages()) ?? this.#lastSeen;
  }

  /** Goes to the newest message, and follows it. */
  toEnd(): void {
    this.place.value = "end";
    if (this.#options.isVisible()) this.unread.value = allSeen(this.unread.peek());
  }

  /** The log shows the messages up to `last`; null when it shows none. */
  saw(last: MessageId | null): void {
    this.#inView = last;
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
    this.unread.value = messageArrived(this.unread.peek(), message, isSeen);
  }

  /**
   * Several came at once. Returns whether they are the first history of this visit: then `opened` is
   * waited for.
   */
  loaded(before: readonly ChatMessage[]): boolean {
    const after = this.#options.messages();
    // Who was in an empty room has seen all that there was.
    if (after.length === 0) this.#lastSeen ??= 0;
    const known = new Set(before.map(({ id }) => id));
    const isFirst = !this.#hasHistory &&
      after.some(({ id, timestamp }) => timestamp !== null && !known.has(id));
    const unread = this.unread.peek();
    const loaded = { before, after, lastSeen: this.#lastSeen, isFirst };
    this.unread.value = messagesLoaded(unread, loaded);
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

  /** Whether the log stands at the unread line, and more of what is above it should be here. */
  get lacksContext(): boolean {
    const { lineBefore } = this.unread.peek();
    const line = this.#options.messages().findIndex(({ id }) => id === lineBefore);
    return this.place.peek() === "unread" && line !== -1 && line < UNREAD_CONTEXT;
  }

  #noteSeen(): void {
    if (this.#inView === null || this.#isOpening || !this.#options.isVisible()) return;
    this.unread.value = seenUpTo(this.unread.peek(), this.#options.messages(), this.#inView);
  }

  #toUnread(): void {
    // The log tells anew what it shows from there.
    this.#inView = null;
    this.place.value = "unread";
  }
}
