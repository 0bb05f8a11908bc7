/**
 * The paths of one session to its peers under the strategy in force: the direct ones of a mesh, or none, and
 * the one through the node. Decides whether there is a mesh, whether a peer can be reached, why its path is
 * not better, and which path one frame takes. The mesh makes the connections. The session decides what the
 * frames say.
 */
import { relayReason, withOwnStun } from "./ice_servers.ts";
import { pathEnd, relayedReason } from "../paths/inferred_path.ts";
import { Mesh, type MeshHandlers } from "./mesh.ts";
import { isRuledOut, type PathReason } from "../paths/path_reasons.ts";
import type { CreateDirectConnection } from "./direct_connection.ts";
import {
  encodeFrame,
  type IceServer,
  type MemberFrame,
  type PeerFrame,
  type PeerFrameOf,
  type PeerId,
  type PeerInfo,
  type Strategy,
  type Welcome,
} from "../protocol/mod.ts";
import type { StrategyInForce, StrategyRules } from "../paths/strategy.ts";
import type { Clock, PathState } from "../transport.ts";

/** How a direct path has changed: see `MeshHandlers.onChange`. */
export type PathChange = Parameters<MeshHandlers["onChange"]>[1];

export interface PeerPathsHandlers extends Pick<MeshHandlers, "onFrame" | "onChange"> {
  /** The node's strategy is in force from now on. */
  onStrategy(strategy: Strategy): void;
}

export interface PeerPathsOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Makes direct connections; null where there is no WebRTC. */
  readonly createConnection: CreateDirectConnection | null;
  readonly nodeUrl: string;
  /** This page's instance; see `descriptionPayload`. */
  readonly instance: string;
  readonly strategy: StrategyInForce;
  /** The peer id of this session, which may change. */
  readonly self: () => PeerId;
  /** Whether the node no longer knows a peer, so that only its direct path reaches it. */
  readonly isAbsent: (peerId: PeerId) => boolean;
  /** Sends a frame through the node; false when that is not possible now. */
  readonly sendToNode: (frame: MemberFrame) => boolean;
  readonly handlers: PeerPathsHandlers;
}

export class PeerPaths {
  readonly #options: PeerPathsOptions;
  /** Made by the first strategy that allows direct paths; stays, without peers, under one that does not. */
  #madeMesh: Mesh | null = null;
  #stunPort: number | undefined;

  constructor(options: PeerPathsOptions) {
    this.#options = options;
  }

  /** Follows the node's strategy, unless the user chose one, before any path is opened by it. */
  follow(told: Strategy): void {
    const { strategy, createConnection, handlers } = this.#options;
    if (strategy.isReplacedBy(told)) {
      // Connections that were opened under other rules must not stay.
      this.#madeMesh?.clear();
      strategy.replace(told);
      handlers.onStrategy(told);
    }
    if (createConnection !== null && strategy.rules.mesh !== "off") {
      this.#madeMesh ??= this.#createMesh(createConnection);
    }
  }

  /** Brings the direct paths in line with a `welcome`. `peers`: all other peers that are shown. */
  welcome(
    { peer_id, ice_servers, stun_port }: Pick<Welcome, "peer_id" | "ice_servers" | "stun_port">,
    peers: readonly PeerInfo[],
  ): void {
    this.#stunPort = stun_port;
    this.#mesh?.welcome(peer_id, peers, this.#withStun(ice_servers));
  }

  /** Sets the servers for connections made from now on: credentials were renewed. */
  setIceServers(servers: readonly IceServer[]): void {
    this.#mesh?.setIceServers(this.#withStun(servers));
  }

  /** Connects to a peer that came, or takes the changes of one that is known. */
  add(info: PeerInfo): void {
    this.#mesh?.add(info);
  }

  remove(peerId: PeerId): void {
    this.#mesh?.remove(peerId);
  }

  /** Moves a connected peer to the id `to`, which no peer has yet. */
  move(from: PeerId, to: PeerId): void {
    this.#mesh?.move(from, to);
  }

