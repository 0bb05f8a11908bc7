/**
 * Keeps a session free of gaps. The cursor is the timestamp up to which this session knows everything
 * that the node has stored. It moves past a message only when the message before it is known too. Any
 * sign of a missing message makes the session ask the node for the messages after the cursor.
 */
import { UserError } from "../errors.ts";
import { LIMITS, type MemberFrame, type PeerFrameOf, type StoredMessage } from "../protocol/mod.ts";
import type { Clock } from "../transport.ts";

/** An unanswered request for missing messages is repeated after this; one for older messages fails. */
const ANSWER_TIMEOUT_MS = 8_000;

export interface CatchUpOptions {
  readonly clock: Clock;
  readonly send: (frame: MemberFrame) => boolean;
  /** Takes a page of messages. `isFirst`: the page is the room's state when this session came. */
  readonly onPage: (messages: readonly StoredMessage[], page: { isFirst: boolean }) => void;
  /** Takes the page of messages before the timestamp `before`. */
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

  /** Whether the node has messages older than the oldest one kept here. */
  get hasOlder(): boolean {
    return this.#hasOlder;
  }

  /** Notes that older messages are no longer kept here; the node has them. */
  evicted(): void {
    this.#hasOlder = true;
  }

  /** Starts over on a new connection: requests on the previous connection get no answer any more. */
  welcome(latest: number): void {
    this.#forget();
    this.#older?.settle({ error: new UserError("peer-gone", "The connection changed: try again") });
    this.#known = latest;
    // The node's database was replaced by an older one, or is new.
    if (this.#cursor !== null && latest < this.#cursor) this.#cursor = latest;
    if (this.#cursor === null || latest > this.#cursor) this.#ask();
  }

  /** Handles a stored message. `prev` is the timestamp of the message before it, if the node told it. */
  saw(timestamp: number, prev: number | undefined): void {
    if (this.#cursor !== null && prev !== undefined && prev <= this.#cursor) {
      this.#cursor = Math.max(this.#cursor, timestamp);
    }
    this.exists(timestamp);
  }

  /** Notes that a message with this timestamp exists, and asks the node if it is missing here. */
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
   * Asks for the page of messages before `before`. Resolves to whether there are still older ones.
   * @throws {UserError} `peer-gone` when the node can't be asked or does not answer; `replaced` when
   * called again meanwhile.
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
