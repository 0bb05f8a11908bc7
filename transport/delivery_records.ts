/**
 * Who has said that they have which message of this device: kept, so that what was delivered to all
 * stays so over a reload, a rename and a return. Owns its place in the store and its bounds; what a
 * receipt means is the conversation's.
 */
import * as z from "zod/mini";
import type { KeyValueStore } from "./kept_messages.ts";
import { type MessageId, peerId, type RoomName } from "./protocol.ts";

/**
 * UTF-16 code units. A record has some 150 with its key and 20 for each peer that is awaited; all of them
 * take a fifth at most of what a browser lets a page store.
 */
const MAX_CHARS = { ofRoom: 64 * 1024, ofAll: 1024 * 1024 } as const;
/** Who is awaited in a larger crowd is not known any more after a reload. */
const MAX_AWAITED = 32;
/** Other tabs write as well: what all have written is counted again after so many records. */
const RECOUNT_EVERY = 100;

const KEY_PREFIX = "delivered:";

const savedDelivery = z.object({
  /** How many others it was for, and how many of them have said that they have it. */
  audience: z.number(),
  delivered: z.number(),
  /** Who of them has not; of a crowd, some. */
  awaited: z.array(peerId),
});
/** How far one message has come. */
export type Delivery = z.infer<typeof savedDelivery>;

export class DeliveryRecords {
  readonly #store: KeyValueStore;
  /** Of this room's keys; what is behind it is a message id. */
  readonly #prefix: string;
  /** Sizes by key, oldest first: ids are UUIDv7, which sort by time. */
  #sizes = new Map<string, number>();
  #chars = { ofRoom: 0, ofAll: 0 };
  #untilRecount = 0;

  constructor(store: KeyValueStore, room: RoomName) {
    this.#store = store;
    this.#prefix = `${KEY_PREFIX}${encodeURIComponent(room)}:`;
  }

  get(id: MessageId): Delivery | null {
    try {
      return savedDelivery.parse(JSON.parse(this.#store.get(this.#prefix + id) ?? ""));
    } catch {
      return null;
    }
  }

  /**
   * Keeps what `delivery` brings beyond what other tabs have noted, and lets go of the oldest ones where
   * they take too much.
   */
  set(id: MessageId, delivery: Delivery): void {
    const key = this.#prefix + id;
    const text = JSON.stringify(merged(this.get(id), delivery));
    this.#store.set(key, text);
    if (!this.#sizes.has(key) && this.#untilRecount-- <= 0) this.#count();
    this.#note(key, key.length + text.length);
    if (this.#chars.ofRoom > MAX_CHARS.ofRoom) this.#shrink("ofRoom");
    if (this.#chars.ofAll > MAX_CHARS.ofAll) this.#shrink("ofAll");
  }

  #count(): void {
    this.#untilRecount = RECOUNT_EVERY;
    this.#sizes = new Map();
    this.#chars = { ofRoom: 0, ofAll: 0 };
    const keys = this.#store.keys().filter((key) => key.startsWith(KEY_PREFIX));
    for (const key of keys.sort(byMessage)) {
      this.#note(key, key.length + (this.#store.get(key)?.length ?? 0));
    }
  }

  #shrink(which: keyof typeof MAX_CHARS): void {
    for (const key of this.#sizes.keys()) {
      if (this.#chars[which] <= MAX_CHARS[which]) return;
      if (which === "ofRoom" && !key.startsWith(this.#prefix)) continue;
      this.#store.delete(key);
      this.#note(key, 0);
    }
  }

  /** Counts what a record takes now; 0 where it is gone. */
  #note(key: string, chars: number): void {
    const more = chars - (this.#sizes.get(key) ?? 0);
    this.#chars.ofAll += more;
    if (key.startsWith(this.#prefix)) this.#chars.ofRoom += more;
    if (chars === 0) this.#sizes.delete(key);
    else this.#sizes.set(key, chars);
  }
}

/** Nothing goes back: who is not awaited any more in one tab is not in the other. */
function merged(before: Delivery | null, { audience, delivered, awaited }: Delivery): Delivery {
  return {
    audience: Math.max(before?.audience ?? 0, audience),
    delivered: Math.max(before?.delivered ?? 0, delivered),
    awaited: awaited.filter((peerId) => before?.awaited.includes(peerId) ?? true)
      .slice(0, MAX_AWAITED),
  };
}

function byMessage(a: string, b: string): number {
  const [idA, idB] = [a, b].map((key) => key.slice(key.lastIndexOf(":") + 1));
  return idA! < idB! ? -1 : 1;
}
