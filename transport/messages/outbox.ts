/**
 * The outgoing messages of this peer that are not done yet. They survive path changes and reloads. The outbox
 * sends them to the node in order, and again until the node has stored them. Where nothing goes through the
 * node, a message is done when at least one peer has it and no other peer is awaited. The owner of the outbox
 * does the sending.
 */
import { UserError } from "../errors.ts";
import { type KeyValueStore } from "../key_value_store.ts";
import { type KeptMessage, KeptMessages, type Outgoing } from "./kept_messages.ts";
import type { MessageId, PeerId } from "../protocol/mod.ts";
import type { Clock } from "../transport.ts";

/** Most messages and UTF-16 code units that may wait: hours of writing offline, within a tab's storage. */
const MAX_MESSAGES = 1_000;
const MAX_CHARS = 2 * 1024 * 1024;
/** Most messages sent and not yet acknowledged: fills any path, and stays below every rate limit. */
const WINDOW = 64;
/** When an acknowledgement is late: far above a commit and a round trip, so the message may be lost. */
const LATE_AFTER_MS = 400;
/** Pause before an unacknowledged message is sent again: far above a commit and a round trip. */
const RESEND_AFTER_MS = 4_000;
/** Limits of repeated offers per interval: at most half of what each peer accepts (`DirectBudget`). */
const OFFER = { everyMs: 1_000, messages: 64, chars: 128 * 1024 } as const;

/**
 * Repeated offers of one message to one peer, over a minute. A peer that has not confirmed it by then shows
 * another message under that id, or its client sends no receipts.
 */
const MAX_OFFERS = 15;
/** An id has 74 random bits: a peer that takes several ids of one message must have seen each of them. */
const MAX_RENAMES = 3;

interface Entry extends KeptMessage {
  /** Whether it was sent to the node over the current connection. */
  isSent: boolean;
  /** When sending it to the node was last tried. */
  triedAtMs: number;
  isLate: boolean;
  /** When it was last offered to the peers. */
  offeredAtMs: number;
  /** Present recipients that have not confirmed it. */
  readonly awaited: Set<PeerId>;
  /** Present peers that have confirmed it. */
  readonly heldBy: Set<PeerId>;
  /** Whether any peer has confirmed it, even a peer that has left since. */
  isHeld: boolean;
  /** Number of repeated offers, by peer. */
  readonly offers: Map<PeerId, number>;
  /** How often it got another id. */
  renames: number;
  /** Refused by the node: waits for the user to retry. */
  isFailed: boolean;
}

function newEntry(
  { message, order }: KeptMessage,
  { audience, triedAtMs }: { audience: readonly PeerId[]; triedAtMs: number },
): Entry {
  return {
    message,
    order,
    isSent: false,
    isLate: false,
    triedAtMs,
    offeredAtMs: triedAtMs,
    awaited: new Set(audience),
    heldBy: new Set(),
    isHeld: false,
    offers: new Map(),
    renames: 0,
    isFailed: false,
  };
}

export interface OutboxOptions {
  readonly clock: Clock;
  readonly store: KeyValueStore;
  /** Sends a message to the node; false when that is not possible now. */
  readonly send: (message: Outgoing) => boolean;
  /** The acknowledgement of a message is late. */
  readonly onLate: () => void;
  /** Offers a message again to the peers that still lack it; returns the peers whose path accepted it. */
  readonly offer: (message: Outgoing) => readonly PeerId[];
  /** Whether messages go out over direct paths only. Otherwise they wait until the node stores them. */
  readonly isDirectOnly: () => boolean;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #kept: KeptMessages;
  /** In the order of sending. */
  readonly #entries = new Map<MessageId, Entry>();
  #chars = 0;
  #lastOrder = 0;
  /** Earliest time of the next repeated offer; `Infinity` when none is planned. */
  #offerAtMs = Infinity;
  #cancelTimer: (() => void) | null = null;

