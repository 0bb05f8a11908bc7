/**
 * The messages of a session, as a UI shows them. Turns each arriving message into one `ChatMessage` and
 * keeps its state (on its way, stored, delivered to which peers). Sends nothing.
 */
import { shownName } from "../protocol/names.ts";
import type { DeliveryRecords } from "./delivery_records.ts";
import type { ErrorBody } from "../errors.ts";
import { MessageLog } from "./message_log.ts";
import type { Outgoing } from "./kept_messages.ts";
import type { MessageId, PeerFrameOf, PeerId, StoredMessage } from "../protocol/mod.ts";
import type { ChatMessage, SessionEvent } from "../view.ts";

/**
 * Own messages that await receipts; beyond this the oldest one no longer does. A peer that has not
 * confirmed it by then is gone.
 */
const MAX_AUDIENCES = 1_000;

/**
 * Bounds of the messages that the node has not stored: per author as many as an outbox holds, and a
 * total for all authors, also those that come and go. So nobody can push the stored messages of the
 * room out of the page with unstored ones.
 */
const MAX_UNSTORED = { ofAuthor: 1_000, ofAll: 5_000 } as const;

export interface ConversationOptions {
  /** Whether a peer id is, or was, ours. */
  readonly isOwn: (peerId: PeerId) => boolean;
  readonly emit: (event: SessionEvent) => void;
  /** The log dropped or refused older messages, which the node still has. */
  readonly onEvicted: () => void;
  /** Delivery records of own messages, those of earlier pages included. */
  readonly deliveries: DeliveryRecords;
}

const NO_DELIVERY: Pick<ChatMessage, "delivered" | "audience"> = { delivered: 0, audience: 0 };

/** A message as it arrives, from the node or directly from its author. */
export type Arriving = Pick<
  PeerFrameOf<"chat">["payload"],
  "id" | "text" | "name" | "sent_at" | "timestamp"
>;

export class Conversation {
  readonly #options: ConversationOptions;
  readonly #log = new MessageLog();
  /** Peers that have not confirmed an own message yet, by message id. */
  readonly #audiences = new Map<MessageId, Set<PeerId>>();
  /** Messages of others without the node's timestamp, by author, oldest first. */
  readonly #unstored = new Map<PeerId, Set<MessageId>>();
  #unstoredCount = 0;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  /** In the order on screen; a new array after every change. */
  get messages(): readonly ChatMessage[] {
    return this.#log.messages;
  }

  get oldestTimestamp(): number | null {
    return this.#log.oldestTimestamp;
  }

  /** Shows an own message on its way to `audience`; if that is empty, to its audience before a reload. */
  addOwn(peerId: PeerId, message: Outgoing, audience: readonly PeerId[]): void {
    if (audience.length > 0) this.#await(message.id, audience);
    const shown = this.#shown(peerId, message);
    const state = shown.delivered > 0 ? "sent" : "sending";
    this.#put([{ ...shown, state }]);
    this.#emit(message.id, true);
  }

  /** Sets `audience` for own messages that have none: they were sent before the first `welcome`. */
  address(ids: readonly MessageId[], audience: readonly PeerId[]): void {
    if (audience.length === 0) return;
    const known = ids.flatMap((id) => this.#log.get(id) ?? [])
      .filter((message) => message.audience === 0);
    if (known.length === 0) return;
    for (const { id } of known) this.#await(id, audience);
    this.#put(known.map((message) => ({ ...message, audience: audience.length })));
    this.#options.emit({ type: "messages" });
  }

  #await(id: MessageId, audience: readonly PeerId[]): void {
    this.#noteAudience(id, audience);
    const delivery = { audience: audience.length, delivered: 0, awaited: [...audience] };
    this.#options.deliveries.set(id, delivery);
  }

  #noteAudience(id: MessageId, audience: readonly PeerId[]): void {
    this.#audiences.set(id, new Set(audience));
    for (const oldest of this.#audiences.keys()) {
      if (this.#audiences.size <= MAX_AUDIENCES) break;
      this.#audiences.delete(oldest);
    }
  }

  /** Shows the message of a peer. False when a message with its id is shown already and stays. */
  accept(peerId: PeerId, message: Arriving): boolean {
    const known = this.#log.get(message.id);
    if (known !== undefined) return this.#meetAgain(known, peerId, message);
    this.#put([this.#shown(peerId, message)]);
    if (message.timestamp === undefined) this.#noteUnstored(peerId, message.id);
    this.#emit(message.id, true);
    return true;
  }

