/**
 * What this peer has said and the node has not stored yet: kept over path changes and reloads, sent
 * in order, sent again until acknowledged. Sending is its owner's, through `send`.
 */
import * as z from "zod/mini";
import { UserError } from "./errors.ts";
import { chatPayload, type MessageId } from "./protocol.ts";
import type { Clock } from "./transport.ts";

/** Waiting messages and their size: hours of writing without a node, and what a tab may store. */
const MAX_MESSAGES = 1_000;
const MAX_CHARS = 2 * 1024 * 1024;
/** Sent and not yet acknowledged at once: fills any path, and stays below every rate limit. */
const WINDOW = 64;
/** Far above a commit and a round trip: what is later than that may never have arrived. */
const LATE_AFTER_MS = 400;
/** Before an unacknowledged message is sent again: far above a commit and a round trip. */
const RESEND_AFTER_MS = 4_000;

const KEY_PREFIX = "outbox:";

/** A place to keep small strings, such as `sessionStorage`. Its methods don't throw. */
export interface KeyValueStore {
  get(key: string): string | null;
  set(key: string, value: string): void;
  delete(key: string): void;
  keys(): string[];
}

const savedEntry = z.object({ ...chatPayload.shape, name: z.string(), sent_at: z.number() });
/** A message as it is kept, and as it goes out: the payload of `chat`. */
export type Outgoing = z.infer<typeof savedEntry>;

interface Entry {
  readonly message: Outgoing;
  /** Whether it went to the node in this connection. */
  isSent: boolean;
  /** When it was last tried. */
  triedAtMs: number;
  isLate: boolean;
  /** Refused: waits for the user. */
  isFailed: boolean;
}

export interface OutboxOptions {
  readonly clock: Clock;
  readonly store: KeyValueStore;
  /** Sends to the node; false when that is not possible now. */
  readonly send: (message: Outgoing) => boolean;
  /** A message should have been acknowledged by now, mostly. */
  readonly onLate: () => void;
  /** A message has waited for an acknowledgement for long: offer it to the peers again, too. */
  readonly onOverdue: (message: Outgoing) => void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  /** In the order of sending. */
  readonly #entries = new Map<MessageId, Entry>();
  #chars = 0;
  #cancelTimer: (() => void) | null = null;

  /** Takes up what an earlier page left. */
  constructor(options: OutboxOptions) {
    this.#options = options;
    const saved: Outgoing[] = [];
    for (const key of options.store.keys()) {
      if (!key.startsWith(KEY_PREFIX)) continue;
      const message = parseSaved(options.store.get(key));
      if (message === null) options.store.delete(key);
      else saved.push(message);
    }
    saved.sort((a, b) => a.sent_at - b.sent_at || (a.id < b.id ? -1 : 1));
    for (const message of saved) this.#keep(message);
  }

  /** Everything that waits, in order. */
  get messages(): Outgoing[] {
    return [...this.#entries.values()].map(({ message }) => message);
  }

  has(id: MessageId): boolean {
    return this.#entries.has(id);
  }

  /**
   * Takes a message and sends it as soon as its turn comes.
   * @throws {UserError} `outbox-full`, with what to do.
   */
  add(message: Outgoing): void {
    if (this.#entries.size >= MAX_MESSAGES || this.#chars + message.text.length > MAX_CHARS) {
      throw new UserError(
        "outbox-full",
        `${this.#entries.size} messages wait for the node: write on when it is back`,
      );
    }
    this.#keep(message);
    this.#options.store.set(KEY_PREFIX + message.id, JSON.stringify(message));
    this.#pump();
  }

  /** There is a new connection to the node: everything goes out again. */
  resend(): void {
    for (const entry of this.#entries.values()) entry.isSent = false;
    this.#pump();
  }

  /** The node has stored it. False when it was not waiting. */
  stored(id: MessageId): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#entries.delete(id);
    this.#chars -= entry.message.text.length;
    this.#options.store.delete(KEY_PREFIX + id);
    this.#pump();
    return true;
  }

  /** The node refused it, and will again: it waits for {@linkcode retry}. */
  failed(id: MessageId): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.isFailed = true;
    this.#pump();
  }

  retry(id: MessageId): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.isFailed = false;
    entry.isSent = false;
    this.#pump();
  }

  /** Stops sending; what is kept stays kept. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #keep(message: Outgoing): void {
    this.#entries.set(message.id, {
      message,
      isSent: false,
      isLate: false,
      triedAtMs: this.#options.clock.now(),
      isFailed: false,
    });
    this.#chars += message.text.length;
  }

  /** Sends what may go out, and comes back when something is overdue. */
  #pump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const window = this.#window();
    if (window.length === 0) return;
    const now = this.#options.clock.now();
    for (const entry of window) {
      if (now - entry.triedAtMs < RESEND_AFTER_MS) continue;
      entry.triedAtMs = now;
      entry.isSent = false;
      this.#options.onOverdue(entry.message);
    }
    const late = window.filter(({ isSent, isLate, triedAtMs }) =>
      isSent && !isLate && now - triedAtMs >= LATE_AFTER_MS
    );
    for (const entry of late) entry.isLate = true;
    if (late.length > 0) this.#options.onLate();
    for (const entry of window) {
      if (entry.isSent) continue;
      // Those behind it would overtake it.
      if (!this.#options.send(entry.message)) break;
      entry.isSent = true;
      entry.isLate = false;
      entry.triedAtMs = now;
    }
    const dueMs = window.map(({ isSent, isLate, triedAtMs }) =>
      triedAtMs + (isSent && !isLate ? LATE_AFTER_MS : RESEND_AFTER_MS)
    );
    // At least a moment: rounded, what is due now may not be over yet, and would come again at once.
    this.#cancelTimer = this.#options.clock.after(
      Math.max(1, Math.min(...dueMs) - now),
      () => this.#pump(),
    );
  }

  /** The first ones that wait for the node. */
  #window(): Entry[] {
    const window: Entry[] = [];
    for (const entry of this.#entries.values()) {
      if (!entry.isFailed) window.push(entry);
      if (window.length === WINDOW) break;
    }
    return window;
  }
}

function parseSaved(text: string | null): Outgoing | null {
  try {
    return savedEntry.parse(JSON.parse(text ?? ""));
  } catch {
    return null;
  }
}
