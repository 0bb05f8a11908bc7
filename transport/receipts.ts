/** Tells authors that their messages arrived: gathers for a moment, so that a burst costs one frame. */
import type { MessageId, PeerId } from "./protocol.ts";
import type { Clock } from "./transport.ts";

/** Below what an eye notices, above the gap between two frames of a burst. */
const GATHER_MS = 50;
/** As many ids as `receiptPayload` takes. */
const MAX_IDS = 500;

export class Receipts {
  readonly #clock: Clock;
  readonly #send: (author: PeerId, ids: MessageId[]) => void;
  readonly #waiting = new Map<PeerId, Set<MessageId>>();
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, send: (author: PeerId, ids: MessageId[]) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  add(author: PeerId, id: MessageId): void {
    const ids = this.#waiting.get(author) ?? new Set();
    this.#waiting.set(author, ids.add(id));
    this.#cancel ??= this.#clock.after(GATHER_MS, () => this.#flush());
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#waiting.clear();
  }

  #flush(): void {
    this.#cancel = null;
    for (const [author, waiting] of this.#waiting) {
      const ids = [...waiting];
      while (ids.length > 0) this.#send(author, ids.splice(0, MAX_IDS));
    }
    this.#waiting.clear();
  }
}
