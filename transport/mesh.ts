/**
 * The direct paths of one session: one PeerLink a peer. Decides who offers when, tries again, probes
 * what is open, and ties signals to connections. What a link is made of is `createLink`'s.
 *
 * Long because when to try, wait, restart and let go is one state machine, kept in one place to read.
 */
import type { CreatePeerLink, PeerLink, Signal } from "./peer_link.ts";
import { allowedServers, failureReason } from "./ice_servers.ts";
import { neighbours } from "./neighbours.ts";
import { PathMeter } from "./path.ts";
import {
  encodeFrame,
  type IceServer,
  type MemberFrame,
  type PeerFrame,
  type PeerFrameOf,
  type PeerId,
  type PeerInfo,
  type Tier,
} from "./protocol.ts";
import { type MeshPolicy, STRATEGY_RULES } from "./strategy.ts";
import type { Clock, PathState } from "./transport.ts";
import type { PathReason } from "./view.ts";

/** The newcomer offers; who was there steps in when no offer came within this (it was lost). */
const RESIDENT_OFFER_DELAY_MS = 3_000;
/** Offers that cross were made within a round trip; a later one says that ours never arrived. */
const GLARE_MS = 1_500;
/** From the first signal to an open channel; ICE with a slow TURN server takes about half of it. */
const ESTABLISH_TIMEOUT_MS = 15_000;
/** Between tries where none has worked yet, doubling: the networks rarely change. */
const RETRY_MS = { first: 15_000, max: 300_000 } as const;
/** Probes of a path that is in use: three missed ones are noticed within a second. */
export const PROBE_INTERVAL_MS = 250;
const METER = { intervalMs: PROBE_INTERVAL_MS, maxMissed: 3 } as const;
/** A path is in use for so long after a frame; then one probe in so many ticks keeps its NAT open. */
const IN_USE_MS = 5_000;
const IDLE_TICKS = 4;
/**
 * After a link that had worked, the network between the two comes back, mostly: so many tries in quick
 * succession, none of which waits for the slowest server.
 */
const QUICK = { tries: 5, timeoutMs: 4_000, delayMs: 1_000 } as const;
/** Between looks for a direct route while a relay carries the link, doubling up to the last of RETRY. */
const UNRELAY_MS = 20_000;
/** Before a link that had worked is made anew: its peer may just be leaving. */
const REOPEN_DELAY_MS = 300;
/** Probes missed before ICE is restarted (2 s), and before the link is given up and made anew. */
const RESTART_AFTER_MISSED = 8;
const REPLACE_AFTER_MISSED = 40;

export interface MeshHandlers {
  /** Carries a frame of signaling to its target, through the node. */
  sendSignal(frame: MemberFrame): void;
  /** A frame that came directly from `peerId`; `text` is not parsed yet. */
  onFrame(peerId: PeerId, text: string): void;
  /** The direct path to `peerId` opened, closed, came alive, went dead, or was measured. */
  onChange(peerId: PeerId, change: "opened" | "closed" | "path"): void;
}

export interface MeshOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly createLink: CreatePeerLink;
  /** What our strategy allows; `off` is no mesh at all. */
  readonly policy: Exclude<MeshPolicy, "off">;
  /** This page's; see `descriptionPayload`. */
  readonly instance: string;
  readonly handlers: MeshHandlers;
}

/** What is known of one peer's direct connection. */
interface Entry {
  info: PeerInfo;
  /** Whether it is one that we connect to; see `neighbours.ts`. */
  isNear: boolean;
  link: PeerLink | null;
  /** `instance.n` of our connection, and of theirs once it is known. */
  localId: string;
  remoteId: string | null;
  tier: Tier | null;
  meter: PathMeter;
  inUseUntilMs: number;
  /** What the last try that failed had gathered. */
  gathered: ReadonlySet<string>;
  offeredAtMs: number;
  /** Tries in a row that came to nothing. */
  failures: number;
  /** Left of those after a link that had worked. */
  quickTries: number;
  /** Looks for a direct route since the link has been relayed. */
  relayedLooks: number;
  cancelTimer: () => void;
}

export class Mesh {
  readonly #options: MeshOptions;
  readonly #entries = new Map<PeerId, Entry>();
  #self: PeerId;
  #iceServers: readonly IceServer[] = [];
  #connectionCount = 0;
  #ticks = 0;
  #cancelProbe: () => void;

