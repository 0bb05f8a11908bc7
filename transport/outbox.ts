/**
 * What this peer has said and is not done with: kept over path changes and reloads, sent to the node in
 * order and again until it is stored there. Where nothing goes through the node, a message is done when
 * somebody has it and nobody is awaited for it any more. Sending is its owner's.
 */
import { UserError } from "./errors.ts";
import {
  type KeptMessage,
  KeptMessages,
  type KeyValueStore,
  type Outgoing,
} from "./kept_messages.ts";
import type { MessageId, PeerId } from "./protocol.ts";
import type { Clock } from "./transport.ts";

/** Waiting messages and their size: hours of writing with no way out, and what a tab may store. */
const MAX_MESSAGES = 1_000;
const MAX_CHARS = 2 * 1024 * 1024;
/** Sent and not yet acknowledged at once: fills any path, and stays below every rate limit. */
const WINDOW = 64;
/** Far above a commit and a round trip: what is later than that may never have arrived. */
const LATE_AFTER_MS = 400;
/** Before an unacknowledged message is sent again: far above a commit and a round trip. */
const RESEND_AFTER_MS = 4_000;
/** What is offered to the peers again at once: half of what each takes in that time (`DirectBudget`). */
const OFFER = { everyMs: 1_000, messages: 64, chars: 128 * 1024 } as const;

/**
 * How often a message is offered to one peer, over a minute. One that has not confirmed it by then shows
 * another message under that id, or is no session.
 */
const MAX_OFFERS = 15;
/** Ids are 74 random bits: whoever takes several of one message has seen each of them. */
const MAX_RENAMES = 3;

interface Entry extends KeptMessage {
  /** Whether it went to the node in this connection. */
  isSent: boolean;
  /** When it was last tried. */
  triedAtMs: number;
  isLate: boolean;
  /** When it was last offered to the peers. */
  offeredAtMs: number;
  /** Those it is for who are here and have not said that they have it. */
  readonly awaited: Set<PeerId>;
  /** Who is here and has said so. */
  readonly heldBy: Set<PeerId>;
  /** Whether somebody has said so, since left or not. */
  isHeld: boolean;
  /** How often it went out to whom again, who has not said so. */
  readonly offers: Map<PeerId, number>;
  /** How often it got another id. */
  renames: number;
  /** Refused: waits for the user. */
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
  /** Sends to the node; false when that is not possible now. */
  readonly send: (message: Outgoing) => boolean;
  /** A message should have been acknowledged by now, mostly. */
  readonly onLate: () => void;
  /** Offers a message again to the peers that are to be offered it; returns those whose path took it. */
  readonly offer: (message: Outgoing) => readonly PeerId[];
  /** Whether direct paths are all that messages go out by; else the node is what they wait for. */
  readonly isDirectOnly: () => boolean;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #kept: KeptMessages;
  /** In the order of sending. */
  readonly #entries = new Map<MessageId, Entry>();
  #chars = 0;
  #lastOrder = 0;
  /** When something may be offered again. */
  #offerAtMs = Infinity;
  #cancelTimer: (() => void) | null = null;

  /** Takes up what an earlier page left. */
  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#kept = new KeptMessages(options.store);
    const kept = this.#kept.read();
    for (const one of kept) this.#keep(one);
    this.#lastOrder = kept.at(-1)?.order ?? 0;
  }

  /** Everything that waits, in order. */
  get messages(): Outgoing[] {
    return [...this.#entries.values()].map(({ message }) => message);
  }

  has(id: MessageId): boolean {
    return this.#entries.has(id);
  }

  /**
   * Takes a message for `audience`, those who can be reached, and sends it as soon as its turn comes.
   * @throws {UserError} `outbox-full`, with what to do.
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

  /** All that waits is for `audience` too: it was said before anybody knew who is here. */
  address(audience: readonly PeerId[]): void {
    for (const { awaited } of this.#entries.values()) {
      for (const peerId of audience) awaited.add(peerId);
    }
  }

  /** There is a new connection to the node, maybe by another strategy: everything goes out again. */
  resend(): void {
    this.#forgetDone([...this.#entries.keys()]);
    for (const entry of this.#entries.values()) entry.isSent = false;
    this.#pump();
  }

  /** A peer has said that it has these. */
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

  /** A peer left, or can't be reached directly: nothing waits for it. */
  letGo(peerId: PeerId): void {
    for (const { awaited, heldBy, offers } of this.#entries.values()) {
      awaited.delete(peerId);
      heldBy.delete(peerId);
      offers.delete(peerId);
    }
    this.#forgetDone([...this.#entries.keys()]);
  }

  /** A peer goes on under `to`. */
  movePeer(from: PeerId, to: PeerId): void {
    for (const { awaited, heldBy } of this.#entries.values()) {
      for (const peerIds of [awaited, heldBy]) {
        if (peerIds.delete(from)) peerIds.add(to);
      }
    }
  }

  /** Whether a message is to be offered to a peer: it has not said that it has it, and may yet. */
  isFor(id: MessageId, peerId: PeerId): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return true;
    return !entry.heldBy.has(peerId) && (entry.offers.get(peerId) ?? 0) < MAX_OFFERS;
  }

  /** The text of a message that waits. */
  textOf(id: MessageId): string | undefined {
    return this.#entries.get(id)?.message.text;
  }

  /**
   * Somebody else has the id of a message that waits: it goes out again as `fresh`, to everyone it was
   * for. Null when that has been so too often: then somebody is doing it on purpose.
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

  /** The node has stored it. False when it was not waiting. */
  stored(id: MessageId): boolean {
    if (!this.#forget(id)) return false;
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
    entry.renames = 0;
    // Whoever has it says so again.
    entry.heldBy.clear();
    entry.offers.clear();
    entry.isHeld = false;
    this.#offerBy(entry.offeredAtMs + RESEND_AFTER_MS);
    this.#pump();
  }

  /** Stops sending; what is kept stays kept. */
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

  /** Where no node stores what was said, it is done with when those it is for have it. */
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

  /** Sends and offers what may go out, and comes back when something is overdue. */
  #pump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const window = this.#window();
    if (window.length === 0) return;
    const now = this.#options.clock.now();
    const resendAtMs = this.#sendWindow(window, now);
    this.#offerDue(now);
    // At least a moment: rounded, what is due now may not be over yet, and would come again at once.
    this.#cancelTimer = this.#options.clock.after(
      Math.max(1, Math.min(resendAtMs, this.#offerAtMs) - now),
      () => this.#pump(),
    );
  }

  /** Sends to the node what is not on its way there; returns when one of them is overdue. */
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
      // Those behind it would overtake it.
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

  /** Offers to the peers what is overdue, what was not offered for longest first: each gets its turn. */
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
