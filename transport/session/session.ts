/**
 * One peer's stay in one room, for a UI: implements `SessionView`, makes the parts and wires them, and owns
 * none of their rules. `Delivery` brings own messages to the peers, `Inbox` takes those that arrive; `Peers`
 * knows who is here, `PeerPaths` how each is reached; the uplink is the connection to the node. `NodeFrames`
 * and `DirectFrames` say what each frame does with them.
 */
import { Delivery } from "./delivery.ts";
import { UserError } from "../errors.ts";
import { Identity } from "./identity.ts";
import { Inbox } from "./inbox.ts";
import { type KeyValueStore, scopedStore } from "../key_value_store.ts";
import { type PathChange, PeerPaths } from "../mesh/peer_paths.ts";
import { StrategyInForce } from "../paths/strategy.ts";
import { Conversation } from "../messages/conversation.ts";
import { DeliveryRecords } from "../messages/delivery_records.ts";
import { NodeFrames } from "./node_frames.ts";
import { DirectFrames } from "./direct_frames.ts";
import type { SessionOptions } from "../platform.ts";
import { Peers } from "../presence/peers.ts";
import {
  type MemberFrame,
  type MessageId,
  type PeerId,
  type RoomName,
  type Strategy,
  textProblem,
  type Welcome,
} from "../protocol/mod.ts";
import { randomHex } from "../random_ids.ts";
import { TypingSignal } from "./typing_signal.ts";
import type { JoinTarget } from "../uplink/join.ts";
import { Uplink } from "../uplink/uplink.ts";
import type { ChatMessage, PeerView, SessionEvent, SessionView, UplinkView } from "../view.ts";

export class Session implements SessionView {
  readonly room: RoomName;
  #name: string;
  readonly #options: SessionOptions;
  readonly #instance = randomHex(8);
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  readonly #identity: Identity;
  readonly #strategy: StrategyInForce;
  readonly #uplink: Uplink;
  readonly #paths: PeerPaths;
  readonly #peers: Peers;
  readonly #conversation: Conversation;
  readonly #delivery: Delivery;
  readonly #inbox: Inbox;
  readonly #nodeFrames: NodeFrames;
  readonly #directFrames: DirectFrames;
  readonly #typing: TypingSignal;

