/**
 * A session as a UI sees it: `Session` implements `SessionView`. Everything here is a snapshot or a method;
 * events tell the changes. A UI renders these and owns no chat state of its own.
 */
import type { ErrorBody } from "./errors.ts";
import type { PathReason } from "./paths/path_reasons.ts";
import type { MessageId, PeerId, RoomName, Strategy, Tier } from "./protocol/mod.ts";

export type { PathReason };

/** How far an own message has come. Messages of other peers are `sent` until they are `stored`. */
export type MessageState =
  /** On its way: kept in the outbox, sent again until the node has stored it. */
  | "sending"
  /** At least one peer has it, the node has not stored it yet. */
  | "sent"
  /** On the node's disk. */
  | "stored"
  /** Refused by the node, for a reason that time does not change; see `error`. */
  | "failed";

export interface ChatMessage {
  readonly id: MessageId;
  readonly peerId: PeerId;
  readonly name: string;
  readonly text: string;
  /** Whether this peer wrote it, in this page or an earlier one. */
  readonly own: boolean;
  /** The sender's clock, milliseconds since 1970; null for older clients' messages. */
  readonly sentAtMs: number | null;
  /** The node's Unix seconds; null until it is stored. Order on screen: this, then id. */
  readonly timestamp: number | null;
  /**
   * Timestamp of the newest stored message when this one was written or received. Until this one is stored,
   * it stands behind that message. Absent when there was none: then this one stands last.
   */
  readonly heardAfter?: number | undefined;
  readonly state: MessageState;
  /** Own messages: how many of the audience have confirmed it, to this page or an earlier one. */
  readonly delivered: number;
  /**
   * Own messages: how many other peers were in the room when it was sent, or when the node was first reached
   * if the message waited for that, even over a reload. 0 when this device no longer knows. Peers that
   * nothing can reach count too.
   */
  readonly audience: number;
  /** Why it failed. */
  readonly error: ErrorBody | null;
}

export interface PathView {
  /** The tier that carries our messages to that peer; null when nothing reaches it at this moment. */
  readonly tier: Tier | null;
  /** Milliseconds; null when not measured (through the node, only the uplink is measured). */
  readonly rttMs: number | null;
  /** Since when this tier is in use, milliseconds since 1970. */
  readonly sinceMs: number;
  /** Why it is not the best one; null on the best tier. */
  readonly reason: PathReason | null;
}

export interface PeerView {
  readonly peerId: PeerId;
  readonly name: string;
  readonly joinedAtMs: number;
  readonly path: PathView;
  readonly isTyping: boolean;
}

export interface UplinkView {
  /** `connecting` only before the first connection; `offline` while it is being tried again. */
  readonly state: "connecting" | "online" | "offline" | "closed";
  readonly tier: Tier | null;
  readonly rttMs: number | null;
  readonly sinceMs: number;
  /** When the next try is due, milliseconds since 1970; null when none is waiting. */
  readonly retryAtMs: number | null;
  /** Why it is offline or closed, in a sentence for people; null otherwise. */
  readonly error: ErrorBody | null;
}

export type SessionEvent =
  /** New, or changed in any of its fields (state, timestamp, delivered). */
  | { readonly type: "message"; readonly message: ChatMessage; readonly isNew: boolean }
  /** Several at once: history. Read `messages` again. */
  | { readonly type: "messages" }
  | { readonly type: "peer_joined"; readonly peer: PeerView }
  | { readonly type: "peer_left"; readonly peer: PeerView }
  /** The name, the typing state, the path's RTT or its reason changed. */
  | { readonly type: "peer"; readonly peer: PeerView }
  /** The peer's path changed its tier. */
  | { readonly type: "path"; readonly peer: PeerView; readonly previous: PathView }
  | { readonly type: "uplink"; readonly uplink: UplinkView }
  /** Another strategy is in force: the node has said which one it asks for. */
  | { readonly type: "strategy"; readonly strategy: Strategy }
  /** Something worth showing that belongs to no message. */
  | { readonly type: "error"; readonly error: ErrorBody };

export interface SessionView {
  readonly room: RoomName;
  /** The strategy in force: the user's choice, else the node's wish, from its `welcome` on. */
  readonly strategy: Strategy;
  /** Changes only when another page or peer took the id over; then an `uplink` event follows. */
  readonly peerId: PeerId;
  readonly name: string;
  /** In the order on screen. A new array whenever it changes. */
  readonly messages: readonly ChatMessage[];
  /**
   * Whether messages older than the first of `messages` can be loaded. A page keeps 20,000 messages and drops
   * the oldest. While the user loads older ones, it keeps up to 100,000; after that, `loadOlder` rejects.
   */
  readonly hasOlder: boolean;
  /** The other peers in the room, by join time. A new array whenever it changes. */
  readonly peers: readonly PeerView[];
  readonly uplink: UplinkView;

  /** Calls `listener` on every event until the returned function is called. */
  subscribe(listener: (event: SessionEvent) => void): () => void;
  /** Starts to connect; returns at once. Messages sent from now on go out as soon as a path is open. */
  join(): void;
  /**
   * Sends `text` to everyone in the room. It is in `messages` when this returns.
   * @throws {UserError} `text-too-large`, `bad-request` or `outbox-full`, with the reason.
   */
  send(text: string): MessageId;
  /** Tries a failed message again, under the same id. */
  retry(id: MessageId): void;
  /** Changes the name. Earlier messages keep the name under which they were sent. */
  rename(name: string): void;
  /** Tells the other peers that the user is typing; call it on every key, it sends few frames. */
  typing(isTyping: boolean): void;
  /**
   * Loads the page of messages before the first one. Resolves to whether there are still older ones.
   * Rejects with a `UserError` when the node can't be asked, or when no more messages can be held.
   */
  loadOlder(options?: { signal?: AbortSignal }): Promise<boolean>;
  /** Drops old messages beyond the limit, when the newest one is in view. They can be loaded again. */
  trim(): void;
  /** Tries to reconnect now: the user pressed "Try now", or the network changed. */
  reconnect(): void;
  /** Tests the connection: the user looks at the page again, or the network may have changed. Cheap. */
  wake(): void;
  /** Tells the others and closes everything. Idempotent. */
  leave(): void;
}
