/**
 * What a UI sees of a session: `Session` implements `SessionView`. Everything here is a snapshot or a
 * method; what changes is told by events. A UI renders these and owns no chat state of its own.
 */
import type { ErrorBody } from "./errors.ts";
import type { PathReason } from "./path_reasons.ts";
import type { MessageId, PeerId, RoomName, Strategy, Tier } from "./protocol.ts";

export type { PathReason };

/** How far a message of ours has come. Those of others are always `stored` or, when not yet, `sent`. */
export type MessageState =
  /** On its way: kept in the outbox, sent again until the node has stored it. */
  | "sending"
  /** At least one peer has it, the node has not stored it yet. */
  | "sent"
  /** On the node's disk. */
  | "stored"
  /** Refused by the node, which will not change by itself; see `error`. */
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
   * Until it is stored it stands behind the message of this timestamp, the newest one when it was said
   * or heard; absent where there was none: then it stands last.
   */
  readonly heardAfter?: number | undefined;
  readonly state: MessageState;
  /** Own messages: how many of the audience have said that they have it, to this page or an earlier one. */
  readonly delivered: number;
  /**
   * Own messages: how many others were in the room when it was sent, or when the node was first reached
   * if it waited for that, over a reload or not; 0 where this device no longer knows. Whom nothing can
   * reach is counted too.
   */
  readonly audience: number;
  /** Why it failed. */
  readonly error: ErrorBody | null;
}

export interface PathView {
  /** How what we say gets to that peer; null when it does not at this moment. */
  readonly tier: Tier | null;
  /** Milliseconds; null when not measured (through the node only the uplink is). */
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
  /** Name or typing changed, or the path's RTT did. */
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
  /** What is in force: the user's choice, else what the node asks for, from its `welcome` on. */
  readonly strategy: Strategy;
  /** Changes only when another tab took this one's place; then an `uplink` event follows. */
  readonly peerId: PeerId;
  readonly name: string;
  /** In the order on screen. A new array whenever it changes. */
  readonly messages: readonly ChatMessage[];
  /**
   * Whether messages older than the first of `messages` can be loaded. 20,000 are kept, of which the
   * oldest go; while somebody loads older ones, as many as 100,000, and then `loadOlder` rejects.
   */
  readonly hasOlder: boolean;
  /** Everyone else in the room, by when they joined. A new array whenever it changes. */
  readonly peers: readonly PeerView[];
  readonly uplink: UplinkView;

  /** Calls `listener` on every event until the returned function is called. */
  subscribe(listener: (event: SessionEvent) => void): () => void;
  /** Starts; returns at once. Messages can be sent from here on, and go out when there is a way. */
  join(): void;
  /**
   * Sends `text` to everyone in the room. It is in `messages` when this returns.
   * @throws {UserError} `text-too-large`, `bad-request` or `outbox-full`, with the reason.
   */
  send(text: string): MessageId;
  /** Tries a failed message again, under the same id. */
  retry(id: MessageId): void;
  /** Goes on under another name; what was said keeps the one that it was said under. */
  rename(name: string): void;
  /** Tells the others that the user is typing; call it on every key, it sends few of them. */
  typing(isTyping: boolean): void;
  /**
   * Loads the page of messages before the first one. Resolves to whether there are still older ones.
   * Rejects with a `UserError` when the node can't be asked, or when no more messages can be held.
   */
  loadOlder(options?: { signal?: AbortSignal }): Promise<boolean>;
  /** The newest message is in view: lets go of older ones beyond what is kept. They can be loaded again. */
  trim(): void;
  /** Tries to reconnect now: the user pressed "Try now", or the network changed. */
  reconnect(): void;
  /** Tests what it has: the page is looked at again, or the network may have changed. Cheap. */
  wake(): void;
  /** Tells the others and closes everything. Idempotent. */
  leave(): void;
}