  constructor(options: SessionOptions) {
    const { room, platform: { tab, device } } = options;
    this.room = room;
    this.#name = options.name;
    this.#options = options;
    const stores = {
      tab: scopedStore(tab, `room:${room}:`),
      device: scopedStore(device, `room:${room}:`),
    };
    this.#identity = new Identity(stores, options.peerId);
    this.#strategy = new StrategyInForce({
      chosen: options.strategy ?? null,
      expected: options.expectedStrategy ?? "auto",
    });
    this.#conversation = this.#createConversation();
    this.#uplink = this.#createUplink();
    this.#paths = this.#createPaths();
    this.#peers = this.#createPeers();
    this.#delivery = this.#createDelivery(stores.tab);
    this.#inbox = this.#createInbox();
    this.#nodeFrames = this.#createNodeFrames();
    this.#directFrames = this.#createDirectFrames();
    this.#typing = new TypingSignal(options.platform.clock, (typing) => this.#sendTyping(typing));
    this.#delivery.showWaiting();
  }

  get strategy(): Strategy {
    return this.#strategy.current;
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
    return this.#inbox.hasOlder;
  }

  get peers(): readonly PeerView[] {
    return this.#peers.views;
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
    const id = this.#delivery.send(text, this.name);
    this.#typing.reset();
    return id;
  }

  retry(id: MessageId): void {
    this.#delivery.retry(id);
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
    return this.#inbox.loadOlder(signal);
  }

  trim(): void {
    this.#conversation.trim();
  }

  reconnect(): void {
    this.#uplink.networkChanged();
    this.#paths.networkChanged();
  }

  /** Tests the connection when the user looks again: timers may have slept, the network may be gone. */
  wake(): void {
    this.#uplink.check();
  }

  leave(): void {
    // The last receipts go out over the direct paths, as far as a closing channel still sends them.
    this.#inbox.close();
    this.#paths.close();
    this.#delivery.close();
    this.#peers.close();
    this.#uplink.close();
  }

  // Changes that concern several parts, in their order

  #onWelcome(welcome: Welcome): void {
    this.#identity.held();
    this.#paths.follow(welcome.strategy ?? "auto");
    this.#peers.welcome(welcome);
    this.#inbox.welcome(welcome.latest);
    this.#delivery.welcome();
    this.#peers.answerAsked();
    this.#delivery.resend();
    this.#inbox.repeatReceipts();
  }

  #onUplink(view: UplinkView): void {
    this.#emit({ type: "uplink", uplink: view });
    this.#peers.uplinkChanged();
  }

  #onPath(peerId: PeerId, change: PathChange): void {
    this.#peers.pathChanged(peerId);
    this.#inbox.pathChanged(peerId);
    this.#delivery.pathChanged(peerId, change);
  }

  #onMoved(from: PeerId, to: PeerId): void {
    this.#directFrames.forget(from);
    this.#delivery.movePeer(from, to);
    this.#inbox.movePeer(from, to);
  }

  #onGone(peerId: PeerId): void {
    this.#directFrames.forget(peerId);
    this.#delivery.gone(peerId);
    this.#inbox.gone(peerId);
  }

  #sendTyping(typing: boolean): void {
    for (const peerId of this.#peers.ids) {
      // Peers that the message can't reach are not told that it is being typed.
      if (!this.#paths.isReached(peerId)) continue;
      this.#paths.sendTo(peerId, { type: "typing", target_peer_id: peerId, payload: { typing } });
    }
  }

  readonly #emit = (event: SessionEvent): void => {
    for (const listener of [...this.#listeners]) listener(event);
  };

  readonly #sendToNode = (frame: MemberFrame): boolean => this.#uplink.send(frame);

  // Wiring

  #createConversation(): Conversation {
    return new Conversation({
      isOwn: (id) => this.#identity.isOwn(id),
      emit: this.#emit,
      onEvicted: () => this.#inbox.evicted(),
      deliveries: new DeliveryRecords(this.#options.platform.device, this.room),
    });
  }

  #createUplink(): Uplink {
    const { clock, random, uplinks } = this.#options.platform;
    return new Uplink({
      clock,
      random,
      transports: () => uplinks.filter(({ tier }) => this.#strategy.rules.uplinks.includes(tier)),
      wantsNegotiated: () => this.#wantsDatagrams(),
      target: () => this.#joinTarget(),
      handlers: {
        onWelcome: (welcome) => this.#onWelcome(welcome),
        onFrame: (frame) => this.#nodeFrames.handle(frame),
        onChange: (view) => this.#onUplink(view),
        onReplaced: () => this.#identity.renew(),
        onTaken: (peerId) => this.#identity.giveUp(peerId),
      },
    });
  }

  #createPaths(): PeerPaths {
    const { nodeUrl, platform: { clock, random, createConnection } } = this.#options;
    return new PeerPaths({
      clock,
      random,
      createConnection,
      nodeUrl,
      instance: this.#instance,
      strategy: this.#strategy,
      self: () => this.peerId,
      isAbsent: (peerId) => this.#peers.isAbsent(peerId),
      sendToNode: this.#sendToNode,
      handlers: {
        onFrame: (peerId, text) => this.#directFrames.handle(peerId, text),
        onChange: (peerId, change) => this.#onPath(peerId, change),
        onStrategy: (strategy) => this.#emit({ type: "strategy", strategy }),
      },
    });
  }

  #createPeers(): Peers {
    return new Peers({
      clock: this.#options.platform.clock,
      strategy: this.#strategy,
      paths: this.#paths,
      uplink: () => this.uplink,
      sendToNode: this.#sendToNode,
      self: () => this.peerId,
      isOwn: (peerId) => this.#identity.isOwn(peerId),
      emit: this.#emit,
      handlers: {
        onAdmitted: (peerId) => this.#delivery.letGoIfUnreachable(peerId),
        onMoved: (from, to) => this.#onMoved(from, to),
        onGone: (peerId) => this.#onGone(peerId),
      },
    });
  }

  #createDelivery(store: KeyValueStore): Delivery {
    return new Delivery({
      clock: this.#options.platform.clock,
      store,
      identity: this.#identity,
      strategy: this.#strategy,
      paths: this.#paths,
      peers: this.#peers,
      conversation: this.#conversation,
      sendToNode: this.#sendToNode,
      onLate: () => this.#uplink.suspect(),
    });
  }

  #createInbox(): Inbox {
    return new Inbox({
      clock: this.#options.platform.clock,
      paths: this.#paths,
      peers: this.#peers,
      conversation: this.#conversation,
      delivery: this.#delivery,
      sendToNode: this.#sendToNode,
    });
  }

  #createNodeFrames(): NodeFrames {
    return new NodeFrames({
      strategy: this.#strategy,
      paths: this.#paths,
      peers: this.#peers,
      inbox: this.#inbox,
      delivery: this.#delivery,
      emit: this.#emit,
    });
  }

  #createDirectFrames(): DirectFrames {
    return new DirectFrames({
      clock: this.#options.platform.clock,
      paths: this.#paths,
      peers: this.#peers,
      inbox: this.#inbox,
      delivery: this.#delivery,
    });
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
      hasWebRtc: this.#options.platform.createConnection !== null,
    };
  }
}

/** Makes a session; nothing happens on the network before `join`. */
export function createSession(options: SessionOptions): Session {
  return new Session(options);
}
