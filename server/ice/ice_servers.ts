/** The STUN and TURN servers that `welcome` lists, with short-lived TURN credentials when a secret is set. */
import { createHmac } from "node:crypto";
import type { IceServer } from "../../transport/protocol/mod.ts";
import type { Settings } from "../settings/settings.ts";

/**
 * Lifetime of a TURN credential in seconds, as long as a long meeting: TURN checks it again at each
 * refresh.
 */
const CREDENTIAL_SECONDS = 12 * 3600;

/** Half of the lifetime: a member that stays gets new credentials long before the old ones expire. */
export const RENEW_ICE_SERVERS_MS = CREDENTIAL_SECONDS * 1000 / 2;

/** Returns the servers for `user`, with credentials made at `nowMs` (milliseconds since 1970). */
export function iceServers(settings: Settings, user: string, nowMs: number): IceServer[] {
  const servers: IceServer[] = [];
  if (settings.stunUrls.length > 0) servers.push({ urls: [...settings.stunUrls] });
  if (settings.turnUrls.length > 0) {
    servers.push({ urls: [...settings.turnUrls], ...turnLogin(settings, user, nowMs) });
  }
  return servers;
}

function turnLogin(
  settings: Settings,
  user: string,
  nowMs: number,
): { username: string; credential: string } {
  const { turnSecret, turnUsername, turnCredential } = settings;
  if (turnSecret === null) {
    return { username: turnUsername ?? "", credential: turnCredential ?? "" };
  }
  // draft-uberti-behave-turn-rest-00 section 2.2: "expiry:user", HMAC-SHA1 in base64.
  const username = `${Math.floor(nowMs / 1000) + CREDENTIAL_SECONDS}:${user}`;
  const credential = createHmac("sha1", turnSecret).update(username).digest("base64");
  return { username, credential };
}
