/**
 * A session without a node: it shows the page the state that a test sets. Its snapshots, events and errors
 * are those of `Session`; `tests/conformance/session/` tests both. Its other methods set the state.
 */
import { UserError } from "../../transport/errors.ts";
import type { MessageId, PeerId, RoomName, Strategy, Tier } from "../../transport/protocol/mod.ts";
import { textProblem } from "../../transport/protocol/mod.ts";
import { compareMessages } from "../../transport/messages/message_log.ts";
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

/** The part of the page's `RoomOptions` that a session goes by. */
export interface FakeSessionOptions {
  readonly room: string;
  readonly name: string;
  readonly peerId?: string;
  /** The user's choice; null, as by default, to follow the node. */
  readonly strategy?: Strategy | null;
  readonly expectedStrategy?: Strategy;
}

/** A message with the fields that a test sets. */
type GivenMessage = Partial<ChatMessage> & { text: string };

/** As many messages wait for the node as in a real outbox. */
const MAX_WAITING = 1_000;

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
  readonly #followsNode: boolean;
  #nextId = 1;
  #nowMs: () => number;
  #lastTimestamp = 0;
  #wasOnline = false;
  #hasLeft = false;

  constructor(options: FakeSessionOptions, nowMs: () => number = () => Date.now()) {
    this.room = options.room as RoomName;
    this.name = options.name;
    this.peerId = (options.peerId ?? "me") as PeerId;
    this.strategy = options.strategy ?? options.expectedStrategy ?? "auto";
    this.#followsNode = options.strategy == null;
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
    if (this.#waiting.length >= MAX_WAITING) {
      throw new UserError("outbox-full", `${MAX_WAITING} messages wait for the node`);
    }
    this.calls.push(`send ${text}`);
    return this.say({ own: true, text, state: "sending", timestamp: null }).id;
  }

  retry(id: MessageId): void {
    this.calls.push(`retry ${id}`);
    if (this.#waiting.some((message) => message.id === id)) {
      this.change(id, { state: "sending", error: null });
    }
  }

  rename(name: string): void {
    this.calls.push(`rename ${name}`);
    this.name = name;
  }

  typing(isTyping: boolean): void {
    this.calls.push(`typing ${isTyping}`);
  }

  loadOlder({ signal }: { signal?: AbortSignal } = {}): Promise<boolean> {
    this.calls.push("loadOlder");
    if (!this.hasOlder) return Promise.resolve(false);
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.uplink.state === "offline" || this.uplink.state === "closed") {
      return Promise.reject(new UserError("peer-gone", "The node is unreachable"));
    }
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
    if (this.#hasLeft) return;
    this.setUplink({ state: "closed", tier: null, rttMs: null, retryAtMs: null, error: null });
    this.#hasLeft = true;
  }

  // Methods for the test

  /** Tells the listeners, until the session was left. */
  emit(event: SessionEvent): void {
    if (this.#hasLeft) return;
    for (const listener of [...this.#listeners]) listener(event);
  }

  setUplink(change: Partial<UplinkView>): void {
    this.uplink = { ...this.uplink, sinceMs: this.#nowMs(), ...change };
    this.emit({ type: "uplink", uplink: this.uplink });
    if (this.uplink.state === "online" && !this.#wasOnline) this.#reached();
  }

  /** Sets the strategy that the node asks for. It changes nothing for a user who has chosen one. */
  setStrategy(strategy: Strategy): void {
    if (!this.#followsNode) return;
    this.strategy = strategy;
    this.emit({ type: "strategy", strategy });
  }

  online(tier: Tier = "websocket", rttMs: number | null = 3): void {
    this.setUplink({ state: "online", tier, rttMs, retryAtMs: null, error: null });
  }

  /** Adds a message as if it had just arrived; by default from the first peer. */
  say(message: GivenMessage): ChatMessage {
    const made = this.#make(message);
    this.#put([made]);
    this.emit({ type: "message", message: made, isNew: true });
    return made;
  }

  /** Adds several messages at once, as history arrives. */
  load(messages: readonly GivenMessage[]): void {
    this.#put(messages.map((message) => this.#make(message)));
    this.emit({ type: "messages" });
  }

  change(id: MessageId, change: Partial<ChatMessage>): void {
    const known = this.messages.find((message) => message.id === id)!;
    const message = { ...known, ...change };
    this.#put([message]);
    this.emit({ type: "message", message, isNew: false });
  }

  /** Adds a peer. Until the node is reached for the first time, it is one that was here before. */
  addPeer(name: string, path: FakePath): PeerView {
    const peer: PeerView = {
      peerId: name.toLowerCase() as PeerId,
      name,
      joinedAtMs: this.#nowMs(),
      path: this.#path(path),
      isTyping: false,
    };
    this.peers = [...this.peers, peer];
    this.emit({ type: this.#wasOnline ? "peer_joined" : "peer", peer });
    return peer;
  }

  renamePeer(name: string, newName: string): void {
    this.emit({ type: "peer", peer: this.#replace(name, { name: newName }) });
  }

  removePeer(name: string): void {
    const peer = this.#peer(name);
    this.peers = this.peers.filter((other) => other !== peer);
    this.emit({ type: "peer_left", peer });
  }

  setPath(name: string, path: FakePath): void {
    const previous = this.#peer(name).path;
    const isSameTier = path.tier === previous.tier;
    const sinceMs = isSameTier ? previous.sinceMs : this.#nowMs();
    const peer = this.#replace(name, { path: this.#path({ sinceMs, ...path }) });
    this.emit(isSameTier ? { type: "peer", peer } : { type: "path", peer, previous });
  }

  setTyping(name: string, isTyping: boolean): void {
    this.emit({ type: "peer", peer: this.#replace(name, { isTyping }) });
  }

  /** Makes a message without an event: for `older`. */
  make(message: GivenMessage): ChatMessage {
    return this.#make(message);
  }

  /** Own messages that the node has not stored. */
  get #waiting(): ChatMessage[] {
    return this.messages.filter(({ own, timestamp, state }) =>
      own && (timestamp === null || state === "failed")
    );
  }

  /** Counts who is here as the audience of messages that were written before the node was reached. */
  #reached(): void {
    this.#wasOnline = true;
    const audience = this.peers.length;
    const early = this.#waiting.filter((message) => message.audience === 0);
    if (audience === 0 || early.length === 0) return;
    this.#put(early.map((message) => ({ ...message, audience })));
    this.emit({ type: "messages" });
  }

  /** Adds messages, or replaces those with the same ids, in the order on screen. */
  #put(messages: readonly ChatMessage[]): void {
    const ids = new Set(messages.map(({ id }) => id));
    const others = this.messages.filter(({ id }) => !ids.has(id));
    this.messages = [...others, ...messages].sort(compareMessages);
  }

  /** The node's time: strictly increasing. */
  #nextTimestamp(): number {
    const newest = this.#newestTimestamp ?? 0;
    this.#lastTimestamp = Math.max(this.#nowMs() / 1000, newest + 1e-6, this.#lastTimestamp + 1e-6);
    return this.#lastTimestamp;
  }

  get #newestTimestamp(): number | null {
    return this.messages.findLast(({ timestamp }) => timestamp !== null)?.timestamp ?? null;
  }

  #make(message: GivenMessage): ChatMessage {
    const own = message.own ?? false;
    const author = own ? this : this.peers[0];
    const timestamp = message.timestamp === undefined ? this.#nextTimestamp() : message.timestamp;
    const heardAfter = this.#newestTimestamp;
    return {
      // Ids sort in the order in which the messages were made, as those of sessions do.
      id: `m${String(this.#nextId++).padStart(6, "0")}` as MessageId,
      peerId: author?.peerId ?? "ann" as PeerId,
      name: author?.name ?? "Ann",
      own,
      sentAtMs: this.#nowMs(),
      ...timestamp === null && heardAfter !== null ? { heardAfter } : {},
      state: "stored",
      delivered: 0,
      audience: own ? this.peers.length : 0,
      error: null,
      ...message,
      timestamp,
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