  /** Loads the messages that an earlier page left. */
  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#kept = new KeptMessages(options.store);
    const kept = this.#kept.read();
    for (const one of kept) this.#keep(one);
    this.#lastOrder = kept.at(-1)?.order ?? 0;
  }

  /** The waiting messages, in the order of sending. */
  get messages(): Outgoing[] {
    return [...this.#entries.values()].map(({ message }) => message);
  }

  has(id: MessageId): boolean {
    return this.#entries.has(id);
  }

  /**
   * Takes a message for `audience`, the peers that can be reached, and sends it when its turn comes.
   * @throws {UserError} `outbox-full`; its message tells the user what to do.
   */
  add(message: Outgoing, audience: readonly PeerId[] = []): void {
    if (this.#entries.size >= MAX_MESSAGES || this.#chars + message.text.length > MAX_CHARS) {
      throw new UserError("outbox-full", this.#fullWords());
    }
    const kept = { message, order: ++this.#lastOrder };
    this.#keep(kept, audience);
    this.#kept.keep(kept);
    this.#pump();
  }

  /** Adds recipients to all waiting messages, which were written before the peers were known. */
  address(audience: readonly PeerId[]): void {
    for (const { awaited } of this.#entries.values()) {
      for (const peerId of audience) awaited.add(peerId);
    }
  }

  /** Sends all waiting messages again: the connection to the node is new, and maybe the strategy is too. */
  resend(): void {
    this.#forgetDone([...this.#entries.keys()]);
    for (const entry of this.#entries.values()) entry.isSent = false;
    this.#pump();
  }

  /** Notes that a peer has confirmed messages. */
  delivered(peerId: PeerId, ids: readonly MessageId[]): void {
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (entry === undefined) continue;
      entry.awaited.delete(peerId);
      entry.heldBy.add(peerId);
      entry.isHeld = true;
    }
    this.#forgetDone(ids);
  }

  /** Stops waiting for a peer that left, or that can't be reached directly. */
  letGo(peerId: PeerId): void {
    for (const { awaited, heldBy, offers } of this.#entries.values()) {
      awaited.delete(peerId);
      heldBy.delete(peerId);
      offers.delete(peerId);
    }
    this.#forgetDone([...this.#entries.keys()]);
  }

  /** Notes that a peer continues under the id `to`. */
  movePeer(from: PeerId, to: PeerId): void {
    for (const { awaited, heldBy } of this.#entries.values()) {
      for (const peerIds of [awaited, heldBy]) {
        if (peerIds.delete(from)) peerIds.add(to);
      }
    }
  }

  /** Whether to offer a message to a peer: it has not confirmed it, and was not offered it too often. */
  isFor(id: MessageId, peerId: PeerId): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return true;
    return !entry.heldBy.has(peerId) && (entry.offers.get(peerId) ?? 0) < MAX_OFFERS;
  }

  /** The text of a waiting message. */
  textOf(id: MessageId): string | undefined {
    return this.#entries.get(id)?.message.text;
  }

  /**
   * Gives a waiting message the id `fresh`, because another peer has used its id. The message goes out again
   * to all its recipients. Returns null when it does not wait, or after too many renames: then a peer takes
   * its ids on purpose.
   */
  rename(
    id: MessageId,
    fresh: MessageId,
  ): { readonly message: Outgoing; readonly audience: readonly PeerId[] } | null {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.renames >= MAX_RENAMES) return null;
    const now = this.#options.clock.now();
    const audience = [...entry.awaited, ...entry.heldBy];
    const message = { ...entry.message, id: fresh };
    const renamed = newEntry({ message, order: entry.order }, { audience, triedAtMs: now });
    renamed.renames = entry.renames + 1;
    const all = [...this.#entries.values()].map((one) => one === entry ? renamed : one);
    this.#entries.clear();
    for (const one of all) this.#entries.set(one.message.id, one);
    this.#kept.keep(renamed);
    this.#kept.forget(id);
    this.#offerBy(now + RESEND_AFTER_MS);
    this.#pump();
    return { message, audience };
  }

  /** Drops a message that the node has stored. False when it was not waiting. */
  stored(id: MessageId): boolean {
    if (!this.#forget(id)) return false;
    this.#pump();
    return true;
  }

  /** Stops sending a message that the node refuses for good. It waits for {@linkcode retry}. */
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
    entry.renames = 0;
    // The peers that have it confirm it again.
    entry.heldBy.clear();
    entry.offers.clear();
    entry.isHeld = false;
    this.#offerBy(entry.offeredAtMs + RESEND_AFTER_MS);
    this.#pump();
  }

  /** Stops sending. The waiting messages stay in the store. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #keep(kept: KeptMessage, audience: readonly PeerId[] = []): void {
    const { message } = kept;
    const now = this.#options.clock.now();
    this.#entries.set(message.id, newEntry(kept, { audience, triedAtMs: now }));
    this.#chars += message.text.length;
    this.#offerBy(now + RESEND_AFTER_MS);
  }

  #forget(id: MessageId): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#entries.delete(id);
    this.#chars -= entry.message.text.length;
    this.#kept.forget(id);
    return true;
  }

  /** Where no node stores messages, drops each of `ids` that is done, and sends the next messages. */
  #forgetDone(ids: readonly MessageId[]): void {
    if (this.#dropDone(ids)) this.#pump();
  }

  #dropDone(ids: readonly MessageId[]): boolean {
    if (!this.#options.isDirectOnly()) return false;
    const done = ids.filter((id) => {
      const entry = this.#entries.get(id);
      return entry?.isHeld === true && !entry.isFailed && entry.awaited.size === 0;
    });
    for (const id of done) this.#forget(id);
    return done.length > 0;
  }

  #fullWords(): string {
    const count = `${this.#entries.size} messages wait for`;
    return this.#options.isDirectOnly()
      ? `${count} a direct connection: write on when there is one, or choose other paths`
      : `${count} the node: write on when it is back`;
  }

  /** Sends and offers the messages that are due, and sets a timer for the next ones. */
  #pump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const window = this.#window();
    if (window.length === 0) return;
    const now = this.#options.clock.now();
    const resendAtMs = this.#sendWindow(window, now);
    this.#offerDue(now);
    // At least 1 ms: with rounding, a timer can fire just before the due time, and would loop at 0 ms.
    this.#cancelTimer = this.#options.clock.after(
      Math.max(1, Math.min(resendAtMs, this.#offerAtMs) - now),
      () => this.#pump(),
    );
  }

  /** Sends the messages not in flight to the node. Returns when the first one will be late or overdue. */
  #sendWindow(window: readonly Entry[], now: number): number {
    for (const entry of window) {
      if (now - entry.triedAtMs < RESEND_AFTER_MS) continue;
      entry.triedAtMs = now;
      entry.isSent = false;
    }
    const late = window.filter(({ isSent, isLate, triedAtMs }) =>
      isSent && !isLate && now - triedAtMs >= LATE_AFTER_MS
    );
    for (const entry of late) entry.isLate = true;
    if (late.length > 0) this.#options.onLate();
    for (const entry of window) {
      if (entry.isSent) continue;
      // The messages after it would overtake it.
      if (!this.#options.send(entry.message)) break;
      entry.isSent = true;
      entry.isLate = false;
      entry.triedAtMs = now;
    }
    return Math.min(
      ...window.map(({ isSent, isLate, triedAtMs }) =>
        triedAtMs + (isSent && !isLate ? LATE_AFTER_MS : RESEND_AFTER_MS)
      ),
    );
  }

  /** Offers overdue messages to the peers, the least recently offered first, so that each gets its turn. */
  #offerDue(now: number): void {
    if (now < this.#offerAtMs) return;
    const waiting = [...this.#entries.values()].filter(({ isFailed }) => !isFailed)
      .sort((a, b) => a.offeredAtMs - b.offeredAtMs);
    let { messages, chars } = OFFER;
    for (const entry of waiting) {
      if (now - entry.offeredAtMs < RESEND_AFTER_MS || messages <= 0 || chars <= 0) break;
      entry.offeredAtMs = now;
      const takers = this.#options.offer(entry.message);
      if (takers.length === 0) continue;
      messages--;
      chars -= entry.message.text.length;
      for (const peerId of takers) this.#countOffer(entry, peerId);
    }
    const firstMs = Math.min(...waiting.map(({ offeredAtMs }) => offeredAtMs));
    this.#offerAtMs = Math.max(now + OFFER.everyMs, firstMs + RESEND_AFTER_MS);
    this.#dropDone([...this.#entries.keys()]);
  }

  #countOffer({ offers, awaited }: Entry, peerId: PeerId): void {
    const count = (offers.get(peerId) ?? 0) + 1;
    offers.set(peerId, count);
    if (count >= MAX_OFFERS) awaited.delete(peerId);
  }

  #offerBy(timeMs: number): void {
    this.#offerAtMs = Math.min(this.#offerAtMs, timeMs);
  }

  /** The first messages that wait for the node, at most `WINDOW`. */
  #window(): Entry[] {
    const window: Entry[] = [];
    for (const entry of this.#entries.values()) {
      if (!entry.isFailed) window.push(entry);
      if (window.length === WINDOW) break;
    }
    return window;
  }
}
