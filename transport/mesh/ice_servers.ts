/** Selects the STUN and TURN servers of a connection, and tells why it failed or is relayed. */
import type { IceServer, PeerInfo } from "../protocol/mod.ts";
import type { MeshPolicy } from "../paths/strategy.ts";
import type { PathReason } from "../paths/path_reasons.ts";

/** Puts the node's own STUN server before `servers`, at the host of `nodeUrl`. */
export function withOwnStun(
  servers: readonly IceServer[],
  { nodeUrl, port }: { nodeUrl: string; port: number | undefined },
): readonly IceServer[] {
  if (port === undefined) return servers;
  return [{ urls: `stun:${new URL(nodeUrl).hostname}:${port}` }, ...servers];
}

/** The servers that `policy` allows: no TURN servers for `direct`. */
export function allowedServers(
  servers: readonly IceServer[],
  policy: MeshPolicy,
): readonly IceServer[] {
  if (policy !== "direct") return servers;
  return servers.flatMap((server) => {
    const urls = [server.urls].flat().filter((url) => !isTurn(url));
    return urls.length === 0 ? [] : [{ ...server, urls }];
  });
}

/** Whether there is a TURN server (RFC 8656) among `servers`. */
export function hasTurn(servers: readonly IceServer[]): boolean {
  return servers.some(({ urls }) => [urls].flat().some(isTurn));
}

function isTurn(url: string): boolean {
  return /^turns?:/i.test(url);
}

export interface FailedTry {
  /** The policy of this side. */
  readonly own: MeshPolicy;
  /** The policy that both sides allow; see `pairPolicy`. */
  readonly policy: MeshPolicy;
  readonly servers: readonly IceServer[];
  readonly peer: PeerInfo;
  /** Types of the candidates that this side gathered. */
  readonly gathered: ReadonlySet<string>;
}

/** Why a direct connection failed, as far as this side can tell. */
export function failureReason({ own, policy, servers, peer, gathered }: FailedTry): PathReason {
  const relays = hasTurn(allowedServers(servers, policy));
  if (policy === "relay") return relays ? "relay-failed" : "relay-only";
  if (peer.strategy === "relay-safe") return relays ? "peer-relay-failed" : "peer-relay-only";
  // A server was asked, and no reflexive or relayed candidate came.
  const isReflected = gathered.has("srflx") || gathered.has("relay");
  if (servers.length > 0 && !isReflected) return "udp-blocked";
  if (policy === "direct") return own === "direct" ? "relay-refused" : "peer-relay-refused";
  return relays ? "no-direct-route" : "no-turn";
}

/** Why an open connection goes through a TURN server. */
export function relayReason(policy: MeshPolicy, peer: PeerInfo): PathReason {
  if (policy === "relay") return "strategy";
  return peer.strategy === "relay-safe" ? "peer-relay-only" : "no-direct-route";
}
