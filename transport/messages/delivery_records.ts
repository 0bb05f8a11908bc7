/**
 * Records of how far the messages of this device were delivered: how many peers have confirmed each
 * one, and which ones have not. Kept, so that a message delivered to all stays so over a reload, a
 * rename and a return. Owns its keys in the store and its bounds; the conversation decides the meaning
 * of a receipt.
 */
import * as z from "zod/mini";
import type { KeyValueStore } from "../key_value_store.ts";
import { type MessageId, peerId, type RoomName } from "../protocol/mod.ts";

/**
 * UTF-16 code units. A record takes some 150 with its key, and 20 for each awaited peer. All records
 * take at most a fifth of the storage that a browser gives a page.
 */
const MAX_CHARS = { ofRoom: 64 * 1024, ofAll: 1024 * 1024 } as const;
/** Awaited peers in a record. In a larger crowd a reload forgets the others. */
const MAX_AWAITED = 32;
/** New records after which all sizes are counted again, because other tabs write records too. */
const RECOUNT_EVERY = 100;

const KEY_PREFIX = "delivered:";

const savedDelivery = z.object({
  /** Number of peers that the message was for, and of those that have confirmed it. */
  audience: z.number(),
  delivered: z.number(),
  /** Peers that have not confirmed it: `MAX_AWAITED` at most. */
  awaited: z.array(peerId),
});
/** The delivery state of one message. */
export type Delivery = z.infer<typeof savedDelivery>;

export class DeliveryRecords {
  readonly #store: KeyValueStore;
  /** Prefix of this room's keys; the message id follows it. */
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
   * Merges `delivery` into the record, which another tab may have changed. Deletes the oldest records
   * when they take too much.
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

  /** Counts the size of a record with its key, in UTF-16 code units; 0 when it was deleted. */
  #note(key: string, chars: number): void {
    const more = chars - (this.#sizes.get(key) ?? 0);
    this.#chars.ofAll += more;
    if (key.startsWith(this.#prefix)) this.#chars.ofRoom += more;
    if (chars === 0) this.#sizes.delete(key);
    else this.#sizes.set(key, chars);
  }
}

/** Merges without going back: a peer that one tab no longer awaits, the other does not await either. */
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
