/**
 * The direct paths of one session: to each peer one connection that carries frames, and at times a
 * second one that is being made beside it. Decides who offers when, tries again, probes what is open,
 * and ties signals to connections. What a link is made of is `createLink`'s, when to try is `tries.ts`'.
 *
 * Long because when to try, wait, restart and let go is one state machine, kept in one place to read.
 */
import { allowedServers, failureReason } from "./ice_servers.ts";
import {
  addressed,
  type Connection,
  type Ends,
  type Entry,
  isBetter,
  isOpen,
  isWell,
  newEntry,
  renegotiated,
  signalFrame,
  signalOf,
  takesOffer,
} from "./mesh_entry.ts";
import { DIRECT_ONLY_LIMIT, MESH_LIMIT, neighbours } from "./neighbours.ts";
import { IN_USE_MS, PathMeter } from "./path.ts";
import type { CreatePeerLink } from "./peer_link.ts";
import {
  encodeFrame,
  type IceServer,
  type MemberFrame,
  type PeerFrameOf,
  type PeerId,
  type PeerInfo,
  type Tier,
} from "./protocol.ts";
import { linkPolicy, type MeshPolicy, saysThroughNode } from "./strategy.ts";
import type { Clock, PathState } from "./transport.ts";
import type { PathReason } from "./view.ts";

/** The newcomer offers; who was there steps in when no offer came within this (it was lost). */
const RESIDENT_OFFER_DELAY_MS = 3_000;
/** Offers that cross were made within a round trip; a later one says that ours never arrived. */
const GLARE_MS = 1_500;
/** Probes of a path that is in use: three missed ones are noticed within a second. */
export const PROBE_INTERVAL_MS = 250;
const METER = { intervalMs: PROBE_INTERVAL_MS, maxMissed: 3 } as const;
/** Before a link that had worked is made anew: its peer may just be leaving. */
const REOPEN_DELAY_MS = 300;
/** Of a connection that another took over from: what was sent on it before still arrives. */
const RETIRE_MS = 1_000;
/** Probes missed before ICE is restarted (2 s), before a second connection is tried, and the first given up. */
const RESTART_AFTER_MISSED = 8;
const BESIDE_AFTER_MISSED = 16;
const REPLACE_AFTER_MISSED = 40;

export interface MeshHandlers {
  /** Carries a frame of signaling to its target, through the node. */
  sendSignal(frame: MemberFrame): void;
  /** A frame that came directly from `peerId`; `text` is not parsed yet. */
  onFrame(peerId: PeerId, text: string): void;
  /**
   * The direct path to `peerId` opened or closed, was given up as others are nearer now (`far`), or
   * changed in any other way: came alive, went dead, was measured, is being tried.
   */
  onChange(peerId: PeerId, change: "opened" | "closed" | "far" | "path"): void;
}

export interface MeshOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly createLink: CreatePeerLink;
  /** What our strategy allows; `off` is no mesh at all. */
  readonly policy: Exclude<MeshPolicy, "off">;
  /** Whether what we say goes nowhere else, so that as many as can be have to be near. */
  readonly isOnlyWay: boolean;
  /** Whether the node does not know a peer any more, so that nothing but its direct path reaches it. */
  readonly isAbsent: (peerId: PeerId) => boolean;
  /** This page's; see `descriptionPayload`. */
  readonly instance: string;
  readonly handlers: MeshHandlers;
}

export class Mesh {
  readonly #options: MeshOptions;
  readonly #entries = new Map<PeerId, Entry>();
  #self: PeerId;
  #iceServers: readonly IceServer[] = [];
  #connectionCount = 0;
  #cancelProbe: () => void;

  constructor(self: PeerId, options: MeshOptions) {
    this.#self = self;
    this.#options = options;
    this.#cancelProbe = options.clock.after(PROBE_INTERVAL_MS, () => this.#probe());
  }