  /** Whether this message is shown with the same text and `peerId` as its author. */
  shows(peerId: PeerId, { id, text }: Pick<Arriving, "id" | "text">): boolean {
    const known = this.#log.get(id);
    return known?.peerId === peerId && known.text === text;
  }

  #noteUnstored(author: PeerId, id: MessageId): void {
    const ids = this.#unstored.get(author) ?? new Set();
    this.#unstored.set(author, ids.add(id));
    this.#unstoredCount++;
    if (ids.size > MAX_UNSTORED.ofAuthor) this.#letGo(author);
    else if (this.#unstoredCount > MAX_UNSTORED.ofAll) {
      const [most] = [...this.#unstored].reduce((a, b) => b[1].size > a[1].size ? b : a);
      this.#letGo(most);
    }
  }

  /** Removes the oldest unstored message of `author`. */
  #letGo(author: PeerId): void {
    const [oldest] = this.#unstored.get(author) ?? [];
    if (oldest === undefined) return;
    this.#noteStored(author, oldest);
    this.#log.remove(oldest);
    this.#options.emit({ type: "messages" });
  }

  #noteStored(author: PeerId, id: MessageId): void {
    const ids = this.#unstored.get(author);
    if (ids === undefined || !ids.delete(id)) return;
    this.#unstoredCount--;
    if (ids.size === 0) this.#unstored.delete(author);
  }

  /** Whether the log has room for older messages. */
  get hasRoom(): boolean {
    return !this.#log.isFull;
  }

  /** Raises the bounds before older messages are loaded, so that a page just loaded is not evicted. */
  keepMore(): void {
    this.#log.keepMore();
  }

  /** Evicts the messages beyond the usual bounds of a page. */
  trim(): void {
    if (!this.#log.trim()) return;
    this.#options.onEvicted();
    this.#options.emit({ type: "messages" });
  }

  /**
   * Shows the page of messages before the timestamp `before`. Drops the page when it does not fit, or
   * when `before` is no longer the oldest timestamp here: the page would leave a gap behind it.
   */
  acceptOlder(messages: readonly StoredMessage[], { before }: { before: number }): void {
    const fresh = messages.filter(({ id }) => !this.#log.has(id));
    const isTaken = this.oldestTimestamp === before && this.#log.takesOlder(fresh);
    if (isTaken) this.acceptPage(messages);
    else this.#options.onEvicted();
  }

  /** Shows a page of the node's history. Returns the messages that are new or replaced a shown one. */
  acceptPage(messages: readonly StoredMessage[]): StoredMessage[] {
    const fresh = messages.filter(({ id }) => !this.#log.has(id));
    const replacing = messages.filter((message) => {
      const known = this.#log.get(message.id);
      return known !== undefined && this.#meetAgain(known, message.peer_id, message);
    });
    this.#put(fresh.map((message) => this.#shown(message.peer_id, message)));
    this.#options.emit({ type: "messages" });
    return [...fresh, ...replacing];
  }

  /**
   * Handles a message whose id is shown already. The same message may bring the node's timestamp. A
   * different one means that a peer took the id of a message that it saw, or sends one text to the node
   * and another directly. Then the message that the node has stored replaces the shown one. A shown
   * message that is stored stays. An own one stays too: the node refuses it with `id-conflict`. Returns
   * whether the shown message was replaced.
   */
  #meetAgain(known: ChatMessage, peerId: PeerId, message: Arriving): boolean {
    if (message.timestamp === undefined) return false;
    const isSameAuthor = known.peerId === peerId || (known.own && this.#options.isOwn(peerId));
    if (isSameAuthor && known.text === message.text) {
      this.stored(message.id, message.timestamp);
      return false;
    }
    if (known.own || known.timestamp !== null) return false;
    this.#noteStored(known.peerId, known.id);
    this.#put([this.#shown(peerId, message)]);
    this.#emit(message.id, false);
    return true;
  }

  /**
   * Gives an own message that goes out again the id `fresh`. `audience`: its peers that are still here.
   */
  rename(
    id: MessageId,
    { fresh, audience }: { fresh: MessageId; audience: readonly PeerId[] },
  ): void {
    const known = this.#log.get(id);
    if (known === undefined) return;
    this.#audiences.delete(id);
    this.#log.remove(id);
    this.#noteAudience(fresh, audience);
    const counts = { audience: known.audience, delivered: 0 };
    this.#options.deliveries.set(fresh, { ...counts, awaited: [...audience] });
    this.#put([{ ...known, ...counts, id: fresh, state: "sending", error: null }]);
    this.#options.emit({ type: "messages" });
  }

  /** Stops awaiting a peer that left. */
  gone(peerId: PeerId): void {
    for (const [id, awaited] of this.#audiences) {
      if (!awaited.delete(peerId)) continue;
      if (awaited.size === 0) this.#audiences.delete(id);
      this.#noLongerAwaits(id, awaited);
    }
  }

  /** Follows a peer to its new id `to`. */
  movePeer(from: PeerId, to: PeerId): void {
    for (const [id, awaited] of this.#audiences) {
      if (!awaited.delete(from)) continue;
      awaited.add(to);
      this.#noLongerAwaits(id, awaited);
    }
  }

  /**
   * Saves the awaited peers. Otherwise a peer that took one of their ids could confirm after a reload.
   */
  #noLongerAwaits(id: MessageId, awaited: Iterable<PeerId>): void {
    this.#options.deliveries.set(id, { ...NO_DELIVERY, awaited: [...awaited] });
  }

  /** Marks a message as stored: the node has it on disk. */
  stored(id: MessageId, timestamp: number): void {
    const known = this.#log.get(id);
    if (known === undefined || known.timestamp === timestamp) return;
    this.#noteStored(known.peerId, id);
    this.#change(id, { timestamp, state: "stored", error: null });
  }

  /** Handles the receipt of a peer for own messages. */
  delivered(peerId: PeerId, ids: readonly MessageId[]): void {
    for (const id of ids) {
      const message = this.#log.get(id);
      if (message === undefined) continue;
      const delivered = this.#noteDelivered(message, peerId);
      const state = message.state === "sending" ? "sent" : message.state;
      if (delivered !== message.delivered || state !== message.state) {
        this.#change(id, { delivered, state });
      }
    }
  }

  /**
   * Counts the receipt of `peerId`. Returns the number of peers that have the message, unchanged when
   * `peerId` came after it was sent or has confirmed it before.
   */
  #noteDelivered({ id, audience, ...before }: ChatMessage, peerId: PeerId): number {
    const awaited = this.#audiences.get(id);
    if (awaited?.delete(peerId) !== true) return before.delivered;
    if (awaited.size === 0) this.#audiences.delete(id);
    const delivered = before.delivered + 1;
    this.#options.deliveries.set(id, { audience, delivered, awaited: [...awaited] });
    return delivered;
  }

  failed(id: MessageId, error: ErrorBody): void {
    this.#change(id, { state: "failed", error });
  }

  sending(id: MessageId): void {
    this.#change(id, { state: "sending", error: null });
  }

  #shown(peerId: PeerId, message: Arriving): ChatMessage {
    const { id, text, name, sent_at: sentAt, timestamp } = message;
    const own = this.#options.isOwn(peerId);
    const { delivered, audience } = own ? this.#remembered(id) : NO_DELIVERY;
    return {
      id,
      peerId,
      name: name ?? shownName(peerId),
      text,
      own,
      sentAtMs: sentAt == null ? null : sentAt * 1000,
      timestamp: timestamp ?? null,
      heardAfter: timestamp === undefined ? this.#log.newestTimestamp ?? undefined : undefined,
      state: timestamp === undefined ? "sent" : "stored",
      delivered,
      audience,
      error: null,
    };
  }

  /** Returns the saved delivery of an own message that is not shown yet, and awaits its peers again. */
  #remembered(id: MessageId): typeof NO_DELIVERY {
    const delivery = this.#options.deliveries.get(id);
    if (delivery === null) return NO_DELIVERY;
    if (!this.#audiences.has(id) && delivery.awaited.length > 0) {
      this.#noteAudience(id, delivery.awaited);
    }
    return delivery;
  }

  #put(messages: readonly ChatMessage[]): void {
    if (this.#log.put(messages)) this.#options.onEvicted();
  }

  #change(id: MessageId, change: Partial<ChatMessage>): void {
    if (this.#log.update(id, change) !== undefined) this.#emit(id, false);
  }

  #emit(id: MessageId, isNew: boolean): void {
    const message = this.#log.get(id);
    if (message !== undefined) this.#options.emit({ type: "message", message, isNew });
  }
}
