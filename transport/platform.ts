/** What a session is given: who joins where, and what the platform has to offer. */
import type { JoinTarget } from "./join.ts";
import type { KeyValueStore } from "./kept_messages.ts";
import type { CreatePeerLink } from "./peer_link.ts";
import type { PeerId, RoomName, Strategy } from "./protocol.ts";
import type { Clock, Transport } from "./transport.ts";

/** What a platform gives a session. */
export interface SessionPlatform {
  readonly clock: Clock;
  /** As `Math.random`. */
  readonly random: () => number;
  /** Ways to the node, best tier first. */
  readonly uplinks: readonly Transport<JoinTarget>[];
  /** Makes direct connections; null where there is no WebRTC. */
  readonly createLink: CreatePeerLink | null;
  /** Kept for this page over reloads, as `sessionStorage`. */
  readonly tab: KeyValueStore;
  /** Kept for this device, as `localStorage`. */
  readonly device: KeyValueStore;
}

export interface SessionOptions {
  readonly nodeUrl: string;
  readonly room: RoomName;
  readonly name: string;
  /** The peer id that a link of the older kind asks for. */
  readonly peerId?: PeerId | undefined;
  /** What the user chose; null or absent: what the node asks for in its `welcome`. */
  readonly strategy?: Strategy | null | undefined;
  /** What the node is known to ask for before it says so, by `/config`; default `auto`. */
  readonly expectedStrategy?: Strategy | undefined;
  readonly platform: SessionPlatform;
}