  /** Takes signaling that the node passed on. */
  onSignal(frame: PeerFrameOf<"offer" | "answer" | "ice">): void {
    this.#mesh?.onSignal(frame);
  }

  /** Handles a probe, or an answer to one, that came directly from `peerId`. */
  onPing(peerId: PeerId, frame: PeerFrameOf<"ping" | "pong">): void {
    this.#mesh?.onPing(peerId, frame);
  }

  /** The direct path to a peer; null when none is open. */
  direct(peerId: PeerId): PathState | null {
    return this.#mesh?.path(peerId) ?? null;
  }

  /** Whether a peer answers on its direct path. */
  isAnswering(peerId: PeerId): boolean {
    return this.direct(peerId)?.isAlive === true;
  }

  /** Whether a message reaches a peer now, directly or through the node. */
  isReached(peerId: PeerId): boolean {
    return this.#rules.throughNode || this.isAnswering(peerId);
  }

  /** Whether to wait for a peer's receipts: false when waiting can't bring a direct path to it. */
  isReachable(peerId: PeerId): boolean {
    const reason = this.#mesh?.reason(peerId) ?? null;
    // In a large room, the node passes messages on to the peers without a direct path.
    return !isRuledOut(reason) || (reason === "mesh-full" && this.#rules.throughNode);
  }

  /** Why the path to `peer` is not the best one; null when unknown. */
  reason(peer: PeerInfo): PathReason | null {
    const { peer_id } = peer;
    if (this.isAnswering(peer_id)) return relayReason(this.#rules.mesh, peer);
    const { strategy: own, createConnection } = this.#options;
    const self = { strategy: own.current, hasWebRtc: createConnection !== null };
    return relayedReason(self, pathEnd(peer), this.#mesh?.reason(peer_id) ?? null);
  }

  /** Sends a frame directly to each of `peerIds`; returns the peers whose path accepted it. */
  sendDirectly(peerIds: readonly PeerId[], frame: PeerFrame): PeerId[] {
    const mesh = this.#mesh;
    if (mesh === null || peerIds.length === 0) return [];
    const text = encodeFrame(frame);
    return peerIds.filter((peerId) => mesh.send(peerId, text));
  }

  /** Sends a frame on the best path to one peer. */
  sendTo(peerId: PeerId, frame: MemberFrame & { target_peer_id?: PeerId | undefined }): void {
    const direct = JSON.stringify({ ...frame, peer_id: this.#options.self() });
    if (this.isAnswering(peerId) && this.#mesh?.send(peerId, direct)) return;
    this.#options.sendToNode(frame);
  }

  /** Handles a change of the network: tries anew at once, beside connections that may still work. */
  networkChanged(): void {
    this.#mesh?.networkChanged();
  }

  close(): void {
    this.#madeMesh?.close();
  }

  /** The direct paths; null where none are allowed, or possible. */
  get #mesh(): Mesh | null {
    return this.#rules.mesh === "off" ? null : this.#madeMesh;
  }

  get #rules(): StrategyRules {
    return this.#options.strategy.rules;
  }

  #createMesh(createConnection: CreateDirectConnection): Mesh {
    const { strategy, clock, random, instance, self, isAbsent, sendToNode, handlers } = this
      .#options;
    return new Mesh(self(), {
      clock,
      random,
      createConnection,
      policy: () => {
        const { mesh } = this.#rules;
        // While the mesh is off, it is told of no peers.
        return mesh === "off" ? "relay" : mesh;
      },
      isDirectOnly: () => strategy.isDirectOnly,
      isAbsent,
      instance,
      handlers: {
        sendSignal: sendToNode,
        onFrame: handlers.onFrame,
        onChange: handlers.onChange,
      },
    });
  }

  #withStun(servers: readonly IceServer[]): readonly IceServer[] {
    return withOwnStun(servers, { nodeUrl: this.#options.nodeUrl, port: this.#stunPort });
  }
}