  constructor(self: PeerId, options: MeshOptions) {
    this.#self = self;
    this.#options = options;
    this.#cancelProbe = options.clock.after(PROBE_INTERVAL_MS, () => this.#probe());
  }

  /** Brings the mesh in line with a `welcome`: offers to everyone that has no connection. */
  welcome(self: PeerId, peers: readonly PeerInfo[], iceServers: readonly IceServer[]): void {
    this.#self = self;
    this.#iceServers = iceServers;
    const present = new Set(peers.map((peer) => peer.peer_id));
    for (const peerId of [...this.#entries.keys()]) {
      if (!present.has(peerId)) this.remove(peerId);
    }
    for (const peer of peers) this.#admit(peer);
    this.#settle(() => {});
    for (const entry of this.#entries.values()) {
      if (entry.isNear && !isOpen(entry)) this.#connect(entry);
    }
  }

  /** A peer came or reloaded: it will offer; we do when it doesn't. */
  add(peer: PeerInfo): void {
    this.#admit(peer);
    this.#settle((entry) => {
      this.#schedule(entry, RESIDENT_OFFER_DELAY_MS, () => this.#connect(entry));
    });
  }

  /** For connections made from now on: credentials were renewed. */
  setIceServers(iceServers: readonly IceServer[]): void {
    this.#iceServers = iceServers;
  }

  remove(peerId: PeerId): void {
    this.#forget(peerId);
    this.#settle((entry) => this.#connect(entry));
  }

  /** Takes an `offer`, `answer` or `ice` frame that the node passed on. */
  onSignal(frame: PeerFrameOf<"offer" | "answer" | "ice">): void {
    const entry = this.#entries.get(frame.peer_id);
    if (entry === undefined || !this.#isMeantForUs(entry, frame.payload.to)) return;
    const { from } = frame.payload;
    if (frame.type === "offer") this.#prepareForOffer(entry, from ?? null);
    else if (from !== undefined && entry.remoteId !== null && from !== entry.remoteId) return;
    else if (frame.type === "answer") entry.remoteId = from ?? entry.remoteId;
    entry.link?.signal(signalOf(frame));
  }

  /** Sends one frame directly. False when there is no open path. */
  send(peerId: PeerId, text: string): boolean {
    const entry = this.#entries.get(peerId);
    if (entry?.link?.send(text) !== true) return false;
    entry.inUseUntilMs = this.#options.clock.now() + IN_USE_MS;
    return true;
  }

  /** The direct path to a peer; null when none is open. */
  path(peerId: PeerId): PathState | null {
    const entry = this.#entries.get(peerId);
    if (entry?.tier == null || !isOpen(entry)) return null;
    return { tier: entry.tier, isAlive: entry.meter.isAlive, rttMs: entry.meter.rttMs };
  }

  /** Why there is no direct path to a peer; null when there is one. */
  reason(peerId: PeerId): PathReason | null {
    const entry = this.#entries.get(peerId);
    if (entry === undefined) return "peer-has-no-webrtc";
    if (isOpen(entry) && entry.meter.isAlive) return null;
    if (!entry.isNear) return "mesh-full";
    if (entry.failures === 0) return "connecting";
    const { info: peer, gathered } = entry;
    const { policy } = this.#options;
    return failureReason({ policy, servers: this.#iceServers, peer, gathered });
  }

  /** A probe or its answer came directly from `peerId`. */
  onPing(peerId: PeerId, frame: PeerFrameOf<"ping" | "pong">): void {
    const entry = this.#entries.get(peerId);
    if (entry === undefined) return;
    const t = frame.payload?.t;
    if (frame.type === "ping") {
      entry.link?.send(encodeFrame({ type: "pong", payload: t === undefined ? {} : { t } }));
      return;
    }
    if (t === undefined) return;
    entry.meter.answered(this.#options.clock.now() - t);
    this.#options.handlers.onChange(peerId, "path");
  }

  /** The network changed: restarts what is open, and tries what is not, at once. */
  networkChanged(): void {
    for (const entry of this.#entries.values()) {
      entry.failures = 0;
      if (!entry.isNear) continue;
      if (isOpen(entry)) this.#restart(entry);
      else this.#connect(entry);
    }
  }

  close(): void {
    this.#cancelProbe();
    for (const entry of this.#entries.values()) this.#drop(entry);
    this.#entries.clear();
  }

  /** Who is near may have changed: lets go of who isn't any more, and calls `meet` for who is now. */
  #settle(meet: (entry: Entry) => void): void {
    const near = neighbours(this.#self, [...this.#entries.keys()]);
    for (const [peerId, entry] of this.#entries) {
      const wasNear = entry.isNear;
      entry.isNear = near.has(peerId);
      if (entry.isNear && !wasNear) meet(entry);
      if (entry.isNear || !wasNear) continue;
      this.#drop(entry);
      this.#options.handlers.onChange(peerId, "closed");
    }
  }

  /** Makes the entry of a peer, anew when it reloaded; none for peers that can't connect directly. */
  #admit(info: PeerInfo): void {
    const known = this.#entries.get(info.peer_id);
    if (known?.info.instance === info.instance) {
      known.info = info;
      return;
    }
    this.#forget(info.peer_id);
    if (info.instance === "" || !hasWebRtc(info)) return;
    this.#entries.set(info.peer_id, {
      info,
      isNear: false,
      link: null,
      localId: "",
      remoteId: null,
      tier: null,
      meter: new PathMeter(METER),
      inUseUntilMs: 0,
      gathered: new Set(),
      offeredAtMs: 0,
      failures: 0,
      quickTries: 0,
      relayedLooks: 0,
      cancelTimer: () => {},
    });
  }

  #forget(peerId: PeerId): void {
    const entry = this.#entries.get(peerId);
    if (entry === undefined) return;
    this.#entries.delete(peerId);
    this.#drop(entry);
    this.#options.handlers.onChange(peerId, "closed");
  }

  #isMeantForUs(entry: Entry, to: string | undefined): boolean {
    return to === undefined || to === this.#options.instance || to === entry.localId;
  }

  /** Makes sure that an offer meets a link that it can negotiate with. */
  #prepareForOffer(entry: Entry, from: string | null): void {
    const isNewConnection = entry.remoteId !== null && from !== entry.remoteId;
    const hasOwnOffer = entry.link !== null && entry.remoteId === null;
    // Ours waits for the answer to its own offer, and will ignore theirs: unless that was lost.
    if (hasOwnOffer && !this.#isPolite(entry)) {
      const ageMs = this.#options.clock.now() - entry.offeredAtMs;
      if (ageMs > GLARE_MS) this.#connect(entry);
      return;
    }
    // Their old connection is gone, and ours was bound to it; or ours has an offer out that gives way.
    // A fresh one costs no more than a rollback, which not every implementation knows.
    if (isNewConnection || hasOwnOffer) this.#drop(entry);
    if (entry.link === null) this.#open(entry);
    entry.remoteId = from;
  }

  #isPolite(entry: Entry): boolean {
    return this.#self < entry.info.peer_id;
  }

  /** Starts a try of our own. */
  #connect(entry: Entry): void {
    this.#drop(entry);
    entry.offeredAtMs = this.#options.clock.now();
    this.#open(entry).offer();
  }

  #open(entry: Entry): PeerLink {
    const { createLink, instance, handlers, policy } = this.#options;
    const peerId = entry.info.peer_id;
    entry.localId = `${instance}.${++this.#connectionCount}`;
    entry.meter = new PathMeter(METER);
    const isCurrent = () => entry.link === link;
    const link = createLink(
      {
        isPolite: this.#isPolite(entry),
        iceServers: allowedServers(this.#iceServers, policy),
        isRelayOnly: policy === "relay",
      },
      {
        onSignal: (signal) => {
          if (isCurrent()) handlers.sendSignal(this.#signalFrame(entry, signal));
        },
        onOpen: (tier) => {
          if (isCurrent()) this.#opened(entry, tier);
        },
        onFrame: (text) => {
          if (!isCurrent()) return;
          entry.meter.heard();
          handlers.onFrame(peerId, text);
        },
        onClose: () => {
          if (isCurrent()) this.#failed(entry);
        },
      },
    );
    entry.link = link;
    const timeoutMs = entry.quickTries > 0 ? QUICK.timeoutMs : ESTABLISH_TIMEOUT_MS;
    this.#schedule(entry, timeoutMs, () => this.#failed(entry));
    return link;
  }

  #opened(entry: Entry, tier: Tier): void {
    const wasOpen = entry.tier !== null;
    entry.tier = tier;
    entry.failures = 0;
    entry.quickTries = QUICK.tries;
    entry.cancelTimer();
    this.#lookForDirect(entry);
    if (!wasOpen) this.#ping(entry);
    this.#options.handlers.onChange(entry.info.peer_id, wasOpen ? "path" : "opened");
  }

  /** A try came to nothing, or an open link is gone: tries again, soon when it had worked. */
  #failed(entry: Entry): void {
    const wasOpen = entry.tier !== null;
    if (!wasOpen) entry.gathered = new Set(entry.link?.gathered);
    this.#drop(entry);
    this.#options.handlers.onChange(entry.info.peer_id, wasOpen ? "closed" : "path");
    const jitter = 0.5 + this.#options.random() / 2;
    this.#schedule(entry, this.#retryDelayMs(entry, wasOpen) * jitter, () => this.#connect(entry));
  }

  #retryDelayMs(entry: Entry, wasOpen: boolean): number {
    if (wasOpen) return REOPEN_DELAY_MS;
    if (entry.quickTries > 0) {
      entry.quickTries--;
      return QUICK.delayMs;
    }
    entry.failures++;
    return Math.min(RETRY_MS.max, RETRY_MS.first * 2 ** (entry.failures - 1));
  }

  /** A relay may have been needed for a moment only: looks again, now and then. */
  #lookForDirect(entry: Entry): void {
    if (entry.tier !== "webrtc-turn" || this.#options.policy === "relay") {
      entry.relayedLooks = 0;
      return;
    }
    const delayMs = Math.min(RETRY_MS.max, UNRELAY_MS * 2 ** entry.relayedLooks);
    this.#schedule(entry, delayMs, () => {
      entry.relayedLooks++;
      this.#restart(entry);
      if (entry.link?.canRestart) this.#lookForDirect(entry);
    });
  }

  #drop(entry: Entry): void {
    entry.cancelTimer();
    entry.link?.close();
    entry.link = null;
    entry.remoteId = null;
    entry.tier = null;
  }

  #schedule(entry: Entry, delayMs: number, run: () => void): void {
    entry.cancelTimer();
    entry.cancelTimer = this.#options.clock.after(delayMs, run);
  }

  #signalFrame(entry: Entry, signal: Signal): MemberFrame {
    const { type, ...fields } = signal;
    const ends = { from: entry.localId, to: entry.remoteId ?? entry.info.instance };
    const payload = type === "ice" ? { ...fields, ...ends } : { ...signal, ...ends };
    return { type, target_peer_id: entry.info.peer_id, payload };
  }

  #probe(): void {
    const { clock, handlers } = this.#options;
    this.#cancelProbe = clock.after(PROBE_INTERVAL_MS, () => this.#probe());
    const isIdleTick = this.#ticks++ % IDLE_TICKS === 0;
    for (const [peerId, entry] of this.#entries) {
      if (!isOpen(entry) || entry.tier === null) continue;
      const isInUse = clock.now() < entry.inUseUntilMs || entry.meter.isWaiting;
      if (!isInUse && !isIdleTick) continue;
      const wasAlive = entry.meter.isAlive;
      this.#ping(entry);
      if (wasAlive !== entry.meter.isAlive) handlers.onChange(peerId, "path");
      if (entry.meter.missed === RESTART_AFTER_MISSED) this.#restart(entry);
      if (entry.meter.missed >= REPLACE_AFTER_MISSED) this.#failed(entry);
    }
  }

  /** Looks for another route for an open link: keeps it where the implementation can. */
  #restart(entry: Entry): void {
    if (entry.link?.canRestart) entry.link.offer();
    else this.#failed(entry);
  }

  #ping(entry: Entry): void {
    entry.meter.probed();
    entry.link?.send(encodeFrame({ type: "ping", payload: { t: this.#options.clock.now() } }));
  }
}

/** Whether a peer's strategy lets it connect directly. */
function hasWebRtc({ strategy }: PeerInfo): boolean {
  return strategy === undefined || STRATEGY_RULES[strategy].mesh !== "off";
}

function isOpen(entry: Entry): boolean {
  return entry.link?.isOpen === true;
}

function signalOf(frame: PeerFrame & { type: "offer" | "answer" | "ice" }): Signal {
  if (frame.type === "ice") {
    const { from: _from, to: _to, ...candidate } = frame.payload;
    return { type: "ice", ...candidate };
  }
  return { type: frame.type, sdp: frame.payload.sdp };
}
