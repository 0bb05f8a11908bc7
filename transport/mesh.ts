/**
 * The direct paths of one session: one PeerLink a peer. Decides who offers when, tries again, probes
 * what is open, and ties signals to connections. What a link is made of is `createLink`'s.
 */
import type { CreatePeerLink, PeerLink, Signal } from "./peer_link.ts";
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
/** Between probes: two missed ones are noticed within three seconds. */
export const PROBE_INTERVAL_MS = 1_000;
/** Before a link that had worked is made anew: its peer may just be leaving. */
const REOPEN_DELAY_MS = 300;
/** Probes missed before ICE is restarted, and before the link is given up and made anew. */
const RESTART_AFTER_MISSED = 4;
const REPLACE_AFTER_MISSED = 15;

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
  /** This page's; see `descriptionPayload`. */
  readonly instance: string;
  readonly handlers: MeshHandlers;
}

/** What is known of one peer's direct connection. */
interface Entry {
  readonly info: PeerInfo;
  link: PeerLink | null;
  /** `instance.n` of our connection, and of theirs once it is known. */
  localId: string;
  remoteId: string | null;
  tier: Tier | null;
  meter: PathMeter;
  missed: number;
  offeredAtMs: number;
  /** Tries in a row that came to nothing. */
  failures: number;
  cancelTimer: () => void;
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

  /** Brings the mesh in line with a `welcome`: offers to everyone that has no connection. */
  welcome(self: PeerId, peers: readonly PeerInfo[], iceServers: readonly IceServer[]): void {
    this.#self = self;
    this.#iceServers = iceServers;
    const present = new Set(peers.map((peer) => peer.peer_id));
    for (const peerId of [...this.#entries.keys()]) {
      if (!present.has(peerId)) this.remove(peerId);
    }
    for (const peer of peers) {
      const entry = this.#admit(peer);
      if (entry !== null && !isOpen(entry)) this.#connect(entry);
    }
  }

  /** A peer came or reloaded: it will offer; we do when it doesn't. */
  add(peer: PeerInfo): void {
    const entry = this.#admit(peer);
    if (entry === null || entry.link !== null) return;
    this.#schedule(entry, RESIDENT_OFFER_DELAY_MS, () => this.#connect(entry));
  }

  remove(peerId: PeerId): void {
    const entry = this.#entries.get(peerId);
    if (entry === undefined) return;
    this.#entries.delete(peerId);
    this.#drop(entry);
    this.#options.handlers.onChange(peerId, "closed");
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
    return this.#entries.get(peerId)?.link?.send(text) ?? false;
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
    return entry.failures > 0 ? "no-direct-route" : "connecting";
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
      if (isOpen(entry)) entry.link?.offer();
      else this.#connect(entry);
    }
  }

  close(): void {
    this.#cancelProbe();
    for (const entry of this.#entries.values()) this.#drop(entry);
    this.#entries.clear();
  }

  /** The entry of a peer, anew when it reloaded; null for peers that can't connect directly. */
  #admit(info: PeerInfo): Entry | null {
    const known = this.#entries.get(info.peer_id);
    if (known?.info.instance === info.instance) return known;
    if (known !== undefined) this.remove(info.peer_id);
    if (info.instance === "") return null;
    const entry: Entry = {
      info,
      link: null,
      localId: "",
      remoteId: null,
      tier: null,
      meter: new PathMeter(),
      missed: 0,
      offeredAtMs: 0,
      failures: 0,
      cancelTimer: () => {},
    };
    this.#entries.set(info.peer_id, entry);
    return entry;
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
    const { createLink, instance, handlers } = this.#options;
    const peerId = entry.info.peer_id;
    entry.localId = `${instance}.${++this.#connectionCount}`;
    entry.meter = new PathMeter();
    entry.missed = 0;
    const isCurrent = () => entry.link === link;
    const link = createLink(
      { isPolite: this.#isPolite(entry), iceServers: this.#iceServers },
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
          entry.missed = 0;
          handlers.onFrame(peerId, text);
        },
        onClose: () => {
          if (isCurrent()) this.#failed(entry);
        },
      },
    );
    entry.link = link;
    this.#schedule(entry, ESTABLISH_TIMEOUT_MS, () => this.#failed(entry));
    return link;
  }

  #opened(entry: Entry, tier: Tier): void {
    const wasOpen = entry.tier !== null;
    entry.tier = tier;
    entry.failures = 0;
    entry.cancelTimer();
    if (!wasOpen) this.#ping(entry);
    this.#options.handlers.onChange(entry.info.peer_id, wasOpen ? "path" : "opened");
  }

  /** A try came to nothing, or an open link is gone: tries again, soon when it had worked. */
  #failed(entry: Entry): void {
    const wasOpen = entry.tier !== null;
    this.#drop(entry);
    this.#options.handlers.onChange(entry.info.peer_id, wasOpen ? "closed" : "path");
    const jitter = 0.5 + this.#options.random() / 2;
    if (!wasOpen) entry.failures++;
    const delayMs = wasOpen
      ? REOPEN_DELAY_MS
      : Math.min(RETRY_MS.max, RETRY_MS.first * 2 ** (entry.failures - 1));
    this.#schedule(entry, delayMs * jitter, () => this.#connect(entry));
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
    this.#cancelProbe = this.#options.clock.after(PROBE_INTERVAL_MS, () => this.#probe());
    for (const [peerId, entry] of this.#entries) {
      if (!isOpen(entry) || entry.tier === null) continue;
      const wasAlive = entry.meter.isAlive;
      this.#ping(entry);
      if (wasAlive !== entry.meter.isAlive) this.#options.handlers.onChange(peerId, "path");
      if (entry.missed === RESTART_AFTER_MISSED) entry.link?.offer();
      if (entry.missed >= REPLACE_AFTER_MISSED) this.#failed(entry);
    }
  }

  #ping(entry: Entry): void {
    entry.meter.probed();
    entry.missed++;
    entry.link?.send(encodeFrame({ type: "ping", payload: { t: this.#options.clock.now() } }));
  }
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
