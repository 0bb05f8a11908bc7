/**
 * Chooses the ICE candidates of a member that its node checks. A check sends a packet to an address that
 * the member only claims to have, so the node skips addresses where no honest member can be. A skipped
 * member that can reach the node is found all the same, by its own checks (peer-reflexive candidate, RFC
 * 8445 section 7.3.1.3).
 */
import { BlockList, isIP } from "node:net";

/** The network from which an address can be reached. */
type Scope = "public" | "private" | "loopback" | "nowhere";

/** Lower ports belong to services: no WebRTC listens there, and some services answer anyone. */
const MIN_PORT = 1024;

const LOOPBACK = blockList("127.0.0.0/8", "::1/128");
/** RFC 1918, carriers' NATs (RFC 6598), and unique local addresses (RFC 4193). */
const PRIVATE = blockList(
  ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"],
);
/** Unspecified, link-local, multicast and broadcast, and IPv6 addresses that only stand for an IPv4 one. */
const NOWHERE = blockList(
  ...["0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"],
  ...["::/96", "64:ff9b::/96", "2001::/32", "2002::/16", "fe80::/10", "fec0::/10", "ff00::/8"],
);

/**
 * Returns `candidate` (`candidate:…`, RFC 8839 section 5.1) with single spaces; null when the node must not
 * check it. A host name is refused: resolving it would send another packet. `from`: the IP address that the
 * member signals from.
 */
export function checkableCandidate(candidate: string, from: string): string | null {
  // Splits at any whitespace, so that the next parser sees the same fields.
  const fields = candidate.trim().split(/\s+/);
  const [, , transport = "", , address = "", port = ""] = fields;
  if (transport.toLowerCase() !== "udp") return null;
  if (!/^\d{4,5}$/.test(port) || Number(port) < MIN_PORT || Number(port) > 65_535) return null;
  const scope = scopeOf(address);
  if (scope !== "public" && (scope === "nowhere" || scope !== scopeOf(from))) return null;
  return fields.join(" ");
}

function scopeOf(address: string): Scope {
  const family = isIP(address);
  // Only link-local addresses have a zone (`fe80::1%eth0`).
  if (family === 0 || address.includes("%")) return "nowhere";
  const type = family === 4 ? "ipv4" : "ipv6";
  if (LOOPBACK.check(address, type)) return "loopback";
  if (PRIVATE.check(address, type)) return "private";
  return NOWHERE.check(address, type) ? "nowhere" : "public";
}

function blockList(...subnets: string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = "", prefix] = subnet.split("/");
    list.addSubnet(network, Number(prefix), network.includes(":") ? "ipv6" : "ipv4");
  }
  return list;
}