  /** Brings the mesh in line with a `welcome`: offers to everyone that no connection reaches. */
  welcome(self: PeerId, peers: readonly PeerInfo[], iceServers: readonly IceServer[]): void {
    this.#self = self;
    this.#iceServers = iceServers;
    const present = new Set(peers.map((peer) => peer.peer_id));
    for (const peerId of [...this.#entries.keys()]) {
      if (!present.has(peerId)) this.#forget(peerId);
    }
    for (const peer of peers) this.#admit(peer);
    this.#settle(() => {});
    for (const entry of this.#entries.values()) {
      // An offer that has no answer yet may be lost with the connection to the node before this one.
      const isUnanswered = entry.attempt?.offeredAtMs != null && entry.attempt.remoteId === null;
      if (entry.isNear && (isUnanswered || !isWell(entry.carrier))) this.#connect(entry);
    }
  }

  /** A peer came or reloaded: it will offer; we do when it doesn't. */
  add(peer: PeerInfo): void {
    this.#admit(peer);
    this.#settle((entry) => {
      this.#schedule(entry, RESIDENT_OFFER_DELAY_MS, () => this.#connect(entry));
      this.#options.handlers.onChange(entry.info.peer_id, "path");
    });
  }

  /** For connections made from now on: credentials were renewed. */
  setIceServers(iceServers: readonly IceServer[]): void {
    this.#iceServers = iceServers;
  }

  remove(peerId: PeerId): void {
    this.#forget(peerId);
    this.#settle((entry) => {
      this.#connect(entry);
      this.#options.handlers.onChange(entry.info.peer_id, "path");
    });
  }

  /** A connected peer goes on under `to`; nobody is known under that id. */
  move(from: PeerId, to: PeerId): void {
    const entry = this.#entries.get(from);
    if (entry === undefined) return;
    entry.info = { ...entry.info, peer_id: to };
    this.#entries.delete(from);
    this.#entries.set(to, entry);
  }

  /** Takes an `offer`, `answer` or `ice` frame that the node passed on. */
  onSignal(frame: PeerFrameOf<"offer" | "answer" | "ice">): void {
    const entry = this.#entries.get(frame.peer_id);
    if (entry === undefined) return;
    const { from } = frame.payload;
    const connection = frame.type === "offer"
      ? this.#offered(entry, frame.payload)
      : addressed(entry, { ...frame.payload, instance: this.#options.instance });
    if (frame.type === "answer" && connection !== null) connection.remoteId ??= from ?? null;
    connection?.link.signal(signalOf(frame));
  }

  /** Sends one frame directly. False when there is no open path. */
  send(peerId: PeerId, text: string): boolean {
    const entry = this.#entries.get(peerId);
    if (entry?.carrier?.link.send(text) !== true) return false;
    entry.inUseUntilMs = this.#options.clock.now() + IN_USE_MS;
    return true;
  }

  /** The direct path to a peer; null when none is open. */
  path(peerId: PeerId): PathState | null {
    const carrier = this.#entries.get(peerId)?.carrier;
    if (carrier?.tier == null || !isOpen(carrier)) return null;
    return { tier: carrier.tier, isAlive: carrier.meter.isAlive, rttMs: carrier.meter.rttMs };
  }

  /** Why there is no direct path to a peer; null when there is one. */
  reason(peerId: PeerId): PathReason | null {
    const entry = this.#entries.get(peerId);
    if (entry === undefined) return "peer-has-no-webrtc";
    if (isWell(entry.carrier)) return null;
    if (!entry.isNear) return "mesh-full";
    const { info: peer, policy, gathered } = entry;
    const own = this.#options.policy;
    const why = failureReason({ own, policy, servers: this.#iceServers, peer, gathered });
    // What trying can't change is told at once.
    const isHopeless = why === "relay-only" || why === "peer-relay-only";
    return !isHopeless && entry.tries.isConnecting(this.#options.clock.now()) ? "connecting" : why;
  }

  /** A probe or its answer came directly from `peerId`. */
  onPing(peerId: PeerId, frame: PeerFrameOf<"ping" | "pong">): void {
    const entry = this.#entries.get(peerId);
    if (entry === undefined) return;
    const t = frame.payload?.t;
    if (frame.type === "ping") {
      entry.carrier?.link.send(
        encodeFrame({ type: "pong", payload: t === undefined ? {} : { t } }),
      );
      return;
    }
    if (t === undefined) return;
    entry.carrier?.meter.answered(this.#options.clock.now() - t);
    this.#options.handlers.onChange(peerId, "path");
  }

  /** The network changed: tries anew at once, beside what is open and may go on. */
  networkChanged(): void {
    for (const entry of this.#entries.values()) {
      entry.tries.networkChanged(this.#options.clock.now());
      if (!entry.isNear) continue;
      // What does not answer by the time that another one stands has gone with the old network.
      if (entry.carrier?.meter.isWaiting === false) this.#ping(entry.carrier);
      this.#connect(entry);
    }
  }

  close(): void {
    this.#cancelProbe();
    for (const entry of this.#entries.values()) this.#drop(entry);
    this.#entries.clear();
  }

  /** Who is near may have changed: lets go of who isn't any more, and calls `meet` for who is now. */
  #settle(meet: (entry: Entry) => void): void {
    const { isOnlyWay, isAbsent } = this.#options;
    // Absent peers are beside them: whoever loses the node takes nobody's place on the ring.
    const present = [...this.#entries.keys()].filter((peerId) => !isAbsent(peerId));
    const nearest = neighbours(this.#self, present, DIRECT_ONLY_LIMIT);
    const [near, reach] = [new Set(nearest.slice(0, MESH_LIMIT)), new Set(nearest)];
    for (const [peerId, entry] of this.#entries) {
      const wasNear = entry.isNear;
      const hasOtherWay = !isOnlyWay && saysThroughNode(entry.info.strategy);
      entry.isNear = isAbsent(peerId) || (hasOtherWay ? near : reach).has(peerId);
      if (entry.isNear && !wasNear) meet(entry);
      if (entry.isNear || !wasNear) continue;
      this.#drop(entry);
      this.#options.handlers.onChange(peerId, "far");
    }
  }

  /** Makes the entry of a peer, anew when it reloaded; none for peers that can't connect directly. */
  #admit(info: PeerInfo): void {
    const known = this.#entries.get(info.peer_id);
    const canConnect = info.instance !== "" && info.webrtc !== false;
    const policy = canConnect ? linkPolicy(this.#options.policy, info.strategy) : null;
    if (policy !== null && known?.info.instance === info.instance) {
      known.info = info;
      known.policy = policy;
      return;
    }
    this.#forget(info.peer_id);
    if (policy !== null) this.#entries.set(info.peer_id, newEntry(info, policy));
  }

  #forget(peerId: PeerId): void {
    const entry = this.#entries.get(peerId);
    if (entry === undefined) return;
    this.#entries.delete(peerId);
    this.#drop(entry);
    this.#options.handlers.onChange(peerId, "closed");
  }

  /** The connection that an offer is for: one that it negotiates anew, or else a new one. */
  #offered(entry: Entry, { from, to }: Ends): Connection | null {
    if (to !== undefined && to !== this.#options.instance) return renegotiated(entry, { from, to });
    // The node tells a member that comes back what it may have missed, which may be old news.
    const count = Number(from?.split(".").at(-1));
    if (count <= entry.newestOffer) return null;
    // Both ends come to the same answer who is near; a crowd must not connect to us by its own.
    if (!entry.isNear) return null;
    entry.newestOffer = count;
    const { attempt } = entry;
    // Ours waits for the answer to its own offer, and will ignore theirs: unless that was lost.
    if (attempt?.offeredAtMs != null && attempt.remoteId === null && !this.#isPolite(entry)) {
      const ageMs = this.#options.clock.now() - attempt.offeredAtMs;
      if (ageMs > GLARE_MS) this.#connect(entry);
      else this.#schedule(entry, GLARE_MS - ageMs, () => this.#answerDue(entry, attempt));
      return null;
    }
    if (!takesOffer(entry, this.#options.clock.now())) return null;
    // They have given their last one up; or ours has an offer out that gives way. A fresh one costs
    // no more than a rollback, which not every implementation knows.
    this.#dropAttempt(entry);
    return this.#open(entry, { remoteId: from ?? null, offeredAtMs: null });
  }

  /** The other side's offer was ignored for `attempt`, which must have its answer by now. */
  #answerDue(entry: Entry, attempt: Connection): void {
    if (attempt.remoteId === null) return this.#connect(entry);
    const timeoutMs = entry.tries.timeoutMs(this.#options.clock.now());
    this.#schedule(entry, timeoutMs, () => this.#failed(entry));
  }

  #isPolite(entry: Entry): boolean {
    return this.#self < entry.info.peer_id;
  }

  /** Starts a try of our own, beside the active connection. */
  #connect(entry: Entry): void {
    this.#dropAttempt(entry);
    const offeredAtMs = this.#options.clock.now();
    this.#open(entry, { remoteId: null, offeredAtMs }).link.offer();
  }

  #open(
    entry: Entry,
    { remoteId, offeredAtMs }: Pick<Connection, "remoteId" | "offeredAtMs">,
  ): Connection {
    const { createLink, instance, clock, handlers } = this.#options;
    const { policy } = entry;
    const isLook = this.#isOnlyRelayed(entry) && entry.carrier?.meter.isWaiting === false;
    const connection: Connection = {
      localId: `${instance}.${++this.#connectionCount}`,
      remoteId,
      offeredAtMs,
      meter: new PathMeter(METER),
      tier: null,
      isChosen: false,
      link: createLink({
        isPolite: this.#isPolite(entry),
        // A relay that answers is there already: only what is better is of use.
        iceServers: allowedServers(this.#iceServers, isLook ? "direct" : policy),
        isRelayOnly: policy === "relay",
      }, {
        onSignal: (signal) => handlers.sendSignal(signalFrame(entry, { connection, signal })),
        onOpen: (tier) => this.#opened(entry, { connection, tier }),
        onFrame: (text) => this.#heard(entry, { connection, text }),
        onClose: () => this.#closed(entry, connection),
      }),
    };
    entry.attempt = connection;
    this.#schedule(entry, entry.tries.timeoutMs(clock.now()), () => this.#failed(entry));
    return connection;
  }

  /** A connection is open, or took another route. */
  #opened(entry: Entry, { connection, tier }: { connection: Connection; tier: Tier }): void {
    const isNewTier = connection.tier !== tier;
    connection.tier = tier;
    if (connection === entry.carrier) {
      if (isNewTier) this.#plan(entry);
      this.#options.handlers.onChange(entry.info.peer_id, "path");
    } else if (connection === entry.attempt) {
      const isOurs = connection.offeredAtMs !== null;
      const isWanted = isOurs
        ? isBetter(connection, entry.carrier)
        : connection.isChosen || entry.carrier === null;
      if (isWanted) this.#promote(entry, connection);
      else if (isOurs) this.#failed(entry);
    }
  }

  #heard(entry: Entry, { connection, text }: { connection: Connection; text: string }): void {
    connection.meter.heard();
    if (connection === entry.attempt && connection.offeredAtMs === null) {
      connection.isChosen = true;
      if (connection.tier !== null) this.#promote(entry, connection);
    }
    this.#options.handlers.onFrame(entry.info.peer_id, text);
  }

  /** From here on `connection` is active; the first frame on it tells the other side. */
  #promote(entry: Entry, connection: Connection): void {
    const { clock, handlers } = this.#options;
    const { carrier } = entry;
    entry.cancelTimer();
    entry.carrier = connection;
    entry.carriedSinceMs = clock.now();
    entry.attempt = null;
    entry.tries.opened();
    if (carrier !== null) this.#retire(entry, carrier);
    this.#ping(connection);
    this.#plan(entry);
    handlers.onChange(entry.info.peer_id, "opened");
  }

  #retire(entry: Entry, connection: Connection): void {
    entry.cancelRetirement();
    entry.retired?.link.close();
    entry.retired = connection;
    entry.cancelRetirement = this.#options.clock.after(RETIRE_MS, () => {
      entry.retired = null;
      connection.link.close();
    });
  }

  #closed(entry: Entry, connection: Connection): void {
    if (connection === entry.carrier) this.#lost(entry);
    else if (connection === entry.attempt) this.#failed(entry);
  }

  /** The active connection is gone: another one takes over, or is made soon. */
  #lost(entry: Entry): void {
    const { handlers } = this.#options;
    const { attempt, carrier } = entry;
    // Else that was told when its probes were missed.
    if (carrier !== null && carrier.meter.missed < RESTART_AFTER_MISSED) this.#broke(entry);
    carrier?.link.close();
    entry.carrier = null;
    if (attempt !== null && attempt.tier !== null) return this.#promote(entry, attempt);
    handlers.onChange(entry.info.peer_id, "closed");
    // Theirs may still open. Ours may have been made without the relays that are needed now.
    if (attempt !== null && attempt.offeredAtMs === null) return;
    this.#dropAttempt(entry);
    this.#schedule(entry, REOPEN_DELAY_MS * this.#jitter(), () => this.#connect(entry));
  }

  #broke(entry: Entry): void {
    const nowMs = this.#options.clock.now();
    entry.tries.broke(nowMs, { heldMs: nowMs - entry.carriedSinceMs });
  }

  /** A try came to nothing. */
  #failed(entry: Entry): void {
    entry.gathered = new Set(entry.attempt?.link.gathered);
    entry.tries.failed();
    this.#dropAttempt(entry);
    this.#plan(entry);
    this.#options.handlers.onChange(entry.info.peer_id, "path");
  }

  /** Tries again in a while, where there is something to win. */
  #plan(entry: Entry): void {
    if (entry.attempt !== null) return;
    entry.cancelTimer();
    if (!this.#canImprove(entry)) return;
    const pauseMs = entry.tries.pauseMs(this.#options.clock.now());
    this.#schedule(entry, pauseMs * this.#jitter(), () => {
      if (this.#canImprove(entry)) this.#connect(entry);
    });
  }

  #canImprove(entry: Entry): boolean {
    return entry.isNear && (!isWell(entry.carrier) || this.#isOnlyRelayed(entry));
  }

  /** Whether the active connection is relayed, which may have been needed for a moment only. */
  #isOnlyRelayed({ carrier, info }: Entry): boolean {
    return isWell(carrier) && carrier.tier === "webrtc-turn" &&
      this.#options.policy !== "relay" && info.strategy !== "relay-safe";
  }

  #jitter(): number {
    return 0.5 + this.#options.random() / 2;
  }

  #dropAttempt(entry: Entry): void {
    entry.cancelTimer();
    entry.attempt?.link.close();
    entry.attempt = null;
  }

  #drop(entry: Entry): void {
    this.#dropAttempt(entry);
    entry.cancelRetirement();
    for (const connection of [entry.carrier, entry.retired]) connection?.link.close();
    entry.carrier = null;
    entry.retired = null;
  }

  #schedule(entry: Entry, delayMs: number, run: () => void): void {
    entry.cancelTimer();
    entry.cancelTimer = this.#options.clock.after(delayMs, run);
  }

  #probe(): void {
    const { clock, handlers } = this.#options;
    this.#cancelProbe = clock.after(PROBE_INTERVAL_MS, () => this.#probe());
    for (const [peerId, entry] of this.#entries) {
      const { carrier } = entry;
      if (!isOpen(carrier)) continue;
      const isInUse = clock.now() < entry.inUseUntilMs;
      if (!carrier.meter.tick({ isInUse })) continue;
      const wasAlive = carrier.meter.isAlive;
      this.#ping(carrier);
      if (wasAlive !== carrier.meter.isAlive) handlers.onChange(peerId, "path");
      this.#mend(entry, carrier);
    }
  }

  /** Looks for another route for what answers no more. */
  #mend(entry: Entry, { link, meter: { missed } }: Connection): void {
    if (missed >= REPLACE_AFTER_MISSED) return this.#lost(entry);
    if (missed !== RESTART_AFTER_MISSED && missed !== BESIDE_AFTER_MISSED) return;
    if (missed === RESTART_AFTER_MISSED) this.#broke(entry);
    if (missed === RESTART_AFTER_MISSED && link.canRestart) link.offer();
    else if (entry.attempt === null) this.#connect(entry);
  }

  #ping({ meter, link }: Connection): void {
    meter.probed();
    link.send(encodeFrame({ type: "ping", payload: { t: this.#options.clock.now() } }));
  }
}
