/**
 * The direct paths of one session: one connection to each peer that carries frames, and at times a
 * second one that is being made beside it. The mesh decides which side offers and when, tries again,
 * probes open connections, and assigns signals to connections. `createLink` makes the links; `tries.ts`
 * says when to try.
 *
 * Long because trying, waiting, restarting and giving up are one state machine, kept in one place to
 * read.
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
import { IN_USE_MS, PathMeter } from "../path.ts";
import type { CreatePeerLink } from "./peer_link.ts";
import {
  encodeFrame,
  type IceServer,
  type MemberFrame,
  type PeerFrameOf,
  type PeerId,
  type PeerInfo,
  type Tier,
} from "../protocol/mod.ts";
import { linkPolicy, type MeshPolicy, saysThroughNode } from "./strategy.ts";
import type { Clock, PathState } from "../transport.ts";
import type { PathReason } from "../view.ts";

/** The newcomer offers. A resident steps in when no offer came within this time (it was lost). */
const RESIDENT_OFFER_DELAY_MS = 3_000;
/** Crossing offers are made within one round trip. A later remote offer says that ours was lost. */
const GLARE_MS = 1_500;
/** Probe interval of a path that is in use: three missed probes are noticed within a second. */
export const PROBE_INTERVAL_MS = 250;
const METER = { intervalMs: PROBE_INTERVAL_MS, maxMissed: 3 } as const;
/** Delay before a lost connection is made again: its peer may just be leaving. */
const REOPEN_DELAY_MS = 300;
/** A replaced connection stays open for this long, as frames sent on it before still arrive. */
const RETIRE_MS = 1_000;
/**
 * Missed probes before ICE is restarted (2 s), before a second connection is tried (4 s), and before
 * the first one is given up (10 s).
 */
const RESTART_AFTER_MISSED = 8;
const BESIDE_AFTER_MISSED = 16;
const REPLACE_AFTER_MISSED = 40;

export interface MeshHandlers {
  /** Sends a signaling frame to its target, through the node. */
  sendSignal(frame: MemberFrame): void;
  /** A frame that came directly from `peerId`; `text` is not parsed yet. */
  onFrame(peerId: PeerId, text: string): void;
  /**
   * The direct path to `peerId` opened or closed, was given up because other peers are nearer now
   * (`far`), or changed in any other way (`path`): it came alive, went dead, was measured, is being
   * tried.
   */
  onChange(peerId: PeerId, change: "opened" | "closed" | "far" | "path"): void;
}

