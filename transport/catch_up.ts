/**
 * Keeps a session free of gaps. The cursor is the timestamp up to which everything that the node has
 * stored is known here. It moves over a message only when the one before it is known too; whatever
 * shows that something is missing, asks the node for what came after the cursor.
 */
import { UserError } from "./errors.ts";
import { LIMITS, type MemberFrame, type PeerFrameOf, type StoredMessage } from "./protocol.ts";
import type { Clock } from "./transport.ts";

/** Before an unanswered request is made again. */
const ANSWER_TIMEOUT_MS = 8_000;

export interface CatchUpOptions {
  readonly clock: Clock;
  readonly send: (frame: MemberFrame) => boolean;
  /** Messages of a page; `isFirst` for the room's state when this session came. */
  readonly onPage: (messages: readonly StoredMessage[], page: { isFirst: boolean }) => void;
  /** The page before the message of the timestamp `before`. */
  readonly onOlder: (messages: readonly StoredMessage[], page: { before: number }) => void;
}

interface OlderRequest {
  readonly request: number;
  readonly before: number;
  readonly settle: (outcome: { more: boolean } | { error: unknown }) => void;
}

export class CatchUp {
  readonly #options: CatchUpOptions;
  /** Null before the first page. */
  #cursor: number | null = null;
  /** The newest timestamp that is known to exist. */
  #known = 0;
  #hasOlder = false;
  #requests = 0;
  #pending: number | null = null;
  #cancelTimeout: () => void = () => {};
  #older: OlderRequest | null = null;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Whether the node has messages from before the oldest one that is kept. */
  get hasOlder(): boolean {
    return this.#hasOlder;
  }

  /** Older messages are no longer kept here: the node has them. */
  evicted(): void {
    this.#hasOlder = true;
  }

  /** A connection stands: what was asked on the one before is not answered any more. */
  welcome(latest: number): void {
    this.#forget();
    this.#older?.settle({ error: new UserError("peer-gone", "The connection changed: try again") });
    this.#known = latest;
    // The node's database was replaced by an older one, or is new.
    if (this.#cursor !== null && latest < this.#cursor) this.#cursor = latest;
    if (this.#cursor === null || latest > this.#cursor) this.#ask();
  }

  /** A stored message came, with the timestamp of the one before it where the node told it. */
  saw(timestamp: number, prev: number | undefined): void {
    if (this.#cursor !== null && prev !== undefined && prev <= this.#cursor) {
      this.#cursor = Math.max(this.#cursor, timestamp);
    }
    this.exists(timestamp);
  }

  /** There is a message with this timestamp. */
  exists(timestamp: number): void {
    this.#known = Math.max(this.#known, timestamp);
    if (this.#pending === null && (this.#cursor === null || this.#known > this.#cursor)) {
      this.#ask();
    }
  }

  /** Takes a `history` frame. */
  onPage({ payload }: PeerFrameOf<"history">): void {
    const { messages, more, request } = payload;
    const older = this.#older;
    if (request === older?.request) {
      this.#hasOlder = more;
      this.#options.onOlder(messages, { before: older.before });
      older.settle({ more: this.#hasOlder });
      return;
    }
    if (request !== this.#pending) return;
    this.#forget();
    const isFirst = this.#cursor === null;
    if (isFirst) this.#hasOlder = more;
    const last = messages.at(-1)?.timestamp ?? 0;
    this.#cursor = Math.max(this.#cursor ?? 0, last);
    this.#options.onPage(messages, { isFirst });
    if (messages.length === 0) this.#known = this.#cursor;
    if ((more && !isFirst) || this.#known > this.#cursor) this.#ask();
  }

  /**
   * Asks for the page before `before`. Resolves to whether there are still older ones.
   * @throws {UserError} `peer-gone` when the node can't be asked or does not answer.
   * @throws {DOMException} `AbortError`.
   */
  loadOlder(before: number, { signal }: { signal?: AbortSignal | undefined }): Promise<boolean> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    this.#older?.settle({ error: new UserError("replaced", "Asked again") });
    return new Promise((resolve, reject) => {
      const request = ++this.#requests;
      const unreachable = new UserError(
        "peer-gone",
        "The node is unreachable: older messages come when it is back",
      );
      const onAbort = () => this.#older?.settle({ error: signal?.reason });
      const cancelTimeout = this.#options.clock.after(
        ANSWER_TIMEOUT_MS,
        () => this.#older?.settle({ error: unreachable }),
      );
      this.#older = {
        request,
        before,
        settle: (outcome) => {
          this.#older = null;
          cancelTimeout();
          signal?.removeEventListener("abort", onAbort);
          if ("error" in outcome) reject(outcome.error);
          else resolve(outcome.more);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const isSent = this.#options.send({
        type: "history",
        payload: { request, before, limit: LIMITS.historyFrameRows },
      });
      if (!isSent) this.#older.settle({ error: unreachable });
    });
  }

  close(): void {
    this.#forget();
    this.#older?.settle({ error: new UserError("peer-gone", "The session was left") });
  }

  #ask(): void {
    const request = ++this.#requests;
    const since = this.#cursor === null ? {} : { since: this.#cursor };
    const isSent = this.#options.send({
      type: "history",
      payload: { request, ...since, limit: LIMITS.historyFrameRows },
    });
    // With no connection there is nothing to wait for: the next `welcome` asks again.
    if (!isSent) return;
    this.#pending = request;
    this.#cancelTimeout = this.#options.clock.after(ANSWER_TIMEOUT_MS, () => {
      this.#forget();
      this.#ask();
    });
  }

  #forget(): void {
    this.#cancelTimeout();
    this.#pending = null;
  }
}
