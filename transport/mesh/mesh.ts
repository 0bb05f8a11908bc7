/**
 * The direct paths of one session, over connections that carry frames without the node. The mesh keeps
 * which peers there are and which of them are near, gives each signal and frame to its peer, and ticks
 * the probes. `mesh_peer.ts` negotiates with one peer; `peer_connections.ts` keeps its connections.
 */
import { PROBE_INTERVAL_MS } from "./connection.ts";
import { type MeshHandlers, MeshPeer, type MeshPeerOptions } from "./mesh_peer.ts";
import { DIRECT_ONLY_LIMIT, MESH_LIMIT, neighbours } from "../paths/neighbours.ts";
import type { PathReason } from "../paths/path_reasons.ts";
import type { IceServer, PeerFrameOf, PeerId, PeerInfo } from "../protocol/mod.ts";
import { pairPolicy, saysThroughNode } from "../paths/strategy.ts";
import type { PathState } from "../transport.ts";

export type { MeshHandlers };

export interface MeshOptions
  extends Omit<MeshPeerOptions, "self" | "iceServers" | "nextConnectionId"> {
  /** Whether this session's messages go over direct paths alone, so that the mesh connects to more peers. */
  readonly isDirectOnly: () => boolean;
  /** Whether the node no longer knows a peer, so that only its direct path reaches it. */
  readonly isAbsent: (peerId: PeerId) => boolean;
}

export class Mesh {
  readonly #options: MeshOptions;
  readonly #peerOptions: MeshPeerOptions;
  readonly #peers = new Map<PeerId, MeshPeer>();
  #self: PeerId;
  #iceServers: readonly IceServer[] = [];
  #connectionCount = 0;
  #cancelProbe: () => void;

  constructor(self: PeerId, options: MeshOptions) {
    this.#self = self;
    this.#options = options;
    this.#peerOptions = {
      ...options,
      self: () => this.#self,
      iceServers: () => this.#iceServers,
      nextConnectionId: () => `${options.instance}.${++this.#connectionCount}`,
    };
    this.#cancelProbe = options.clock.after(PROBE_INTERVAL_MS, () => this.#probe());
  }

  /** Brings the mesh in line with a `welcome`: offers to every near peer without a working connection. */
  welcome(self: PeerId, peers: readonly PeerInfo[], iceServers: readonly IceServer[]): void {
    this.#self = self;
    this.#iceServers = iceServers;
    const present = new Set(peers.map((peer) => peer.peer_id));
    for (const peerId of [...this.#peers.keys()]) {
      if (!present.has(peerId)) this.#forget(peerId);
    }
    for (const peer of peers) this.#admit(peer);
    this.#settle(() => {});
    for (const peer of this.#peers.values()) {
      if (peer.isNear) peer.connections.ensureConnected();
    }
  }

  /** Closes every connection and forgets all peers and servers, until the next `welcome`. */
  clear(): void {
    this.#iceServers = [];
    for (const peerId of [...this.#peers.keys()]) this.#forget(peerId);
  }

  /** Adds a peer that came or reloaded. The peer will offer; this side does when no offer comes. */
  add(info: PeerInfo): void {
    this.#admit(info);
    this.#settle((peer) => {
      peer.connections.awaitOffer();
      this.#options.handlers.onChange(peer.id, "path");
    });
  }

  /** Sets the servers for connections made from now on: credentials were renewed. */
  setIceServers(iceServers: readonly IceServer[]): void {
    this.#iceServers = iceServers;
  }

  remove(peerId: PeerId): void {
    this.#forget(peerId);
    this.#settle((peer) => {
      peer.connections.connect();
      this.#options.handlers.onChange(peer.id, "path");
    });
  }

  /** Moves a connected peer to the id `to`, which no peer has yet. */
  move(from: PeerId, to: PeerId): void {
    const peer = this.#peers.get(from);
    if (peer === undefined) return;
    peer.move(to);
    this.#peers.delete(from);
    this.#peers.set(to, peer);
  }

  /** Takes an `offer`, `answer` or `ice` frame that the node passed on. */
  onSignal(frame: PeerFrameOf<"offer" | "answer" | "ice">): void {
    this.#peers.get(frame.peer_id)?.onSignal(frame);
  }

  /** Sends one frame directly. False when there is no open path. */
  send(peerId: PeerId, text: string): boolean {
    return this.#peers.get(peerId)?.connections.path.send(text) ?? false;
  }

  /** The direct path to a peer; null when none is open. */
  path(peerId: PeerId): PathState | null {
    return this.#peers.get(peerId)?.connections.path.state ?? null;
  }

  /** Why there is no direct path to a peer; null when there is one. */
  reason(peerId: PeerId): PathReason | null {
    const peer = this.#peers.get(peerId);
    return peer === undefined ? "peer-has-no-webrtc" : peer.reason;
  }

  /** Handles a probe, or an answer to one, that came directly from `peerId`. */
  onPing(peerId: PeerId, frame: PeerFrameOf<"ping" | "pong">): void {
    this.#peers.get(peerId)?.connections.onPing(frame);
  }

  /** Handles a change of the network: tries anew at once, beside connections that may still work. */
  networkChanged(): void {
    for (const peer of this.#peers.values()) peer.connections.networkChanged();
  }

  close(): void {
    this.#cancelProbe();
    for (const peer of this.#peers.values()) peer.connections.close();
    this.#peers.clear();
  }

  /** Updates which peers are near: drops peers that no longer are, and calls `meet` for each new one. */
  #settle(meet: (peer: MeshPeer) => void): void {
    const { isAbsent } = this.#options;
    const isDirectOnly = this.#options.isDirectOnly();
    // Absent peers are near without a place on the ring, so none of them takes another's place.
    const present = [...this.#peers.keys()].filter((peerId) => !isAbsent(peerId));
    const nearest = neighbours(this.#self, present, DIRECT_ONLY_LIMIT);
    const [near, reach] = [new Set(nearest.slice(0, MESH_LIMIT)), new Set(nearest)];
    for (const [peerId, peer] of this.#peers) {
      const wasNear = peer.isNear;
      const hasOtherWay = !isDirectOnly && saysThroughNode(peer.info.strategy);
      peer.isNear = isAbsent(peerId) || (hasOtherWay ? near : reach).has(peerId);
      if (peer.isNear && !wasNear) meet(peer);
      if (peer.isNear || !wasNear) continue;
      peer.connections.close();
      this.#options.handlers.onChange(peerId, "far");
    }
  }

  /** Updates a peer, or starts anew with one that reloaded. Leaves out one that can't connect directly. */
  #admit(info: PeerInfo): void {
    const known = this.#peers.get(info.peer_id);
    const canConnect = info.instance !== "" && info.webrtc !== false;
    const policy = canConnect ? pairPolicy(this.#options.policy(), info.strategy) : null;
    if (policy !== null && known?.info.instance === info.instance) {
      return known.update(info, policy);
    }
    this.#forget(info.peer_id);
    if (policy === null) return;
    this.#peers.set(info.peer_id, new MeshPeer(info, policy, this.#peerOptions));
  }

  #forget(peerId: PeerId): void {
    const peer = this.#peers.get(peerId);
    if (peer === undefined) return;
    this.#peers.delete(peerId);
    peer.connections.close();
    this.#options.handlers.onChange(peerId, "closed");
  }

  #probe(): void {
    this.#cancelProbe = this.#options.clock.after(PROBE_INTERVAL_MS, () => this.#probe());
    for (const peer of this.#peers.values()) peer.connections.tick();
  }
}
