/**
 * What was said, as a session shows it: turns what arrives into `ChatMessage`s, each once, and keeps
 * their state (on its way, stored, delivered to whom). Sends nothing.
 */
import { shownName } from "./names.ts";
import type { DeliveryRecords } from "./delivery_records.ts";
import type { ErrorBody } from "./errors.ts";
import { MessageLog } from "./message_log.ts";
import type { Outgoing } from "./kept_messages.ts";
import type { MessageId, PeerFrameOf, PeerId, StoredMessage } from "./protocol.ts";
import type { ChatMessage, SessionEvent } from "./view.ts";

/** Own messages whose receipts are still waited for: who has not answered by then is gone. */
const MAX_AUDIENCES = 1_000;

/**
 * Not stored: of one author as many as an outbox takes, and of all those that come and go, so that
 * nobody can push out with messages of the moment what the room has said.
 */
const MAX_UNSTORED = { ofAuthor: 1_000, ofAll: 5_000 } as const;

export interface ConversationOptions {
  /** Whether a peer id is, or was, ours. */
  readonly isOwn: (peerId: PeerId) => boolean;
  readonly emit: (event: SessionEvent) => void;
  /** Older messages were let go of, which the node still has. */
  readonly onEvicted: () => void;
  /** What earlier pages were told of own messages. */
  readonly deliveries: DeliveryRecords;
}

const NO_DELIVERY: Pick<ChatMessage, "delivered" | "audience"> = { delivered: 0, audience: 0 };

/** What arrives as a message, from the node or straight from its author. */
type Arriving = Pick<
  PeerFrameOf<"chat">["payload"],
  "id" | "text" | "name" | "sent_at" | "timestamp"
>;

export class Conversation {
  readonly #options: ConversationOptions;
  readonly #log = new MessageLog();
  /** Of own messages: who was there and has not said that they have it. */
  readonly #audiences = new Map<MessageId, Set<PeerId>>();
  /** Of others: what their node has not told of yet, in the order of coming. */
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

  /** Shows an own message that is on its way to `audience`, or to those it was for before a reload. */
  addOwn(peerId: PeerId, message: Outgoing, audience: readonly PeerId[]): void {
    if (audience.length > 0) this.#await(message.id, audience);
    const shown = this.#shown(peerId, message);
    const state = shown.delivered > 0 ? "sent" : "sending";
    this.#put([{ ...shown, state }]);
    this.#emit(message.id, true);
  }

  /** Own messages that were said before anybody knew who is here are for `audience`. */
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

  /** Shows a message of somebody's. False when it, or another one under its id, was shown before and stays. */
  accept(peerId: PeerId, message: Arriving): boolean {
    const known = this.#log.get(message.id);
    if (known !== undefined) return this.#meetAgain(known, peerId, message);
    this.#put([this.#shown(peerId, message)]);
    if (message.timestamp === undefined) this.#noteUnstored(peerId, message.id);
    this.#emit(message.id, true);
    return true;
  }

  /** Whether this very message is shown as that peer's. */
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

  /** Forgets the first unstored message of `author`. */
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

  /** Whether older messages can be taken at all. */
  get hasRoom(): boolean {
    return !this.#log.isFull;
  }

  /** Older messages are asked for: none goes from now on that is just being loaded. */
  keepMore(): void {
    this.#log.keepMore();
  }

  /** Lets go of what is beyond what a page keeps. */
  trim(): void {
    if (!this.#log.trim()) return;
    this.#options.onEvicted();
    this.#options.emit({ type: "messages" });
  }

  /**
   * Shows the page of messages before `before`. When that message has gone meanwhile, the page would
   * leave a gap behind it, and is not taken; nor is one that does not fit.
   */
  acceptOlder(messages: readonly StoredMessage[], { before }: { before: number }): void {
    const fresh = messages.filter(({ id }) => !this.#log.has(id));
    const isTaken = this.oldestTimestamp === before && this.#log.takesOlder(fresh);
    if (isTaken) this.acceptPage(messages);
    else this.#options.onEvicted();
  }

  /** Shows a page of the node's history; returns what was new in it. */
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
   * An id comes a second time. The same message may bring the node's timestamp. Else somebody took the
   * id of a message that they saw, or says one thing to the node and another directly: what the node has
   * stored counts, save over ours, which the node refuses by itself. Returns whether it was replaced.
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

  /** An own message goes out again under another id, to `audience`: everyone it was for who is here. */
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

  /** A peer left: nobody waits for it any more. */
  gone(peerId: PeerId): void {
    for (const [id, awaited] of this.#audiences) {
      if (!awaited.delete(peerId)) continue;
      if (awaited.size === 0) this.#audiences.delete(id);
      this.#noLongerAwaits(id, awaited);
    }
  }

  /** A peer goes on under `to`. */
  movePeer(from: PeerId, to: PeerId): void {
    for (const [id, awaited] of this.#audiences) {
      if (!awaited.delete(from)) continue;
      awaited.add(to);
      this.#noLongerAwaits(id, awaited);
    }
  }

  /** Else whoever has another peer's id after a reload could confirm the message. */
  #noLongerAwaits(id: MessageId, awaited: Iterable<PeerId>): void {
    this.#options.deliveries.set(id, { ...NO_DELIVERY, awaited: [...awaited] });
  }

  /** The node has it on disk. */
  stored(id: MessageId, timestamp: number): void {
    const known = this.#log.get(id);
    if (known === undefined || known.timestamp === timestamp) return;
    this.#noteStored(known.peerId, id);
    this.#change(id, { timestamp, state: "stored", error: null });
  }

  /** A peer says that it has messages of ours. */
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

  /** How many have it now; unchanged when `peerId` came after it was said, or had it before. */
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

  /** What is known of the delivery of an own message that is not shown yet. */
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
