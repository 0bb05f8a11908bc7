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

  /** A peer left: nobody waits for it any more. Returns the messages that nobody is waited for now. */
  gone(peerId: PeerId): MessageId[] {
    const complete: MessageId[] = [];
    for (const [id, audience] of this.#audiences) {
      if (!audience.delete(peerId) || audience.size > 0) continue;
      this.#audiences.delete(id);
      if ((this.#log.get(id)?.deliveredTo.length ?? 0) > 0) complete.push(id);
    }
    return complete;
  }

  /** The node has it on disk. */
  stored(id: MessageId, timestamp: number): void {
    const known = this.#log.get(id);
    if (known === undefined || known.timestamp === timestamp) return;
    this.#noteStored(known.peerId, id);
    this.#change(id, { timestamp, state: "stored", error: null });
  }

  /** A peer says that it has messages of ours. Returns those that nobody is waited for any more. */
  delivered(peerId: PeerId, ids: readonly MessageId[]): MessageId[] {
    return ids.filter((id) => {
      const message = this.#log.get(id);
      const audience = this.#audiences.get(id);
      if (message === undefined || audience === undefined) return false;
      const wasWaitedFor = audience.delete(peerId);
      if (audience.size === 0) this.#audiences.delete(id);
      if (!wasWaitedFor) {
        // Somebody has it, who came after it was said.
        if (message.state === "sending") this.#change(id, { state: "sent" });
        return audience.size === 0;
      }
      this.#change(id, {
        deliveredTo: [...message.deliveredTo, peerId],
        state: message.state === "sending" ? "sent" : message.state,
      });
      return audience.size === 0;
    });
  }

  isDeliveredTo(id: MessageId, peerId: PeerId): boolean {
    return this.#log.get(id)?.deliveredTo.includes(peerId) ?? false;
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
