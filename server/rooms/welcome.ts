/**
 * Tells a member about its node and its room: `welcome` when it joins or begins anew, and new ICE servers
 * while it stays. `room.ts` decides when a member is welcomed, `heartbeat.ts` when it gets new ICE servers.
 */
import {
  encodeFrame,
  LIMITS,
  type PeerInfo,
  PROTOCOL_VERSION,
  type RoomName,
  timestampFromUs,
} from "../../transport/protocol/mod.ts";
import type { Clock } from "../../transport/transport.ts";
import { iceServers } from "../ice/ice_servers.ts";
import type { Settings } from "../settings/settings.ts";
import { welcomeFrame } from "./frames.ts";
import type { Member } from "./member.ts";

/** Facts about the node that its members are told. */
export interface WelcomeParts {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly version: string;
  /** Whether members may reach the node over a DataChannel. */
  readonly hasEndpoint: boolean;
  /** UDP port of the STUN server once it is open; null: none. */
  readonly stun: { readonly port: number | null };
}

/** A room, as its `welcome` shows it. */
export interface WelcomedRoom {
  readonly name: RoomName;
  readonly members: Iterable<Member>;
  /** Timestamp of the newest message, in microseconds; 0 when there is none. */
  readonly latestUs: number;
}

/** Sends `welcome`, after which the member reports its paths anew. */
export function sendWelcome(member: Member, room: WelcomedRoom, parts: WelcomeParts): void {
  const { settings, clock, version, hasEndpoint, stun } = parts;
  const peers: PeerInfo[] = [];
  for (const other of room.members) if (other !== member) peers.push(other.info);
  member.report = null;
  member.deliver(welcomeFrame({
    peer_id: member.peerId,
    room: room.name,
    token: member.token,
    protocol: PROTOCOL_VERSION,
    peers,
    ice_servers: iceServers(settings, member.peerId, clock.epochMs()),
    latest: timestampFromUs(room.latestUs),
    heartbeat_ms: settings.heartbeatIntervalMs,
    peer_timeout_ms: settings.peerTimeoutMs,
    limits: {
      text_bytes: LIMITS.textBytes,
      frame_chars: LIMITS.frameChars,
      peers_per_room: LIMITS.peersPerRoom,
    },
    version,
    webrtc: hasEndpoint,
    ...stun.port === null ? {} : { stun_port: stun.port },
    ...settings.strategy === "auto" ? {} : { strategy: settings.strategy },
    path_reports: true,
  }));
  member.iceServersAtMs = clock.now();
}

/** Sends the ICE servers again when their credentials expire; others stay valid. */
export function renewIceServers(
  member: Member,
  { settings, clock }: Pick<WelcomeParts, "settings" | "clock">,
): void {
  member.iceServersAtMs = clock.now();
  if (settings.turnSecret === null) return;
  const servers = iceServers(settings, member.peerId, clock.epochMs());
  member.deliver(encodeFrame({ type: "ice_servers", payload: { ice_servers: servers } }));
}
