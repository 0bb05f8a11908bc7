/**
 * What was said, as a session shows it: turns what arrives into `ChatMessage`s, each once, and keeps
 * their state (on its way, stored, delivered to whom). Sends nothing.
 */
import type { ErrorBody } from "./errors.ts";
import { MessageLog } from "./message_log.ts";
import type { Outgoing } from "./outbox.ts";
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
}

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

  has(id: MessageId): boolean {
    return this.#log.has(id);
  }

  /** Shows a message of ours that is on its way to `audience`. */
  addOwn(peerId: PeerId, message: Outgoing, audience: readonly PeerId[]): void {
    this.#audiences.set(message.id, new Set(audience));
    for (const id of this.#audiences.keys()) {
      if (this.#audiences.size <= MAX_AUDIENCES) break;
      this.#audiences.delete(id);
    }
    const shown = this.#shown(peerId, message);
    this.#log.put([{ ...shown, state: "sending", audience: audience.length }]);
    this.#emit(message.id, true);
  }

  /** Messages of ours that were said before anybody knew who is here are for `audience`. */
  address(ids: readonly MessageId[], audience: readonly PeerId[]): void {
    if (ids.length === 0 || audience.length === 0) return;
    for (const id of ids) this.#audiences.set(id, new Set(audience));
    const known = ids.flatMap((id) => this.#log.get(id) ?? []);
    this.#log.put(known.map((message) => ({ ...message, audience: audience.length })));
    this.#options.emit({ type: "messages" });
  }

  /** Shows a message of somebody's. False when it was shown before. */
  accept(peerId: PeerId, message: Arriving): boolean {
    const known = this.#log.get(message.id);
    if (known !== undefined) {
      this.#meetAgain(known, peerId, message);
      return false;
    }
    this.#log.put([this.#shown(peerId, message)]);
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

  /** Shows a page of the node's history; returns what was new in it. */
  acceptPage(messages: readonly StoredMessage[]): StoredMessage[] {
    const fresh = messages.filter(({ id }) => !this.#log.has(id));
    for (const message of messages) {
      const known = this.#log.get(message.id);
      if (known !== undefined) this.#meetAgain(known, message.peer_id, message);
    }
    this.#log.put(fresh.map((message) => this.#shown(message.peer_id, message)));
    this.#options.emit({ type: "messages" });
    return fresh;
  }

  /**
   * An id comes a second time. By the same author it may bring the node's timestamp. By another one,
   * somebody took the id of a message that they saw: what the node has stored counts, save over ours,
   * which the node refuses by itself.
   */
  #meetAgain(known: ChatMessage, peerId: PeerId, message: Arriving): void {
    if (message.timestamp === undefined) return;
    const isSameAuthor = known.peerId === peerId || (known.own && this.#options.isOwn(peerId));
    if (isSameAuthor) return this.stored(message.id, message.timestamp);
    if (known.own || known.timestamp !== null) return;
    this.#noteStored(known.peerId, known.id);
    this.#log.put([this.#shown(peerId, message)]);
    this.#emit(message.id, false);
  }

  /** A peer left: nobody waits for it any more. */
  gone(peerId: PeerId): void {
    for (const [id, audience] of this.#audiences) {
      if (audience.delete(peerId) && audience.size === 0) this.#audiences.delete(id);
    }
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
      const audience = this.#audiences.get(id);
      const isNew = audience?.delete(peerId) === true;
      if (audience?.size === 0) this.#audiences.delete(id);
      const state = message.state === "sending" ? "sent" : message.state;
      if (isNew) this.#change(id, { deliveredTo: [...message.deliveredTo, peerId], state });
      // Somebody has it, who came after it was said.
      else if (state !== message.state) this.#change(id, { state });
    }
  }

  failed(id: MessageId, error: ErrorBody): void {
    this.#change(id, { state: "failed", error });
  }

  sending(id: MessageId): void {
    this.#change(id, { state: "sending", error: null });
  }

  #shown(peerId: PeerId, message: Arriving): ChatMessage {
    const { id, text, name, sent_at: sentAt, timestamp } = message;
    return {
      id,
      peerId,
      name: name ?? peerId,
      text,
      own: this.#options.isOwn(peerId),
      sentAtMs: sentAt == null ? null : sentAt * 1000,
      timestamp: timestamp ?? null,
      state: timestamp === undefined ? "sent" : "stored",
      deliveredTo: [],
      audience: 0,
      error: null,
    };
  }

  #change(id: MessageId, change: Partial<ChatMessage>): void {
    if (this.#log.update(id, change) !== undefined) this.#emit(id, false);
  }

  #emit(id: MessageId, isNew: boolean): void {
    const message = this.#log.get(id);
    if (message !== undefined) this.#options.emit({ type: "message", message, isNew });
  }
}