export interface MeshOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly createLink: CreatePeerLink;
  /** The policy of our strategy; `off` is no mesh at all. */
  readonly policy: () => Exclude<MeshPolicy, "off">;
  /** Whether our messages go over direct paths alone, so that the mesh connects to more peers. */
  readonly isDirectOnly: () => boolean;
  /** Whether the node no longer knows a peer, so that only its direct path reaches it. */
  readonly isAbsent: (peerId: PeerId) => boolean;
  /** This page's instance; see `descriptionPayload`. */
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

  /** Brings the mesh in line with a `welcome`: offers to every near peer without a working connection. */
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
      // An unanswered offer may be lost with the previous connection to the node.
      const isUnanswered = entry.attempt?.offeredAtMs != null && entry.attempt.remoteId === null;
      if (entry.isNear && (isUnanswered || !isWell(entry.carrier))) this.#connect(entry);
    }
  }

  /** Adds a peer that came or reloaded. The peer will offer; this side does when no offer comes. */
  add(peer: PeerInfo): void {
    this.#admit(peer);
    this.#settle((entry) => {
      this.#schedule(entry, RESIDENT_OFFER_DELAY_MS, () => this.#connect(entry));
      this.#options.handlers.onChange(entry.info.peer_id, "path");
    });
  }

  /** Sets the servers for connections made from now on: credentials were renewed. */
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

  /** Moves a connected peer to the id `to`, which no peer has yet. */
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
    const own = this.#options.policy();
    const why = failureReason({ own, policy, servers: this.#iceServers, peer, gathered });
    // Reasons that a new try can't change are told at once.
    const isHopeless = why === "relay-only" || why === "peer-relay-only";
    return !isHopeless && entry.tries.isConnecting(this.#options.clock.now()) ? "connecting" : why;
  }

  /** Handles a probe, or an answer to one, that came directly from `peerId`. */
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

  /** Handles a change of the network: tries anew at once, beside a connection that may still work. */
  networkChanged(): void {
    for (const entry of this.#entries.values()) {
      entry.tries.networkChanged(this.#options.clock.now());
      if (!entry.isNear) continue;
      // If this probe has no answer when a new connection opens, the old one is lost.
      if (entry.carrier?.meter.isWaiting === false) this.#ping(entry.carrier);
      this.#connect(entry);
    }
  }

  close(): void {
    this.#cancelProbe();
    for (const entry of this.#entries.values()) this.#drop(entry);
    this.#entries.clear();
  }

  /** Updates which peers are near: drops peers that no longer are, and calls `meet` for each new one. */
  #settle(meet: (entry: Entry) => void): void {
    const { isAbsent } = this.#options;
    const isDirectOnly = this.#options.isDirectOnly();
    // Absent peers are near without a place on the ring, so none of them takes another's place.
    const present = [...this.#entries.keys()].filter((peerId) => !isAbsent(peerId));
    const nearest = neighbours(this.#self, present, DIRECT_ONLY_LIMIT);
    const [near, reach] = [new Set(nearest.slice(0, MESH_LIMIT)), new Set(nearest)];
    for (const [peerId, entry] of this.#entries) {
      const wasNear = entry.isNear;
      const hasOtherWay = !isDirectOnly && saysThroughNode(entry.info.strategy);
      entry.isNear = isAbsent(peerId) || (hasOtherWay ? near : reach).has(peerId);
      if (entry.isNear && !wasNear) meet(entry);
      if (entry.isNear || !wasNear) continue;
      this.#drop(entry);
      this.#options.handlers.onChange(peerId, "far");
    }
  }

  /** Makes the entry of a peer, or a new one when it reloaded; none if it can't connect directly. */
  #admit(info: PeerInfo): void {
    const known = this.#entries.get(info.peer_id);
    const canConnect = info.instance !== "" && info.webrtc !== false;
    const policy = canConnect ? linkPolicy(this.#options.policy(), info.strategy) : null;
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

  /**
   * Returns the connection that an offer is for: an open one that it renegotiates, or a new one. Null
   * when the offer is ignored.
   */
  #offered(entry: Entry, { from, to }: Ends): Connection | null {
    if (to !== undefined && to !== this.#options.instance) return renegotiated(entry, { from, to });
    // The node repeats frames to a member that comes back, so this may be an old offer.
    const count = Number(from?.split(".").at(-1));
    if (count <= entry.newestOffer) return null;
    // Both ends compute the same neighbours. A crowd that ignores them must not connect to us.
    if (!entry.isNear) return null;
    entry.newestOffer = count;
    const { attempt } = entry;
    // We are impolite, and our own offer awaits its answer: the remote offer is ignored. If it came too
    // late for a crossing offer, ours was lost and is made again.
    if (attempt?.offeredAtMs != null && attempt.remoteId === null && !this.#isPolite(entry)) {
      const ageMs = this.#options.clock.now() - attempt.offeredAtMs;
      if (ageMs > GLARE_MS) this.#connect(entry);
      else this.#schedule(entry, GLARE_MS - ageMs, () => this.#answerDue(entry, attempt));
      return null;
    }
    if (!takesOffer(entry, this.#options.clock.now())) return null;
    // The remote peer gave up its last attempt, or we are polite and our offer gives way. A new
    // connection costs no more than a rollback, which not every implementation supports.
    this.#dropAttempt(entry);
    return this.#open(entry, { remoteId: from ?? null, offeredAtMs: null });
  }

  /** Checks `attempt`, for which the remote offer was ignored: its answer must be here by now. */
  #answerDue(entry: Entry, attempt: Connection): void {
    if (attempt.remoteId === null) return this.#connect(entry);
    const timeoutMs = entry.tries.timeoutMs(this.#options.clock.now());
    this.#schedule(entry, timeoutMs, () => this.#failed(entry));
  }

  #isPolite(entry: Entry): boolean {
    return this.#self < entry.info.peer_id;
  }

  /** Starts our own attempt, beside the active connection. */
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
        // A relayed connection works already: only a direct one is of use.
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

  /** Handles a connection that opened, or took another route. */
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

  /** Makes `connection` the active one; the first frame on it tells the remote peer. */
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

  /** Handles the loss of the active connection: another one takes over, or is made soon. */
  #lost(entry: Entry): void {
    const { handlers } = this.#options;
    const { attempt, carrier } = entry;
    // Otherwise `#mend` noted the break when the probes were missed.
    if (carrier !== null && carrier.meter.missed < RESTART_AFTER_MISSED) this.#broke(entry);
    carrier?.link.close();
    entry.carrier = null;
    if (attempt !== null && attempt.tier !== null) return this.#promote(entry, attempt);
    handlers.onChange(entry.info.peer_id, "closed");
    // An attempt of the remote peer may still open. Ours may have been made without the relays that are
    // needed now.
    if (attempt !== null && attempt.offeredAtMs === null) return;
    this.#dropAttempt(entry);
    this.#schedule(entry, REOPEN_DELAY_MS * this.#jitter(), () => this.#connect(entry));
  }

  #broke(entry: Entry): void {
    const nowMs = this.#options.clock.now();
    entry.tries.broke(nowMs, { heldMs: nowMs - entry.carriedSinceMs });
  }

  /** Handles a failed attempt. */
  #failed(entry: Entry): void {
    entry.gathered = new Set(entry.attempt?.link.gathered);
    entry.tries.failed();
    this.#dropAttempt(entry);
    this.#plan(entry);
    this.#options.handlers.onChange(entry.info.peer_id, "path");
  }

  /** Plans the next attempt, if it can improve the path. */
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

  /**
   * Whether the active connection is relayed and need not be: a relay may be needed for a moment only.
   */
  #isOnlyRelayed({ carrier, info }: Entry): boolean {
    return isWell(carrier) && carrier.tier === "webrtc-turn" &&
      this.#options.policy() !== "relay" && info.strategy !== "relay-safe";
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

  /** Looks for another route when a connection no longer answers. */
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
