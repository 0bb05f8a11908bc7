/**
 * The messages of one session, each once, in the order on screen: by the node's `timestamp`, then by
 * id. Messages that are not stored yet stand where they were sent or received. Knows no network.
 */
import type { MessageId } from "../protocol/mod.ts";
import type { ChatMessage } from "../view.ts";

interface Bounds {
  readonly messages: number;
  /** UTF-16 code units of text, each two bytes at most. */
  readonly chars: number;
}

/** Usual bounds of a page; the oldest messages go first, and the node has them. Some 10 MB when short. */
const KEPT: Bounds = { messages: 20_000, chars: 32 * 1024 * 1024 };
/** Bounds while the user reads older messages, so that a page just loaded stays: an hour of scrolling. */
const READING: Bounds = { messages: 100_000, chars: 64 * 1024 * 1024 };

/** Order on screen: negative when `a` stands before `b`. */
export function compareMessages(a: ChatMessage, b: ChatMessage): number {
  const byTime = placeOf(a) - placeOf(b);
  if (byTime < 0 || byTime > 0) return byTime;
  if ((a.timestamp === null) !== (b.timestamp === null)) return a.timestamp === null ? 1 : -1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function placeOf({ timestamp, heardAfter }: ChatMessage): number {
  return timestamp ?? heardAfter ?? Infinity;
}

export class MessageLog {
  #sorted: ChatMessage[] = [];
  readonly #byId = new Map<MessageId, ChatMessage>();
  #chars = 0;
  #bounds = KEPT;
  #isFull = false;

  /** In order. A new array after every change. */
  get messages(): readonly ChatMessage[] {
    return this.#sorted;
  }

  get(id: MessageId): ChatMessage | undefined {
    return this.#byId.get(id);
  }

  has(id: MessageId): boolean {
    return this.#byId.has(id);
  }

  remove(id: MessageId): void {
    const known = this.#byId.get(id);
    if (known === undefined) return;
    this.#forget(known);
    this.#sorted = this.#sorted.filter((message) => message !== known);
  }

  /** Timestamp of the oldest stored message; null when there is none. */
  get oldestTimestamp(): number | null {
    return this.#sorted.find(({ timestamp }) => timestamp !== null)?.timestamp ?? null;
  }

  /** Timestamp of the newest stored message; null when there is none. */
  get newestTimestamp(): number | null {
    return this.#sorted.findLast(({ timestamp }) => timestamp !== null)?.timestamp ?? null;
  }

  /** Whether a page of older messages did not fit. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether a page of older messages fits without evicting others; if not, the log is full. */
  takesOlder(messages: readonly Pick<ChatMessage, "text">[]): boolean {
    const chars = messages.reduce((sum, { text }) => sum + text.length, this.#chars);
    const fits = this.#sorted.length + messages.length <= READING.messages &&
      chars <= READING.chars;
    this.#isFull = !fits;
    return fits;
  }

  /** Adds messages, or replaces those with the same ids. Returns whether older messages were evicted. */
  put(messages: readonly ChatMessage[]): boolean {
    const sorted = [...this.#sorted];
    for (const message of messages) {
      const known = this.#byId.get(message.id);
      if (known !== undefined) {
        sorted.splice(indexOf(sorted, known), 1);
        this.#forget(known);
      }
      sorted.splice(indexOf(sorted, message), 0, message);
      this.#byId.set(message.id, message);
      this.#chars += message.text.length;
    }
    return this.#evict(sorted);
  }

  /** Raises the bounds, because older messages are about to be loaded. */
  keepMore(): void {
    this.#bounds = READING;
  }

  /** Evicts the messages beyond the usual bounds. Returns whether there were any. */
  trim(): boolean {
    this.#bounds = KEPT;
    this.#isFull = false;
    return this.#evict(this.#sorted);
  }

  #evict(sorted: ChatMessage[]): boolean {
    let evicted = 0;
    for (const message of sorted) {
      const isWithin = sorted.length - evicted <= this.#bounds.messages &&
        this.#chars <= this.#bounds.chars;
      if (isWithin) break;
      this.#forget(message);
      evicted++;
    }
    this.#sorted = evicted === 0 ? sorted : sorted.slice(evicted);
    return evicted > 0;
  }

  #forget({ id, text }: ChatMessage): void {
    this.#byId.delete(id);
    this.#chars -= text.length;
  }

  /** Changes fields of a message; undefined when it is not here. */
  update(id: MessageId, change: Partial<ChatMessage>): ChatMessage | undefined {
    const known = this.#byId.get(id);
    if (known === undefined) return undefined;
    const changed = { ...known, ...change };
    this.put([changed]);
    return changed;
  }
}

/** Index at which `message` stands or belongs. */
function indexOf(sorted: readonly ChatMessage[], message: ChatMessage): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareMessages(sorted[middle] as ChatMessage, message) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
