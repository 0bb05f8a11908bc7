/**
 * The messages of the outbox that are kept over a reload: each under its own key, with its place in the
 * order of sending. Knows nothing of sending.
 */
import * as z from "zod/mini";
import type { KeyValueStore } from "../key_value_store.ts";
import { chatPayload, type MessageId } from "../protocol/mod.ts";

const KEY_PREFIX = "outbox:";
/**
 * Matches keys of this room alone. The room `a` also sees the keys of a room `a:outbox`, which begin
 * alike: `outbox:identity` and `outbox:outbox:` with an id.
 */
const KEY = /^outbox:(?!identity$)[^:]+$/;

const outgoing = z.object({ ...chatPayload.shape, name: z.string(), sent_at: z.number() });
/** A message as it goes out: the payload of `chat`. */
export type Outgoing = z.infer<typeof outgoing>;

/** Optional, as earlier versions saved no order: their messages sort by time. */
const savedOrder = z.object({ order: z.optional(z.number()) });

export interface KeptMessage {
  readonly message: Outgoing;
  /** Ascends in the order of sending. A time would not, as the clock may be set back. */
  readonly order: number;
}

export class KeptMessages {
  readonly #store: KeyValueStore;

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  /** Reads the messages that an earlier page left, in order. Deletes entries that can't be read. */
  read(): KeptMessage[] {
    const kept: KeptMessage[] = [];
    for (const key of this.#store.keys()) {
      if (!KEY.test(key)) continue;
      const one = parse(this.#store.get(key));
      if (one === null) this.#store.delete(key);
      else kept.push(one);
    }
    return kept.sort((a, b) =>
      a.order - b.order || a.message.sent_at - b.message.sent_at ||
      (a.message.id < b.message.id ? -1 : 1)
    );
  }

  keep({ message, order }: KeptMessage): void {
    this.#store.set(KEY_PREFIX + message.id, JSON.stringify({ ...message, order }));
  }

  forget(id: MessageId): void {
    this.#store.delete(KEY_PREFIX + id);
  }
}

function parse(text: string | null): KeptMessage | null {
  try {
    const json: unknown = JSON.parse(text ?? "");
    return { message: outgoing.parse(json), order: savedOrder.parse(json).order ?? 0 };
  } catch {
    return null;
  }
}
