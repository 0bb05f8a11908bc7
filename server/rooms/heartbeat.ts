/**
 * One beat for one member: pings it when it is silent, and says when it is gone. `Rooms` beats for all
 * members of all rooms, and `Room` removes the ones that are gone.
 */
import type { LeaveReason } from "../../transport/protocol/mod.ts";
import type { Clock } from "../../transport/transport.ts";
import { RENEW_ICE_SERVERS_MS } from "../ice/ice_servers.ts";
import type { Settings } from "../settings/settings.ts";
import { pingFrame } from "./frames.ts";
import type { Member } from "./member.ts";
import { renewIceServers } from "./welcome.ts";

export interface HeartbeatParts {
  readonly settings: Settings;
  readonly clock: Clock;
}

/** The time on the clock's `now`, and the room's newest message in microseconds. */
export interface Beat {
  readonly nowMs: number;
  readonly latestUs: number;
}

/** Returns why the member's stay has ended; null when it goes on. */
export function checkPulse(
  member: Member,
  { nowMs, latestUs }: Beat,
  parts: HeartbeatParts,
): LeaveReason | null {
  const silentMs = nowMs - member.lastHeardMs;
  if (member.connection === null) return silentMs >= member.graceMs ? "lost" : null;
  if (member.connection.isHeld) return null;
  // Older clients do not answer `ping` frames. WebSocket pings keep their connections alive (RFC 6455
  // 5.5.2).
  if (member.protocol === 0 && member.tier === "websocket") return null;
  if (nowMs - member.iceServersAtMs >= RENEW_ICE_SERVERS_MS) renewIceServers(member, parts);
  const { heartbeatIntervalMs, peerTimeoutMs } = parts.settings;
  if (silentMs >= peerTimeoutMs) return "timed-out";
  const isPinged = member.tier !== "http-polling" && silentMs >= heartbeatIntervalMs &&
    nowMs - member.lastPingMs >= heartbeatIntervalMs;
  if (isPinged) {
    member.lastPingMs = nowMs;
    member.deliver(pingFrame(latestUs));
  }
  return null;
}
