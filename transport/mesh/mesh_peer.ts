/**
 * One peer of the mesh: its policy, whether it is near, and the negotiation with it. Reads its signals:
 * which connection one is for, which offers are taken, and which side gives way when both offer at once
 * (glare). `peer_connections.ts` makes and keeps the connections; `mesh.ts` decides which peers are near.
 */
import type { Connection } from "./connection.ts";
import { allowedServers, failureReason } from "./ice_servers.ts";
import type { PathReason } from "../paths/path_reasons.ts";
import { PeerConnections } from "./peer_connections.ts";
import type {
  CreateDirectConnection,
  DirectConnectionOptions,
  Signal,
} from "./direct_connection.ts";
import type { IceServer, MemberFrame, PeerFrameOf, PeerId, PeerInfo } from "../protocol/mod.ts";
import { RemoteOffers } from "./remote_offers.ts";
import { type Ends, signalFrame, signalOf } from "./signal_frames.ts";
import type { MeshPolicy } from "../paths/strategy.ts";
import type { Clock } from "../transport.ts";

/** How a peer may be connected. A mesh with the policy `off` has no peers. */
type PeerPolicy = Exclude<MeshPolicy, "off">;

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

export interface MeshPeerOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly createConnection: CreateDirectConnection;
  /** The policy of this session's strategy. */
  readonly policy: () => PeerPolicy;
  /** This page's instance; see `descriptionPayload`. */
  readonly instance: string;
  readonly handlers: MeshHandlers;
  /** This session's own id. */
  readonly self: () => PeerId;
  /** The servers for connections made from now on. */
  readonly iceServers: () => readonly IceServer[];
  /** A new `instance.n`. The numbers of one page only grow. */
  readonly nextConnectionId: () => string;
}

export class MeshPeer {
  /** Whether this session connects to the peer. The mesh decides; see `neighbours.ts`. */
  isNear = false;
  readonly connections: PeerConnections;
  readonly #options: MeshPeerOptions;
  #info: PeerInfo;
  /** The policy that both sides allow. */
  #policy: PeerPolicy;
  readonly #offers: RemoteOffers;

  constructor(info: PeerInfo, policy: PeerPolicy, options: MeshPeerOptions) {
    this.#info = info;
    this.#policy = policy;
    this.#options = options;
    const { clock, random, createConnection, nextConnectionId, handlers } = options;
    this.#offers = new RemoteOffers(clock);
    this.connections = new PeerConnections({
      clock,
      random,
      createConnection,
      nextConnectionId,
      connectionOptions: (connection) => this.#connectionOptions(connection),
      isNear: () => this.isNear,
      needsRelay: () => options.policy() === "relay" || this.#info.strategy === "relay-safe",
      handlers: {
        sendSignal: (connection, signal) => this.#sendSignal(connection, signal),
        onFrame: (text) => handlers.onFrame(this.id, text),
        onChange: (change) => handlers.onChange(this.id, change),
      },
    });
  }

  get id(): PeerId {
    return this.#info.peer_id;
  }

  get info(): PeerInfo {
    return this.#info;
  }

  /** Takes news of the same page. */
  update(info: PeerInfo, policy: PeerPolicy): void {
    this.#info = info;
    this.#policy = policy;
  }

  /** Gives the peer the id `to`; its connections stay. */
  move(to: PeerId): void {
    this.#info = { ...this.#info, peer_id: to };
  }

  /** Why there is no direct path; null when there is one. */
  get reason(): PathReason | null {
    if (this.connections.path.isWell) return null;
    if (!this.isNear) return "mesh-full";
    const why = failureReason({
      own: this.#options.policy(),
      policy: this.#policy,
      servers: this.#options.iceServers(),
      peer: this.#info,
      gathered: this.connections.gathered,
    });
    // Reasons that a new try can't change are told at once.
    const isHopeless = why === "relay-only" || why === "peer-relay-only";
    return !isHopeless && this.connections.isConnecting ? "connecting" : why;
  }

  /** Takes an `offer`, `answer` or `ice` frame of the peer, which the node passed on. */
  onSignal(frame: PeerFrameOf<"offer" | "answer" | "ice">): void {
    const { from } = frame.payload;
    const connection = frame.type === "offer"
      ? this.#offered(frame.payload)
      : this.#addressed(frame.payload);
    if (frame.type === "answer" && connection !== null) connection.remoteId ??= from ?? null;
    connection?.direct.signal(signalOf(frame));
  }

  /** The connection that an answer or a candidate is for; null when that one is gone. */
  #addressed(ends: Ends): Connection | null {
    const { instance } = this.#options;
    return this.connections.find((connection) => connection.isAddressedBy(ends, instance));
  }

  /**
   * Returns the connection that an offer is for: one that it renegotiates, or a new one. Null when the
   * offer is ignored.
   */
  #offered({ from, to }: Ends): Connection | null {
    if (to !== undefined && to !== this.#options.instance) {
      return this.connections.find((connection) => connection.isRenegotiatedBy({ from, to }));
    }
    // Both ends compute the same neighbours. A crowd that ignores them must not connect here.
    if (!this.isNear || !this.#offers.note(from)) return null;
    if (this.connections.hasUnansweredOffer && !this.#isPolite) {
      this.connections.insist();
      return null;
    }
    if (!this.#offers.take()) return null;
    // The remote peer gave up its last attempt, or this side is polite and its offer gives way. A new
    // connection costs no more than a rollback, which not every implementation supports.
    return this.connections.accept(from ?? null);
  }

  /** Whether this side gives way when both offer at once (perfect negotiation, W3C WebRTC 10.7). */
  get #isPolite(): boolean {
    return this.#options.self() < this.id;
  }

  #connectionOptions({ excludesRelays }: { excludesRelays: boolean }): DirectConnectionOptions {
    const servers = this.#options.iceServers();
    return {
      isPolite: this.#isPolite,
      iceServers: allowedServers(servers, excludesRelays ? "direct" : this.#policy),
      isRelayOnly: this.#policy === "relay",
    };
  }

  #sendSignal({ localId, remoteId }: Connection, signal: Signal): void {
    const ends = { from: localId, to: remoteId ?? this.#info.instance };
    this.#options.handlers.sendSignal(signalFrame(signal, { target: this.id, ends }));
  }
}
