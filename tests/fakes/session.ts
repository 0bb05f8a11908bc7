/**
 * A session without a node: it shows the page the state that a test sets. It implements `SessionView` as
 * `Session` does, snapshots and events alike. Its other methods set the state.
 */
import { UserError } from "../../transport/errors.ts";
import type { MessageId, PeerId, RoomName, Strategy, Tier } from "../../transport/protocol/mod.ts";
import { textProblem } from "../../transport/protocol/mod.ts";
import type {
  ChatMessage,
  PathReason,
  PathView,
  PeerView,
  SessionEvent,
  SessionView,
  UplinkView,
} from "../../transport/view.ts";

export interface FakePath {
  tier: Tier | null;
  rttMs?: number | null;
  reason?: PathReason | null;
  sinceMs?: number;
}

export class FakeSession implements SessionView {
  readonly room: RoomName;
  name: string;
  readonly peerId: PeerId;
  strategy: Strategy;
  messages: readonly ChatMessage[] = [];
  peers: readonly PeerView[] = [];
  uplink: UplinkView;
  /** Messages that `loadOlder` returns, page by page from the end. */
  older: ChatMessage[] = [];
  pageSize = 100;
  /** The calls that a page made, for tests. */
  readonly calls: string[] = [];
  trims = 0;
  /** When set, `send` throws it. */
  refusal: UserError | null = null;

  readonly #listeners = new Set<(event: SessionEvent) => void>();
  #nextId = 1;
  #nowMs: () => number;

  constructor(
    options: { room: string; name: string; peerId?: string; strategy?: Strategy | null },
    nowMs: () => number = () => Date.now(),
  ) {
    this.room = options.room as RoomName;
    this.name = options.name;
    this.peerId = (options.peerId ?? "me") as PeerId;
    this.strategy = options.strategy ?? "auto";
    this.#nowMs = nowMs;
    this.uplink = {
      state: "connecting",
      tier: null,
      rttMs: null,
      sinceMs: nowMs(),
      retryAtMs: null,
      error: null,
    };
  }

  // Methods for the page

  get hasOlder(): boolean {
    return this.older.length > 0;
  }

  subscribe(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  join(): void {
    this.calls.push("join");
  }

  send(text: string): MessageId {
    const problem = textProblem(text);
    if (this.refusal !== null) throw this.refusal;
    if (problem !== null) throw new UserError(problem.code, `The message ${problem.words}`);
    this.calls.push(`send ${text}`);
    return this.say({ own: true, text, state: "sending", timestamp: null }).id;
  }

  retry(id: MessageId): void {
    this.calls.push(`retry ${id}`);
    this.change(id, { state: "sending", error: null });
  }

  rename(name: string): void {
    this.calls.push(`rename ${name}`);
    this.name = name;
  }

  typing(isTyping: boolean): void {
    this.calls.push(`typing ${isTyping}`);
  }

  loadOlder(): Promise<boolean> {
    this.calls.push("loadOlder");
    const page = this.older.splice(-this.pageSize);
    this.messages = [...page, ...this.messages];
    this.emit({ type: "messages" });
    return Promise.resolve(this.hasOlder);
  }

  trim(): void {
    this.trims++;
  }

  reconnect(): void {
    this.calls.push("reconnect");
  }

  wake(): void {
    this.calls.push("wake");
  }

  leave(): void {
    this.calls.push("leave");
  }

  // Methods for the test

  emit(event: SessionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  setUplink(change: Partial<UplinkView>): void {
    this.uplink = { ...this.uplink, sinceMs: this.#nowMs(), ...change };
    this.emit({ type: "uplink", uplink: this.uplink });
  }

  /** Sets the strategy that the node asks for. */
  setStrategy(strategy: Strategy): void {
    this.strategy = strategy;
    this.emit({ type: "strategy", strategy });
  }

  online(tier: Tier = "websocket", rttMs: number | null = 3): void {
    this.setUplink({ state: "online", tier, rttMs, retryAtMs: null, error: null });
  }

  /** Adds a message as if it had just arrived; by default from the first peer. */
  say(message: Partial<ChatMessage> & { text: string }): ChatMessage {
    const made = this.#make(message);
    this.messages = [...this.messages, made];
    this.emit({ type: "message", message: made, isNew: true });
    return made;
  }

  /** Adds several messages at once, as history arrives. */
  load(messages: readonly (Partial<ChatMessage> & { text: string })[]): void {
    this.messages = [...this.messages, ...messages.map((message) => this.#make(message))];
    this.emit({ type: "messages" });
  }

  change(id: MessageId, change: Partial<ChatMessage>): void {
    this.messages = this.messages.map((message) =>
      message.id === id ? { ...message, ...change } : message
    );
    const message = this.messages.find((message) => message.id === id)!;
    this.emit({ type: "message", message, isNew: false });
  }

  addPeer(name: string, path: FakePath): PeerView {
    const peer: PeerView = {
      peerId: name.toLowerCase() as PeerId,
      name,
      joinedAtMs: this.#nowMs(),
      path: this.#path(path),
      isTyping: false,
    };
    this.peers = [...this.peers, peer];
    this.emit({ type: "peer_joined", peer });
    return peer;
  }

  removePeer(name: string): void {
    const peer = this.#peer(name);
    this.peers = this.peers.filter((other) => other !== peer);
    this.emit({ type: "peer_left", peer });
  }

  setPath(name: string, path: FakePath): void {
    const previous = this.#peer(name).path;
    const peer = this.#replace(name, { path: this.#path(path) });
    this.emit({ type: "path", peer, previous });
  }

  setTyping(name: string, isTyping: boolean): void {
    this.emit({ type: "peer", peer: this.#replace(name, { isTyping }) });
  }

  /** Makes a message without an event: for `older`. */
  make(message: Partial<ChatMessage> & { text: string }): ChatMessage {
    return this.#make(message);
  }

  #make(message: Partial<ChatMessage> & { text: string }): ChatMessage {
    const own = message.own ?? false;
    const author = own ? this : this.peers[0];
    return {
      id: `m${this.#nextId++}` as MessageId,
      peerId: author?.peerId ?? "ann" as PeerId,
      name: author?.name ?? "Ann",
      own,
      sentAtMs: this.#nowMs(),
      timestamp: this.#nowMs() / 1000,
      state: "stored",
      delivered: 0,
      audience: own ? this.peers.length : 0,
      error: null,
      ...message,
    };
  }

  #path(path: FakePath): PathView {
    return { rttMs: null, reason: null, sinceMs: this.#nowMs(), ...path };
  }

  #peer(name: string): PeerView {
    return this.peers.find((peer) => peer.name === name)!;
  }

  #replace(name: string, change: Partial<PeerView>): PeerView {
    const peer = { ...this.#peer(name), ...change };
    this.peers = this.peers.map((other) => other.peerId === peer.peerId ? peer : other);
    return peer;
  }
}
