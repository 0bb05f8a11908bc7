/**
 * Tells authors that their messages arrived: gathers for a moment, so that a burst costs one frame, and
 * for longer while it goes on, so that a busy room's receipts are not most of what it sends.
 */
import type { MessageId, PeerId } from "./protocol.ts";
import type { Clock } from "./transport.ts";

/** Below what an eye notices, above the gap between two frames of a burst. */
const GATHER_MS = 50;
/** From one gathering's end to the next one's at least. */
const INTERVAL_MS = 400;
/** As many ids as `receiptPayload` takes. */
const MAX_IDS = 500;

export class Receipts {
  readonly #clock: Clock;
  readonly #send: (author: PeerId, ids: MessageId[]) => void;
  readonly #waiting = new Map<PeerId, Set<MessageId>>();
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

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#waiting.clear();
  }

  #flush(): void {
    this.#cancel = null;
    this.#sentAtMs = this.#clock.now();
    for (const [author, waiting] of this.#waiting) {
      const ids = [...waiting];
      while (ids.length > 0) this.#send(author, ids.splice(0, MAX_IDS));
    }
    this.#waiting.clear();
  }
}
