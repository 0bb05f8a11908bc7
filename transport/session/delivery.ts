/**
 * How own messages get to the other peers: kept in the outbox, sent to the node in order where the strategy
 * says so, offered directly to each peer that lacks them, shown as far as they have come. Knows which peers
 * a message waits for. Received messages are the inbox's.
 */
import { v7 as uuidv7 } from "uuid";
import type { ErrorBody } from "../errors.ts";
import type { Identity } from "./identity.ts";
import type { KeyValueStore } from "../key_value_store.ts";
import type { PathChange, PeerPaths } from "../mesh/peer_paths.ts";
import type { StrategyInForce } from "../paths/strategy.ts";
import type { Conversation } from "../messages/conversation.ts";
import { IdConflicts } from "../messages/id_conflicts.ts";
import type { Outgoing } from "../messages/kept_messages.ts";
import { Outbox } from "../messages/outbox.ts";
import type { Peers } from "../presence/peers.ts";
import type { MemberFrame, MessageId, PeerId, StoredMessage } from "../protocol/mod.ts";
import type { Clock } from "../transport.ts";

/** Refusals for which sending again does not help. */
const FINAL_REFUSALS: ReadonlySet<string> = new Set([
  "bad-frame",
  "frame-too-large",
  "text-too-large",
]);

export interface DeliveryOptions {
  readonly clock: Clock;
  /** Keeps the outbox over a reload of this page. */
  readonly store: KeyValueStore;
  readonly identity: Identity;
  readonly strategy: StrategyInForce;
  readonly paths: PeerPaths;
  readonly peers: Peers;
  readonly conversation: Conversation;
  /** Sends a frame to the node; false when that is not possible now. */
  readonly sendToNode: (frame: MemberFrame) => boolean;
  /** The node's acknowledgement of a message is late. */
  readonly onLate: () => void;
}

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #outbox: Outbox;
  readonly #conflicts: IdConflicts;
  #isAddressed = false;

  /** Loads the messages that an earlier page left. */
  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#outbox = this.#createOutbox();
    this.#conflicts = new IdConflicts({
      clock: options.clock,
      outbox: this.#outbox,
      conversation: options.conversation,
      onRenamed: (message) => {
        // A storing node gets it first: a peer that takes ids then learns the new id too late.
        if (!options.strategy.rules.throughNode) this.#offer(message);
      },
      onHopeless: (id, error) => this.#fail(id, error),
    });
  }

  #createOutbox(): Outbox {
    const { clock, store, strategy, sendToNode, onLate } = this.#options;
    return new Outbox({
      clock,
      store,
      send: (payload) => strategy.rules.throughNode && sendToNode({ type: "chat", payload }),
      onLate,
      offer: (message) => this.#offer(message),
      // Until a node has told which strategy counts, messages wait for the node.
      isDirectOnly: () => strategy.isDirectOnly,
    });
  }

  /** Shows the messages that an earlier page left. */
  showWaiting(): void {
    const { identity, conversation } = this.#options;
    for (const message of this.#outbox.messages) {
      conversation.addOwn(identity.peerId, message, []);
    }
  }

  /**
   * Sends `text` under `name` to everyone in the room.
   * @throws {UserError} `outbox-full`.
   */
  send(text: string, name: string): MessageId {
    const { clock, identity, peers, conversation } = this.#options;
    const message: Outgoing = {
      id: uuidv7() as MessageId,
      text,
      name,
      sent_at: clock.epochMs() / 1000,
    };
    this.#outbox.add(message, this.#reachable);
    conversation.addOwn(identity.peerId, message, peers.ids);
    this.#offer(message);
    return message.id;
  }

  /** Sends a failed message again, under the same id. */
  retry(id: MessageId): void {
    if (!this.#outbox.has(id)) return;
    this.#options.conversation.sending(id);
    this.#outbox.retry(id);
  }

  /** Whether a message still waits to be stored, or confirmed. */
  isWaiting(id: MessageId): boolean {
    return this.#outbox.has(id);
  }

  /** Awaits receipts from the peers present at the first `welcome`; never from unreachable peers. */
  welcome(): void {
    const { peers, conversation } = this.#options;
    if (!this.#isAddressed) {
      this.#isAddressed = true;
      this.#outbox.address(this.#reachable);
      conversation.address(this.#outbox.messages.map(({ id }) => id), peers.ids);
    }
    for (const peerId of peers.ids) this.letGoIfUnreachable(peerId);
  }

  /** Sends all waiting messages to the node again: the connection to it is new. */
  resend(): void {
    this.#outbox.resend();
  }

  /** The node has stored a message. */
  stored(id: MessageId, timestamp: number): void {
    this.#outbox.stored(id);
    this.#options.conversation.stored(id, timestamp);
  }

  /** Drops an own message that is stored. The same id with another author or text is another message. */
  forgetStored(author: PeerId, { id, text }: Pick<StoredMessage, "id" | "text">): void {
    const isOwn = this.#outbox.textOf(id) === text && this.#options.identity.wasOwn(author);
    if (isOwn) this.#outbox.stored(id);
  }

  /** The node has refused a waiting message. */
  refused(id: MessageId, error: ErrorBody): void {
    if (error.code === "id-conflict") this.#conflicts.refused(id, error);
    // Any other error may pass with time: the outbox sends the message again.
    else if (FINAL_REFUSALS.has(error.code)) this.#fail(id, error);
  }

  /** A peer has confirmed messages. */
  delivered(peerId: PeerId, ids: readonly MessageId[]): void {
    this.#options.conversation.delivered(peerId, ids);
    this.#outbox.delivered(peerId, ids);
  }

  /** Stops waiting for a peer's receipts when no direct path can reach it. */
  letGoIfUnreachable(peerId: PeerId): void {
    if (!this.#options.paths.isReachable(peerId)) this.#outbox.letGo(peerId);
  }

  /** Offers all waiting messages on a path that opened. */
  pathChanged(peerId: PeerId, change: PathChange): void {
    if (change === "far") this.letGoIfUnreachable(peerId);
    if (change !== "opened") return;
    for (const message of this.#outbox.messages) this.#offer(message, [peerId]);
  }

  /** A peer continues under the id `to`. */
  movePeer(from: PeerId, to: PeerId): void {
    this.#outbox.movePeer(from, to);
    this.#options.conversation.movePeer(from, to);
  }

  /** Stops waiting for a peer that is gone. */
  gone(peerId: PeerId): void {
    this.#options.conversation.gone(peerId);
    this.#outbox.letGo(peerId);
  }

  /** Stops sending. The waiting messages stay in the store. */
  close(): void {
    this.#conflicts.close();
    this.#outbox.close();
  }

  get #reachable(): PeerId[] {
    const { paths, peers } = this.#options;
    return peers.ids.filter((peerId) => paths.isReachable(peerId));
  }

  /** Offers a message to the peers that have not confirmed it; returns the peers whose path accepted it. */
  #offer(message: Outgoing, peerIds: readonly PeerId[] = this.#options.peers.ids): PeerId[] {
    const { identity, paths } = this.#options;
    const missing = peerIds.filter((peerId) => this.#outbox.isFor(message.id, peerId));
    const frame = { type: "chat", peer_id: identity.peerId, payload: message } as const;
    return paths.sendDirectly(missing, frame);
  }

  #fail(id: MessageId, error: ErrorBody): void {
    this.#outbox.failed(id);
    this.#options.conversation.failed(id, error);
  }
}
