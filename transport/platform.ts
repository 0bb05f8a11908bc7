/** The options of a session: the peer and room to join, and the services of the platform. */
import type { JoinTarget } from "./uplink/join.ts";
import type { KeyValueStore } from "./key_value_store.ts";
import type { CreateDirectConnection } from "./mesh/direct_connection.ts";
import type { PeerId, RoomName, Strategy } from "./protocol/mod.ts";
import type { Clock, Transport } from "./transport.ts";

/** The services of a platform for a session. */
export interface SessionPlatform {
  readonly clock: Clock;
  /** As `Math.random`. */
  readonly random: () => number;
  /** Ways to the node, best tier first. */
  readonly uplinks: readonly Transport<JoinTarget>[];
  /** Makes direct connections; null where there is no WebRTC. */
  readonly createConnection: CreateDirectConnection | null;
  /** Kept for this page over reloads, as `sessionStorage`. */
  readonly tab: KeyValueStore;
  /** Kept for this device, as `localStorage`. */
  readonly device: KeyValueStore;
}

export interface SessionOptions {
  readonly nodeUrl: string;
  readonly room: RoomName;
  readonly name: string;
  /** The peer id in a link of the older kind. */
  readonly peerId?: PeerId | undefined;
  /** The user's choice; null or absent: the strategy that the node asks for in its `welcome`. */
  readonly strategy?: Strategy | null | undefined;
  /** The strategy that the node will ask for, known from `/config` before its `welcome`; default `auto`. */
  readonly expectedStrategy?: Strategy | undefined;
  readonly platform: SessionPlatform;
}
