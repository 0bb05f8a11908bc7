/**
 * One peer's stay in one room, for a UI. Ties the parts together and owns none of their rules: the outbox
 * keeps own messages until they are stored, the uplink and the mesh carry them, the catch-up closes gaps, the
 * conversation keeps each message once, the roster knows the other peers and their paths.
 *
 * Long because it is the one place where all parts meet: their wiring, and a line or two per frame type.
 */
import { v7 as uuidv7 } from "uuid";
import { CatchUp } from "../messages/catch_up.ts";
import { Conversation } from "../messages/conversation.ts";
import { type ErrorBody, UserError } from "../errors.ts";
import { relayReason, withOwnStun } from "../mesh/ice_servers.ts";
import { DeliveryRecords } from "../messages/delivery_records.ts";
import { DirectBudget } from "../mesh/direct_budget.ts";
import { scopedStore } from "../key_value_store.ts";
import { randomHex } from "../random_ids.ts";
import { Identity } from "./identity.ts";
import type { JoinTarget } from "../uplink/join.ts";
import { Mesh } from "../mesh/mesh.ts";
import { DIRECT_ONLY_LIMIT, MESH_LIMIT } from "../mesh/neighbours.ts";
import type { Outgoing } from "../messages/kept_messages.ts";
import { Outbox } from "../messages/outbox.ts";
import { PathReporter } from "../presence/path_report.ts";
import { isRuledOut, type PathReason, relayedReason } from "../mesh/path_reasons.ts";
import type { CreatePeerLink } from "../mesh/peer_link.ts";
import type { SessionOptions } from "../platform.ts";
import { Presence } from "../presence/presence.ts";
import {
  encodeFrame,
  type IceServer,
  type LeaveReason,
  type MemberFrame,
  type MessageId,
  parsePeerFrame,
  type PeerFrame,
  type PeerFrameOf,
  type PeerId,
  type PeerInfo,
  proofPayload,
  type RoomName,
  type StoredMessage,
  type Strategy,
  textProblem,
  type Welcome,
} from "../protocol/mod.ts";
import { Receipts } from "../messages/receipts.ts";
import { Roster } from "../presence/roster.ts";
import { rulesBefore, STRATEGY_RULES, type StrategyRules } from "../mesh/strategy.ts";
import type { Clock } from "../transport.ts";
import { TypingSignal } from "./typing_signal.ts";
import { Uplink } from "../uplink/uplink.ts";
import type { ChatMessage, PeerView, SessionEvent, SessionView, UplinkView } from "../view.ts";

/** Refusals for which sending again does not help. */
const FINAL_REFUSALS: ReadonlySet<string> = new Set([
  "bad-frame",
  "frame-too-large",
  "text-too-large",
]);

/** Time for the history that is requested after a `welcome` to arrive. */
const CONFLICT_MS = 2_000;
/** Error text when a page holds as many messages as it can. */
const FULL_LOG = "This page can hold no more messages: download all messages of the room instead";

type FrameHandlers = {
  readonly [T in PeerFrame["type"]]?: (frame: PeerFrameOf<T>) => unknown;
};

export class Session implements SessionView {
  readonly room: RoomName;
  #name: string;
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #identity: Identity;
  readonly #instance = randomHex(8);
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  readonly #conversation: Conversation;
  readonly #outbox: Outbox;
  readonly #catchUp: CatchUp;
  readonly #receipts: Receipts;
  /** Peers whose direct path answered when it was last checked. */
  readonly #answering = new Set<PeerId>();
  readonly #budget: DirectBudget;
  readonly #roster: Roster;
  readonly #uplink: Uplink;
  readonly #reporter: PathReporter;
  readonly #typing: TypingSignal;
  readonly #presence: Presence;
  /** Own messages whose id another peer's message has, each with the function that cancels its rename. */
  readonly #conflicts = new Map<MessageId, () => void>();
  #stunPort: number | undefined;
  #isWelcomed = false;
  /** Null until the user has chosen it, or the node has told it. */
  #strategy: Strategy | null;
  /** Set at the first `welcome` whose strategy allows direct paths. */
  #links: Mesh | null = null;

