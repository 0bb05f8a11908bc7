/**
 * Presence: the peers of a room as a node describes them, `welcome`, the heartbeat, typing, a peer's leave,
 * and the proof that a peer came back to the node.
 */
import * as z from "zod/mini";
import { peerId, roomName, toldName } from "./names.ts";
import { strategy, tier } from "./paths.ts";
import { iceServer } from "./signaling.ts";
import { timestamp } from "./time.ts";

/** A peer as `welcome`, `peer_joined` and `peer_updated` describe it. */
export const peerInfo = z.object({
  peer_id: peerId,
  name: toldName,
  /** The tier of that peer's uplink; a tier that this version doesn't know counts as `websocket`. */
  tier: z.catch(tier, "websocket"),
  /** Changes with every page load of that peer; empty for older clients. */
  instance: z.string().check(z.maxLength(64)),
  joined_at: timestamp,
  /** Absent: `auto`. */
  strategy: z.optional(strategy),
  /** False where that peer can make no direct connection, whatever its strategy; else absent. */
  webrtc: z.optional(z.boolean()),
});
export type PeerInfo = z.infer<typeof peerInfo>;

/** Payload of `welcome`: all a session needs to begin, or to begin again. */
export const welcomePayload = z.object({
  peer_id: peerId,
  room: roomName,
  /** A client that shows this token takes the peer id's place back. */
  token: z.string().check(z.minLength(1), z.maxLength(128)),
  protocol: z.number(),
  /** Everyone else in the room. */
  peers: z.array(peerInfo),
  ice_servers: z.array(iceServer),
  /** Timestamp of the room's newest message, 0 when there is none. */
  latest: timestamp,
  /** Milliseconds between `ping`s that a silent member should send. */
  heartbeat_ms: z.number().check(z.gt(0)),
  /** Milliseconds of silence after which a member is announced as gone. */
  peer_timeout_ms: z.number().check(z.gt(0)),
  limits: z.object({
    text_bytes: z.number(),
    frame_chars: z.number(),
    peers_per_room: z.number(),
  }),
  version: z.string(),
  /** Whether the node has a WebRTC endpoint of its own; absent: no. */
  webrtc: z.optional(z.boolean()),
  /** Port of the node's STUN server (RFC 8489), at the host where the node was reached; absent: none. */
  stun_port: z.optional(z.number()),
  /** The strategy that the node asks its peers to use when their users have not chosen one. */
  strategy: z.optional(strategy),
  /** Whether the node takes `path_report`; absent: no. */
  path_reports: z.optional(z.boolean()),
});
export type Welcome = z.infer<typeof welcomePayload>;

/**
 * Payload of `peer_left`. `left`: the peer said goodbye; otherwise its node stopped hearing from it. A
 * missing or unknown reason means `left`.
 */
export const peerLeftPayload = z.catch(
  z.object({ reason: z.enum(["left", "lost", "timed-out"]) }),
  { reason: "left" },
);
export type LeaveReason = z.infer<typeof peerLeftPayload>["reason"];

/**
 * Payload of `ping` and `pong`. `t` is the value of the asking side and comes back unchanged. A node adds
 * `latest`, the timestamp of the room's newest message, so that a member notices when it has missed that
 * message.
 */
export const pingPayload = z.object({ t: z.optional(z.number()), latest: z.optional(timestamp) });

/** Payload of `typing`. */
export const typingPayload = z.object({ typing: z.boolean() });

const nonce = z.string().check(z.regex(/^[0-9a-f]{32}$/));

/**
 * Payload of `prove`, over a DataChannel: the nonce that the other peer has to send back through the node, if
 * the node knows that peer as `as`.
 */
export const provePayload = z.object({ nonce, as: z.optional(peerId) });

/** Payload of the `relay` frame that answers `prove`. */
export const proofPayload = z.object({ proof: nonce });
