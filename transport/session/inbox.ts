/**
 * How messages arrive, from the node or directly from their authors: each is shown once, confirmed to its
 * author, and asked for when the node has it and this session does not. Own messages on their way are the
 * delivery's; one that comes back from the node is stored.
 */
import { UserError } from "../errors.ts";
import type { Delivery } from "./delivery.ts";
import type { PeerPaths } from "../mesh/peer_paths.ts";
import { CatchUp } from "../messages/catch_up.ts";
import type { Arriving, Conversation } from "../messages/conversation.ts";
import { Receipts } from "../messages/receipts.ts";
import type { Peers } from "../presence/peers.ts";
import type {
  MemberFrame,
  MessageId,
  PeerFrameOf,
  PeerId,
  StoredMessage,
} from "../protocol/mod.ts";
import type { Clock } from "../transport.ts";

/** Error text when a page holds as many messages as it can. */
const FULL_LOG = "This page can hold no more messages: download all messages of the room instead";

export interface InboxOptions {
  readonly clock: Clock;
  readonly paths: PeerPaths;
  readonly peers: Peers;
  readonly conversation: Conversation;
  readonly delivery: Delivery;
  /** Sends a frame to the node; false when that is not possible now. */
  readonly sendToNode: (frame: MemberFrame) => boolean;
}

export class Inbox {
  readonly #options: InboxOptions;
  readonly #catchUp: CatchUp;
  readonly #receipts: Receipts;
  /** Peers whose direct path answered when it was last checked. */
  readonly #answering = new Set<PeerId>();

  constructor(options: InboxOptions) {
    this.#options = options;
    const { clock, paths, sendToNode } = options;
    this.#catchUp = new CatchUp({
      clock,
      send: sendToNode,
      onPage: (messages, { isFirst }) => this.#showPage(messages, { isFirst }),
      onOlder: (messages, { before }) => this.#showOlder(messages, { before }),
    });
    this.#receipts = new Receipts(clock, (author, ids) => {
      paths.sendTo(author, { type: "receipt", target_peer_id: author, payload: { ids } });
    });
  }

  /** Takes a message that the node passed on. */
  accept(peerId: PeerId, message: Arriving & { prev?: number | undefined }): void {
    this.#show(peerId, message);
    if (message.timestamp !== undefined) this.#catchUp.saw(message.timestamp, message.prev);
  }

  /** Takes a message that came directly from its author. */
  acceptDirect(peerId: PeerId, message: Arriving): void {
    this.#show(peerId, message);
    // A known message is confirmed too: its author sends it again until a receipt arrives. A message that is
    // not shown, because another one has its id, is not confirmed.
    if (this.#options.conversation.shows(peerId, message)) this.#receipts.add(peerId, message.id);
  }

  /** Notes that the node has stored a message with this timestamp, `prev` that of the one before it. */
  saw(timestamp: number, prev: number | undefined): void {
    this.#catchUp.saw(timestamp, prev);
  }

  /** Notes the newest timestamp that the node has; absent from older nodes. */
  exists(latest: number | undefined): void {
    if (latest !== undefined) this.#catchUp.exists(latest);
  }

  /** Takes a page of the node's history. */
  onPage(frame: PeerFrameOf<"history">): void {
    this.#catchUp.onPage(frame);
  }

  /** Asks for the messages that are missing on a new connection. */
  welcome(latest: number): void {
    this.#catchUp.welcome(latest);
  }

  /** Repeats recent receipts to all authors: the connection to the node is new. */
  repeatReceipts(): void {
    this.#receipts.repeat();
  }

  /** Whether the node has messages older than the oldest one kept here. */
  get hasOlder(): boolean {
    return this.#catchUp.hasOlder;
  }

  /** See `SessionView.loadOlder`. */
  loadOlder(signal: AbortSignal | undefined): Promise<boolean> {
    const { conversation } = this.#options;
    const before = conversation.oldestTimestamp;
    if (before === null || !this.hasOlder) return Promise.resolve(false);
    if (!conversation.hasRoom) return Promise.reject(new UserError("bad-request", FULL_LOG));
    conversation.keepMore();
    return this.#catchUp.loadOlder(before, { signal });
  }

  /** Notes that older messages are no longer kept here; the node has them. */
  evicted(): void {
    this.#catchUp.evicted();
  }

  /** Notes whether the direct path answers. On a change, repeats receipts that a dead path may have lost. */
  pathChanged(peerId: PeerId): void {
    const isAnswering = this.#options.paths.isAnswering(peerId);
    if (isAnswering === this.#answering.has(peerId)) return;
    if (isAnswering) this.#answering.add(peerId);
    else this.#answering.delete(peerId);
    this.#receipts.repeat(peerId);
  }

  /** A peer continues under the id `to`. */
  movePeer(from: PeerId, to: PeerId): void {
    this.#receipts.movePeer(from, to);
  }

  gone(peerId: PeerId): void {
    this.#receipts.forget(peerId);
    this.#answering.delete(peerId);
  }

  /** Sends the waiting receipts, and stops. */
  close(): void {
    this.#receipts.close();
    this.#catchUp.close();
  }

  #show(peerId: PeerId, message: Arriving): void {
    const { conversation, delivery, peers } = this.#options;
    if (message.timestamp !== undefined) delivery.forgetStored(peerId, message);
    if (!conversation.accept(peerId, message)) return;
    peers.setTyping(peerId, false);
    this.#confirm(peerId, message.id);
  }

  #showPage(messages: readonly StoredMessage[], { isFirst }: { isFirst: boolean }): void {
    this.#forgetStored(messages);
    const fresh = this.#options.conversation.acceptPage(messages);
    // Messages from before this session came had another audience.
    if (!isFirst) { for (const { peer_id, id } of fresh) this.#confirm(peer_id, id); }
  }

  #showOlder(messages: readonly StoredMessage[], { before }: { before: number }): void {
    this.#forgetStored(messages);
    this.#options.conversation.acceptOlder(messages, { before });
  }

  #forgetStored(messages: readonly StoredMessage[]): void {
    for (const message of messages) this.#options.delivery.forgetStored(message.peer_id, message);
  }

  /** Sends a receipt to an author that is present. */
  #confirm(author: PeerId, id: MessageId): void {
    if (this.#options.peers.has(author)) this.#receipts.add(author, id);
  }
}