  constructor(options: SessionOptions) {
    const { platform: { clock, random, uplinks, ...stores } } = options;
    this.room = options.room;
    this.#name = options.name;
    this.#strategy = options.strategy ?? null;
    this.#options = options;
    this.#clock = clock;
    const tab = scopedStore(stores.tab, `room:${options.room}:`);
    const device = scopedStore(stores.device, `room:${options.room}:`);
    this.#identity = new Identity({ tab, device }, options.peerId);
    const emit = (event: SessionEvent) => this.#emit(event);
    const send = (frame: MemberFrame) => this.#uplink.send(frame);
    this.#conversation = new Conversation({
      isOwn: (id) => this.#identity.isOwn(id),
      emit,
      onEvicted: () => this.#catchUp.evicted(),
      deliveries: new DeliveryRecords(stores.device, options.room),
    });
    this.#outbox = new Outbox({
      clock,
      store: tab,
      send: (payload) => this.#rules.throughNode && send({ type: "chat", payload }),
      onLate: () => this.#uplink.suspect(),
      offer: (message) => this.#sendDirectly(message),
      // Until a node has told which strategy counts, messages wait for the node.
      isDirectOnly: () => this.#strategy !== null && !this.#rules.throughNode,
    });
    this.#catchUp = new CatchUp({
      clock,
      send,
      onPage: (messages, page) => this.#onPage(messages, page),
      onOlder: (messages, page) => {
        for (const message of messages) this.#forgetStored(message.peer_id, message);
        this.#conversation.acceptOlder(messages, page);
      },
    });
    this.#budget = new DirectBudget(clock);
    this.#receipts = new Receipts(clock, (author, ids) => {
      this.#sendTo(author, { type: "receipt", target_peer_id: author, payload: { ids } });
    });
    this.#uplink = new Uplink({
      clock,
      random,
      transports: () => uplinks.filter(({ tier }) => this.#rules.uplinks.includes(tier)),
      wantsNegotiated: () => this.#wantsDatagrams(),
      target: () => this.#joinTarget(),
      handlers: {
        onWelcome: (welcome) => this.#onWelcome(welcome),
        onFrame: (frame) => this.#dispatch(frame, this.#nodeHandlers),
        onChange: (view) => this.#onUplink(view),
        onReplaced: () => this.#identity.renew(),
        onTaken: (peerId) => this.#identity.giveUp(peerId),
      },
    });
    this.#presence = this.#createPresence();
    this.#typing = new TypingSignal(clock, (typing) => {
      for (const peerId of this.#roster.ids) {
        // Peers that the message can't reach are not told that it is being typed.
        const isReached = this.#rules.throughNode || this.#isAnswering(peerId);
        if (!isReached) continue;
        this.#sendTo(peerId, { type: "typing", target_peer_id: peerId, payload: { typing } });
      }
    });
    this.#reporter = new PathReporter({ clock, send, peers: () => this.#roster.peers });
    this.#roster = this.#createRoster();
    for (const message of this.#outbox.messages) {
      this.#conversation.addOwn(this.peerId, message, []);
    }
  }

  #createPresence(): Presence {
    return new Presence(this.#clock, {
      limit: () => this.#rules.throughNode ? MESH_LIMIT : DIRECT_ONLY_LIMIT,
      known: () => this.#roster.infos,
      isOwn: (peerId) => this.#identity.isOwn(peerId),
      path: (peerId) => this.#mesh?.path(peerId) ?? null,
      self: () => this.peerId,
      isOnline: () => this.uplink.state === "online",
      ask: (pathId, payload) => {
        this.#mesh?.send(pathId, encodeFrame({ type: "prove", peer_id: this.peerId, payload }));
      },
      answer: (peerId, proof) =>
        this.#uplink.send({ type: "relay", target_peer_id: peerId, payload: { proof } }),
      admit: (info) => this.#admit(info),
      remove: (peerId) => this.#removePeer(peerId),
      move: (from, to) => this.#movePeer(from, to),
    });
  }

  #createRoster(): Roster {
    return new Roster({
      clock: this.#clock,
      emit: (event) => {
        this.#reporter.changed();
        this.#emit(event);
      },
      directPath: (peerId) => this.#mesh?.path(peerId) ?? null,
      reason: (peer) => this.#reason(peer),
      uplinkTier: (peerId) => {
        const isThroughNode = this.#rules.throughNode && !this.#presence.isAbsent(peerId);
        return isThroughNode ? this.uplink.tier : null;
      },
    });
  }

  get strategy(): Strategy {
    return this.#strategy ?? this.#options.expectedStrategy ?? "auto";
  }

  get name(): string {
    return this.#name;
  }

  get peerId(): PeerId {
    return this.#identity.peerId;
  }

  get messages(): readonly ChatMessage[] {
    return this.#conversation.messages;
  }

  get hasOlder(): boolean {
    return this.#catchUp.hasOlder;
  }

  get peers(): readonly PeerView[] {
    return this.#roster.peers;
  }

  get uplink(): UplinkView {
    return this.#uplink.view;
  }

  subscribe(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  join(): void {
    this.#uplink.start();
  }

  send(text: string): MessageId {
    const problem = textProblem(text);
    if (problem !== null) throw new UserError(problem.code, `The message ${problem.words}`);
    const message: Outgoing = {
      id: uuidv7() as MessageId,
      text,
      name: this.name,
      sent_at: this.#clock.epochMs() / 1000,
    };
    this.#outbox.add(message, this.#reachable);
    this.#conversation.addOwn(this.peerId, message, this.#roster.ids);
    this.#sendDirectly(message);
    this.#typing.reset();
    return message.id;
  }

  retry(id: MessageId): void {
    if (!this.#outbox.has(id)) return;
    this.#conversation.sending(id);
    this.#outbox.retry(id);
  }

  rename(name: string): void {
    if (name === this.#name) return;
    this.#name = name;
    this.#uplink.rejoin();
  }

  typing(isTyping: boolean): void {
    this.#typing.set(isTyping);
  }

  loadOlder({ signal }: { signal?: AbortSignal } = {}): Promise<boolean> {
    const before = this.#conversation.oldestTimestamp;
    if (before === null || !this.hasOlder) return Promise.resolve(false);
    if (!this.#conversation.hasRoom) return Promise.reject(new UserError("bad-request", FULL_LOG));
    this.#conversation.keepMore();
    return this.#catchUp.loadOlder(before, { signal });
  }

  trim(): void {
    this.#conversation.trim();
  }

  reconnect(): void {
    this.#uplink.networkChanged();
    this.#mesh?.networkChanged();
  }

  /** Tests the connection when the user looks again: timers may have slept, the network may be gone. */
  wake(): void {
    this.#uplink.check();
  }

  leave(): void {
    this.#receipts.close();
    this.#links?.close();
    this.#catchUp.close();
    this.#presence.close();
    for (const cancel of this.#conflicts.values()) cancel();
    this.#outbox.close();
    this.#roster.close();
    this.#reporter.close();
    this.#uplink.close();
  }

  // Frames of the node

  readonly #nodeHandlers: FrameHandlers = {
    chat: ({ peer_id, payload }) => {
      this.#accept(peer_id, payload);
      if (payload.timestamp !== undefined) this.#catchUp.saw(payload.timestamp, payload.prev);
    },
    ack: ({ payload: { id, timestamp, prev } }) => {
      this.#stored(id, timestamp);
      this.#catchUp.saw(timestamp, prev);
    },
    history: (frame) => this.#catchUp.onPage(frame),
    ping: ({ payload }) => this.#exists(payload?.latest),
    pong: ({ payload }) => this.#exists(payload?.latest),
    error: ({ payload: { code, message, id } }) => {
      if (id === undefined || !this.#outbox.has(id)) {
        return this.#emit({ type: "error", error: { code, message } });
      }
      if (code === "id-conflict") return this.#onConflict(id, { code, message });
      // Any other error may pass with time: the outbox sends the message again.
      if (!FINAL_REFUSALS.has(code)) return;
      this.#fail(id, { code, message });
    },
    peer_joined: ({ payload }) => this.#onPeer(payload),
    peer_updated: ({ payload }) => this.#onPeer(payload),
    peer_left: ({ peer_id, payload }) => this.#onPeerLeft(peer_id, payload?.reason ?? "left"),
    offer: (frame) => this.#onSignal(frame),
    answer: (frame) => this.#onSignal(frame),
    ice: (frame) => this.#onSignal(frame),
    ice_servers: ({ payload }) => this.#mesh?.setIceServers(this.#withStun(payload.ice_servers)),
    typing: ({ peer_id, payload }) => {
      if (!this.#presence.isDoubted(peer_id)) this.#roster.setTyping(peer_id, payload.typing);
    },
    receipt: ({ peer_id, payload }) => {
      // Where no node stores messages, receipts complete them, so they count over the direct path only.
      const isTaken = this.#rules.throughNode && !this.#isAnothers(peer_id);
      if (isTaken) this.#delivered(peer_id, payload.ids);
    },
    relay: ({ peer_id, payload }) => {
      const { success, data } = proofPayload.safeParse(payload);
      if (success) this.#presence.proof(peer_id, data.proof);
    },
  };

  /**
   * Passes signaling on to the mesh. An offer under the id of a peer that answers directly may come from
   * another peer. An answer to our own offer is accepted: its connection takes over only where the path has
   * died.
   */
  #onSignal(frame: PeerFrameOf<"offer" | "answer" | "ice">): void {
    const { type, peer_id: peerId } = frame;
    const isRefused = type === "offer" ? this.#isAnothers(peerId) : this.#presence.isAbsent(peerId);
    if (!isRefused) this.#mesh?.onSignal(frame);
  }

  /** Whether frames from the node under this id may be from another peer than the one answering directly. */
  #isAnothers(peerId: PeerId): boolean {
    return this.#presence.isAbsent(peerId) ||
      (this.#isAnswering(peerId) && this.#presence.isDoubted(peerId));
  }

  #onWelcome(welcome: Welcome): void {
    const { peer_id, peers, ice_servers, latest, stun_port, strategy } = welcome;
    this.#identity.held();
    this.#follow(strategy ?? "auto");
    const others = this.#presence.welcome(peers.filter((peer) => peer.peer_id !== peer_id));
    for (const peerId of this.#roster.sync(others)) this.#gone(peerId);
    this.#stunPort = stun_port;
    this.#mesh?.welcome(peer_id, others, this.#withStun(ice_servers));
    this.#roster.refresh();
    this.#reporter.welcome({ isWanted: welcome.path_reports ?? false });
    this.#catchUp.welcome(latest);
    this.#address();
    this.#presence.welcomed();
    this.#outbox.resend();
    this.#receipts.repeat();
  }

  /** Awaits receipts from the peers present at the first `welcome`; never from unreachable peers. */
  #address(): void {
    if (!this.#isWelcomed) {
      this.#isWelcomed = true;
      this.#outbox.address(this.#reachable);
      const ids = this.#outbox.messages.map(({ id }) => id);
      this.#conversation.address(ids, this.#roster.ids);
    }
    for (const peerId of this.#roster.ids) {
      if (!this.#isReachable(peerId)) this.#outbox.letGo(peerId);
    }
  }

  get #reachable(): PeerId[] {
    return this.#roster.ids.filter((peerId) => this.#isReachable(peerId));
  }

  /** Whether to wait for a peer's receipts: false when waiting can't bring a direct path to it. */
  #isReachable(peerId: PeerId): boolean {
    const reason = this.#mesh?.reason(peerId) ?? null;
    // In a large room, the node passes messages on to the peers without a direct path.
    return !isRuledOut(reason) || (reason === "mesh-full" && this.#rules.throughNode);
  }

  /** Follows the node's strategy, unless the user chose one, before any path is opened by it. */
  #follow(strategy: Strategy): void {
    if (this.#options.strategy == null && strategy !== this.#strategy) {
      // Connections that were opened under other rules must not stay.
      this.#links?.clear();
      this.#strategy = strategy;
      this.#emit({ type: "strategy", strategy });
    }
    const { createLink } = this.#options.platform;
    if (createLink !== null && this.#rules.mesh !== "off") {
      this.#links ??= this.#createMesh(createLink);
    }
  }

  #createMesh(createLink: CreatePeerLink): Mesh {
    const { clock, random } = this.#options.platform;
    return new Mesh(this.peerId, {
      clock,
      random,
      createLink,
      policy: () => {
        const { mesh } = this.#rules;
        // While the mesh is off, it is told of no peers.
        return mesh === "off" ? "relay" : mesh;
      },
      isDirectOnly: () => !this.#rules.throughNode,
      isAbsent: (peerId) => this.#presence.isAbsent(peerId),
      instance: this.#instance,
      handlers: {
        sendSignal: (frame) => this.#uplink.send(frame),
        onFrame: (peerId, text) => this.#onDirect(peerId, text),
        onChange: (peerId, change) => this.#onMesh(peerId, change),
      },
    });
  }

  get #rules(): StrategyRules {
    if (this.#strategy !== null) return STRATEGY_RULES[this.#strategy];
    return rulesBefore(this.#options.expectedStrategy ?? "auto");
  }

  /** The direct paths; null where none are allowed, or possible. */
  get #mesh(): Mesh | null {
    return this.#rules.mesh === "off" ? null : this.#links;
  }

  /** Why the path to `peer` is not the best one; null when unknown. */
  #reason(peer: PeerInfo): PathReason | null {
    const { peer_id, strategy, webrtc, instance } = peer;
    if (this.#isAnswering(peer_id)) return relayReason(this.#rules.mesh, peer);
    const self = { strategy: this.strategy, hasWebRtc: this.#options.platform.createLink !== null };
    const other = { strategy, hasWebRtc: webrtc !== false && instance !== "" };
    return relayedReason(self, other, this.#mesh?.reason(peer_id) ?? null);
  }

  #withStun(servers: readonly IceServer[]): readonly IceServer[] {
    return withOwnStun(servers, { nodeUrl: this.#options.nodeUrl, port: this.#stunPort });
  }

  #onPeer(info: Welcome["peers"][number] | undefined): void {
    if (info !== undefined && info.peer_id !== this.peerId) this.#presence.here(info);
  }

  #admit(info: PeerInfo): void {
    this.#mesh?.add(info);
    this.#roster.put(info);
    if (!this.#isReachable(info.peer_id)) this.#outbox.letGo(info.peer_id);
  }

  #onPeerLeft(peerId: PeerId, reason: LeaveReason): void {
    this.#presence.left(peerId, reason);
    this.#roster.refresh(peerId);
  }

  #movePeer(from: PeerId, to: PeerId): void {
    this.#budget.forget(from);
    this.#mesh?.move(from, to);
    this.#outbox.movePeer(from, to);
    this.#conversation.movePeer(from, to);
    this.#receipts.movePeer(from, to);
    this.#roster.move(from, to);
  }

  /** Whether a peer answers on its direct path. */
  #isAnswering(peerId: PeerId): boolean {
    return this.#mesh?.path(peerId)?.isAlive === true;
  }

  #removePeer(peerId: PeerId): void {
    this.#presence.forget(peerId);
    this.#mesh?.remove(peerId);
    this.#roster.remove(peerId);
    this.#gone(peerId);
  }

  #gone(peerId: PeerId): void {
    this.#budget.forget(peerId);
    this.#conversation.gone(peerId);
    this.#outbox.letGo(peerId);
    this.#receipts.forget(peerId);
    this.#answering.delete(peerId);
  }

  #onUplink(view: UplinkView): void {
    this.#emit({ type: "uplink", uplink: view });
    this.#roster.refresh();
  }

  #exists(latest: number | undefined): void {
    if (latest !== undefined) this.#catchUp.exists(latest);
  }

  // Frames of a peer, over its direct path

  #onDirect(peerId: PeerId, text: string): void {
    if (!this.#budget.take(peerId, text.length)) return;
    let frame: PeerFrame | null;
    try {
      frame = parsePeerFrame(text);
    } catch {
      // Drops a peer's broken frame: messages are sent again, or come through the node.
      return;
    }
    if (frame === null) return;
    // The sender is the peer at the other end of this path, whatever the frame claims.
    const handlers: FrameHandlers = {
      chat: ({ payload: { timestamp: _claimed, ...payload } }) => {
        this.#accept(peerId, payload);
        // A known message is confirmed too: its author sends it again until a receipt arrives. A message that
        // is not shown, because another one has its id, is not confirmed.
        if (this.#conversation.shows(peerId, payload)) this.#receipts.add(peerId, payload.id);
      },
      receipt: ({ payload }) => this.#delivered(peerId, payload.ids),
      typing: ({ payload }) => this.#roster.setTyping(peerId, payload.typing),
      // Ignores a question that the peer passes on for another peer.
      prove: ({ peer_id, payload }) => peer_id === peerId && this.#presence.asked(peerId, payload),
      ping: (ping) => this.#mesh?.onPing(peerId, ping),
      pong: (pong) => this.#mesh?.onPing(peerId, pong),
    };
    this.#dispatch(frame, handlers);
  }

  #onMesh(peerId: PeerId, change: "opened" | "closed" | "far" | "path"): void {
    this.#roster.refresh(peerId);
    this.#presence.pathChanged(peerId);
    this.#noteAnswering(peerId);
    if (change === "far" && !this.#isReachable(peerId)) this.#outbox.letGo(peerId);
    if (change !== "opened") return;
    for (const message of this.#outbox.messages) this.#sendDirectly(message, [peerId]);
  }

  /** Notes whether the direct path answers. On a change, repeats receipts that a dead path may have lost. */
  #noteAnswering(peerId: PeerId): void {
    const isAnswering = this.#isAnswering(peerId);
    if (isAnswering === this.#answering.has(peerId)) return;
    if (isAnswering) this.#answering.add(peerId);
    else this.#answering.delete(peerId);
    this.#receipts.repeat(peerId);
  }

  // Messages

  #accept(peerId: PeerId, message: Omit<PeerFrameOf<"chat">["payload"], "prev">): void {
    if (message.timestamp !== undefined) this.#forgetStored(peerId, message);
    if (!this.#conversation.accept(peerId, message)) return;
    this.#roster.setTyping(peerId, false);
    this.#confirm(peerId, message.id);
  }

  #onPage(messages: readonly StoredMessage[], { isFirst }: { isFirst: boolean }): void {
    for (const message of messages) this.#forgetStored(message.peer_id, message);
    const fresh = this.#conversation.acceptPage(messages);
    // Messages from before we came had another audience.
    if (!isFirst) { for (const { peer_id, id } of fresh) this.#confirm(peer_id, id); }
  }

  /** Drops an own message that is stored. The same id with another author or text is another message. */
  #forgetStored(author: PeerId, { id, text }: Pick<StoredMessage, "id" | "text">): void {
    const isOwn = this.#outbox.textOf(id) === text && this.#identity.wasOwn(author);
    if (isOwn) this.#outbox.stored(id);
  }

  /**
   * The room has another message under the id of a waiting message: a peer that saw it took the id. After
   * `CONFLICT_MS` the waiting message goes out under a new id, unless the room's message arrives first and is
   * the very same: then a copy of this tab has sent it.
   */
  #onConflict(id: MessageId, error: ErrorBody): void {
    if (this.#conflicts.has(id)) return;
    const cancel = this.#clock.after(CONFLICT_MS, () => {
      this.#conflicts.delete(id);
      if (!this.#outbox.has(id)) return;
      const renamed = this.#outbox.rename(id, uuidv7() as MessageId);
      if (renamed === null) return this.#fail(id, error);
      const { message, audience } = renamed;
      this.#conversation.rename(id, { fresh: message.id, audience });
      // A storing node gets it first: a peer that takes ids then learns the new id too late.
      if (!this.#rules.throughNode) this.#sendDirectly(message);
    });
    this.#conflicts.set(id, cancel);
  }

  #fail(id: MessageId, error: ErrorBody): void {
    this.#outbox.failed(id);
    this.#conversation.failed(id, error);
  }

  /** Sends a receipt to an author that is present. */
  #confirm(author: PeerId, id: MessageId): void {
    if (this.#roster.has(author)) this.#receipts.add(author, id);
  }

  #delivered(peerId: PeerId, ids: readonly MessageId[]): void {
    this.#conversation.delivered(peerId, ids);
    this.#outbox.delivered(peerId, ids);
  }

  #stored(id: MessageId, timestamp: number): void {
    this.#outbox.stored(id);
    this.#conversation.stored(id, timestamp);
  }

  /** Offers a message to the peers that have not confirmed it; returns the peers whose path accepted it. */
  #sendDirectly(message: Outgoing, peerIds: readonly PeerId[] = this.#roster.ids): PeerId[] {
    const mesh = this.#mesh;
    const missing = peerIds.filter((peerId) => this.#outbox.isFor(message.id, peerId));
    if (mesh === null || missing.length === 0) return [];
    const text = encodeFrame({ type: "chat", peer_id: this.peerId, payload: message });
    return missing.filter((peerId) => mesh.send(peerId, text));
  }

  /** Sends a frame on the best path to one peer. */
  #sendTo(peerId: PeerId, frame: MemberFrame & { target_peer_id?: PeerId | undefined }): void {
    const direct = JSON.stringify({ ...frame, peer_id: this.peerId });
    if (this.#isAnswering(peerId) && this.#mesh?.send(peerId, direct)) return;
    this.#uplink.send(frame);
  }

  // Events

  #emit(event: SessionEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  #dispatch(frame: PeerFrame, handlers: FrameHandlers): void {
    (handlers[frame.type] as ((frame: PeerFrame) => void) | undefined)?.(frame);
  }

  /**
   * Whether a WebRTC connection to the node is worth its cost: when the uplink is polling, or when a peer can
   * be reached only through the node. Otherwise the stream to the node and the datagrams to the peers are two
   * kinds of path, which seldom fail together.
   */
  #wantsDatagrams(): boolean {
    return this.uplink.tier === "http-polling" ||
      this.peers.some(({ path: { tier, reason } }) =>
        (tier === "websocket" || tier === "http-polling") && reason !== "connecting"
      );
  }

  #joinTarget(): JoinTarget {
    return {
      nodeUrl: this.#options.nodeUrl,
      room: this.room,
      peerId: this.peerId,
      name: this.name,
      token: this.#identity.token,
      instance: this.#instance,
      strategy: this.#options.strategy ?? undefined,
      hasWebRtc: this.#options.platform.createLink !== null,
    };
  }
}

/** Makes a session; nothing happens on the network before `join`. */
export function createSession(options: SessionOptions): Session {
  return new Session(options);
}
