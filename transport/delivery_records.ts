/**
 * Who has said that they have which message of this device: kept, so that what was delivered to all
 * stays so over a reload, a rename and a return. Owns its place in the store and its bounds; what a
 * receipt means is the conversation's.
 */
import * as z from "zod/mini";
import type { KeyValueStore } from "./outbox.ts";
import { type MessageId, peerId } from "./protocol.ts";

/** Own messages of all rooms together: more than somebody scrolls back through. */
const MAX_RECORDS = 2_000;
/**
 * A record of a small room has some 150 characters, one of a full room, with 255 peers, 5,000. All take
 * a tenth at most of what a browser lets a page store.
 */
const MAX_CHARS = 512 * 1024;

const KEY_PREFIX = "delivered:";

const savedDelivery = z.object({
  /** How many others it was for. */
  audience: z.number(),
  /** Who of them has it, and who has not said so. */
  deliveredTo: z.array(peerId),
  awaited: z.array(peerId),
});
/** How far one message has come. */
export type Delivery = z.infer<typeof savedDelivery>;

export class DeliveryRecords {
  readonly #store: KeyValueStore;
  /** Sizes by id, oldest first: ids are UUIDv7, which sort by time. */
  readonly #sizes = new Map<string, number>();
  #chars = 0;

  constructor(store: KeyValueStore) {
    this.#store = store;
    const ids = store.keys().filter((key) => key.startsWith(KEY_PREFIX))
      .map((key) => key.slice(KEY_PREFIX.length)).sort();
    for (const id of ids) this.#note(id, store.get(KEY_PREFIX + id)?.length ?? 0);
  }

  get(id: MessageId): Delivery | null {
    try {
      return savedDelivery.parse(JSON.parse(this.#store.get(KEY_PREFIX + id) ?? ""));
    } catch {
      return null;
    }
  }

  /** Keeps `delivery`, and lets go of the oldest ones where there are too many. */
  set(id: MessageId, delivery: Delivery): void {
    const text = JSON.stringify(delivery);
    this.#store.set(KEY_PREFIX + id, text);
    this.#note(id, text.length);
    for (const oldest of this.#sizes.keys()) {
      if (this.#sizes.size <= MAX_RECORDS && this.#chars <= MAX_CHARS) break;
      this.#store.delete(KEY_PREFIX + oldest);
      this.#note(oldest, null);
    }
  }

  #note(id: string, chars: number | null): void {
    this.#chars += (chars ?? 0) - (this.#sizes.get(id) ?? 0);
    if (chars === null) this.#sizes.delete(id);
    else this.#sizes.set(id, chars);
  }
}
