/**
 * The other peers in the room and the path to each, for `SessionView.peers`. The session tells it every
 * change; it does no networking.
 */
import { betterPath } from "../path.ts";
import type { PeerId, PeerInfo, Tier } from "../protocol/mod.ts";
import type { Clock, PathState } from "../transport.ts";
import { tierThroughNode } from "../paths/inferred_path.ts";
import type { PathReason } from "../paths/path_reasons.ts";
import type { PathView, PeerView, SessionEvent } from "../view.ts";

/** A `typing` frame expires when it is not renewed: the typing peer sends one every few seconds. */
const TYPING_EXPIRES_MS = 6_000;

export interface RosterOptions {
  readonly clock: Clock;
  readonly emit: (event: SessionEvent) => void;
  /** The direct path to a peer; null when there is none. */
  readonly directPath: (peerId: PeerId) => PathState | null;
  /** Why the path to a peer is not the best one. */
  readonly reason: (peer: PeerInfo) => PathReason | null;
  /** The tier of the uplink that reaches a peer; null when nothing reaches it through the node. */
  readonly uplinkTier: (peerId: PeerId) => Tier | null;
}

interface Entry {
  info: PeerInfo;
  path: PathView;
  cancelTyping: (() => void) | null;
}

export class Roster {
  readonly #options: RosterOptions;
  readonly #entries = new Map<PeerId, Entry>();
  #peers: readonly PeerView[] = [];
  #isFirstSync = true;

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  /** Sorted by join time. */
  get peers(): readonly PeerView[] {
    return this.#peers;
  }

  has(peerId: PeerId): boolean {
    return this.#entries.has(peerId);
  }

  info(peerId: PeerId): PeerInfo | undefined {
    return this.#entries.get(peerId)?.info;
  }

  get infos(): PeerInfo[] {
    return [...this.#entries.values()].map(({ info }) => info);
  }

  get ids(): PeerId[] {
    return [...this.#entries.keys()];
  }

  /** Applies a `welcome`; returns the ids that left. The first `welcome` announces no peer as joined. */
  sync(infos: readonly PeerInfo[]): PeerId[] {
    const present = new Set(infos.map((info) => info.peer_id));
    const gone = this.ids.filter((peerId) => !present.has(peerId));
    for (const peerId of gone) this.remove(peerId);
    for (const info of infos) this.put(info, { isQuiet: this.#isFirstSync });
    this.#isFirstSync = false;
    return gone;
  }

  /** Adds or updates a peer. */
  put(info: PeerInfo, { isQuiet = false } = {}): void {
    const known = this.#entries.get(info.peer_id);
    if (known !== undefined) known.info = info;
    else {
      this.#entries.set(info.peer_id, { info, path: this.#path(info, null), cancelTyping: null });
    }
    this.#publish();
    const isNew = known === undefined && !isQuiet;
    this.#emit(isNew ? "peer_joined" : "peer", info.peer_id);
    this.refresh(info.peer_id);
  }

  /** Notes that a peer continues under the id `to`, which no known peer has. */
  move(from: PeerId, to: PeerId): void {
    const entry = this.#entries.get(from);
    if (entry === undefined) return;
    // The typing timer uses the old id.
    this.setTyping(from, false);
    entry.info = { ...entry.info, peer_id: to };
    this.#entries.delete(from);
    this.#entries.set(to, entry);
    this.#publish();
    this.#emit("peer", to);
  }

  remove(peerId: PeerId): void {
    const entry = this.#entries.get(peerId);
    if (entry === undefined) return;
    entry.cancelTyping?.();
    this.#entries.delete(peerId);
    this.#publish();
    this.#options.emit({ type: "peer_left", peer: view(entry) });
  }

  /** Updates the path to a peer, or to all peers when absent. */
  refresh(peerId?: PeerId): void {
    const changed = (peerId === undefined ? this.ids : [peerId]).flatMap((id) => {
      const entry = this.#entries.get(id);
      if (entry === undefined) return [];
      const previous = entry.path;
      const path = this.#path(entry.info, previous);
      // Keeps the shown path for comparison: against the last sample, a slow drift would never show.
      if (isSamePath(previous, path)) return [];
      entry.path = path;
      return [{ entry, previous }];
    });
    if (changed.length === 0) return;
    this.#publish();
    for (const { entry, previous } of changed) {
      const peer = view(entry);
      const isNewTier = previous.tier !== entry.path.tier;
      this.#options.emit(isNewTier ? { type: "path", peer, previous } : { type: "peer", peer });
    }
  }

  setTyping(peerId: PeerId, isTyping: boolean): void {
    const entry = this.#entries.get(peerId);
    if (entry === undefined) return;
    const wasTyping = entry.cancelTyping !== null;
    entry.cancelTyping?.();
    entry.cancelTyping = isTyping
      ? this.#options.clock.after(TYPING_EXPIRES_MS, () => this.setTyping(peerId, false))
      : null;
    if (wasTyping === isTyping) return;
    this.#publish();
    this.#emit("peer", peerId);
  }

  close(): void {
    for (const entry of this.#entries.values()) entry.cancelTyping?.();
  }

  #path(info: PeerInfo, previous: PathView | null): PathView {
    const direct = this.#options.directPath(info.peer_id);
    const uplinkTier = this.#options.uplinkTier(info.peer_id);
    const relayed: PathState | null = uplinkTier === null
      ? null
      : { tier: tierThroughNode(uplinkTier, info.tier), isAlive: true, rttMs: null };
    let best = relayed;
    if (direct?.isAlive) best = relayed === null ? direct : betterPath(relayed, direct);
    const tier = best?.tier ?? null;
    return {
      tier,
      rttMs: best?.rttMs ?? null,
      sinceMs: previous !== null && previous.tier === tier
        ? previous.sinceMs
        : this.#options.clock.epochMs(),
      reason: tier === "webrtc-stun" ? null : this.#options.reason(info),
    };
  }

  #publish(): void {
    this.#peers = [...this.#entries.values()].map(view)
      .sort((a, b) => a.joinedAtMs - b.joinedAtMs || (a.peerId < b.peerId ? -1 : 1));
  }

  #emit(type: "peer_joined" | "peer", peerId: PeerId): void {
    const entry = this.#entries.get(peerId);
    if (entry !== undefined) this.#options.emit({ type, peer: view(entry) });
  }
}

function view({ info, path, cancelTyping }: Entry): PeerView {
  return {
    peerId: info.peer_id,
    name: info.name,
    joinedAtMs: info.joined_at * 1000,
    path,
    isTyping: cancelTyping !== null,
  };
}

/** Whether two paths look the same: an RTT change below a tenth, or below 1 ms, does not count. */
function isSamePath(a: PathView, b: PathView): boolean {
  if (a.tier !== b.tier || a.reason !== b.reason) return false;
  if (a.rttMs === null || b.rttMs === null) return a.rttMs === b.rttMs;
  return Math.abs(a.rttMs - b.rttMs) < Math.max(1, a.rttMs / 10);
}
