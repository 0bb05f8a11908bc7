/**
 * Tells authors that their messages arrived. Gathers receipts for a moment, so that a burst costs one frame.
 * During a longer burst it gathers for longer, so that receipts are not most of a busy room's traffic.
 * Receipts are not acknowledged, so recent ones are sent again after a path change.
 */
import type { MessageId, PeerId } from "../protocol/mod.ts";
import type { Clock } from "../transport.ts";

/** First gathering: shorter than an eye notices, longer than the gap between two frames of a burst. */
const GATHER_MS = 50;
/** Least time between two flushes. */
const INTERVAL_MS = 400;
/** As many ids as `receiptPayload` takes. */
const MAX_IDS = 500;
/** Age up to which receipts are repeated: a path that silently drops frames is noticed within this time. */
const REPEAT_MS = 30_000;

export class Receipts {
  readonly #clock: Clock;
  readonly #send: (author: PeerId, ids: MessageId[]) => void;
  readonly #waiting = new Map<PeerId, Set<MessageId>>();
  /** Recently sent ids by author, with their time: the oldest first, at most as many as one frame takes. */
  readonly #recent = new Map<PeerId, Map<MessageId, number>>();
  #sentAtMs = -Infinity;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, send: (author: PeerId, ids: MessageId[]) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  add(author: PeerId, id: MessageId): void {
    const ids = this.#waiting.get(author) ?? new Set();
    this.#waiting.set(author, ids.add(id));
    if (this.#cancel !== null) return;
    const pauseMs = this.#sentAtMs + INTERVAL_MS - this.#clock.now();
    this.#cancel = this.#clock.after(Math.max(GATHER_MS, pauseMs), () => this.#flush());
  }

  /** Repeats recent receipts to `author`, whose path has changed; to all authors when absent. */
  repeat(author?: PeerId): void {
    this.#forgetOld();
    const authors = author === undefined ? [...this.#recent.keys()] : [author];
    for (const one of authors) {
      for (const id of this.#recent.get(one)?.keys() ?? []) this.add(one, id);
    }
  }

  /** Notes that an author continues under the id `to`. */
  movePeer(from: PeerId, to: PeerId): void {
    for (const known of [this.#waiting, this.#recent] as Map<PeerId, unknown>[]) {
      const ids = known.get(from);
      if (known.delete(from)) known.set(to, ids);
    }
  }

  /** Forgets an author that is gone. */
  forget(author: PeerId): void {
    this.#waiting.delete(author);
    this.#recent.delete(author);
  }

  /** Sends the waiting receipts, and stops. */
  close(): void {
    this.#cancel?.();
    this.#flush();
    this.#recent.clear();
  }

  #flush(): void {
    this.#cancel = null;
    this.#sentAtMs = this.#clock.now();
    for (const [author, waiting] of this.#waiting) {
      const ids = [...waiting];
      this.#note(author, ids);
      while (ids.length > 0) this.#send(author, ids.splice(0, MAX_IDS));
    }
    this.#waiting.clear();
    this.#forgetOld();
  }

  #note(author: PeerId, ids: readonly MessageId[]): void {
    const recent = this.#recent.get(author) ?? new Map<MessageId, number>();
    this.#recent.set(author, recent);
    for (const id of ids) {
      // A repeated receipt keeps the time of its first sending.
      if (!recent.has(id)) recent.set(id, this.#sentAtMs);
    }
    for (const id of [...recent.keys()].slice(0, -MAX_IDS)) recent.delete(id);
  }

  #forgetOld(): void {
    const sinceMs = this.#clock.now() - REPEAT_MS;
    for (const [author, recent] of this.#recent) {
      for (const [id, atMs] of recent) {
        if (atMs >= sinceMs) break;
        recent.delete(id);
      }
      if (recent.size === 0) this.#recent.delete(author);
    }
  }
}
