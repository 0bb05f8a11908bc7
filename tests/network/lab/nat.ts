/**
 * A router's nftables rules for each kind of home. The router's interfaces are `lan` and `wan`. Behind
 * it is one host, so the rules know the inside host without a table of mappings. `nat_test.ts` measures
 * that each kind behaves as its name says.
 */
import { HOME_KINDS, type HomeKind, type HomeKindName } from "./theory.ts";

/** Port of the proxy that strips upgrades. */
export const PROXY_PORT = 3128;

export interface RouterOptions {
  /** Inside address of the only host. */
  readonly host: string;
  /** Address of the node, and its only HTTP port. */
  readonly node: { readonly host: string; readonly port: number };
}

/** The rules of a home's router, for `nft -f`. */
export function natRules(name: HomeKindName, options: RouterOptions): string {
  const kind: HomeKind = HOME_KINDS[name];
  if (kind.udp?.mapping === "none") return "";
  return [outboundNat(kind), inboundNat(kind, options), filter(kind, options)].join("\n");
}

/**
 * Linux keeps a free source port, and with one host inside the port is always free. The mapping is
 * therefore endpoint-independent. Fully random ports make it address-and-port-dependent.
 */
function outboundNat({ udp }: HomeKind): string {
  const isDependent = udp?.mapping === "address-and-port-dependent";
  return `table ip outbound {
    chain postrouting {
      type nat hook postrouting priority srcnat
      oifname "wan" masquerade ${isDependent ? "random,fully-random" : ""}
    }
  }`;
}

/**
 * Connection tracking admits only answers, which is address-and-port-dependent filtering. Weaker
 * filtering passes packets to the host if they come to a port that the host has used: packets from
 * anyone, or only from an address to which this port has sent.
 */
function inboundNat({ udp, tcp }: HomeKind, { host, node }: RouterOptions): string {
  const rules: string[] = [];
  if (udp?.filtering === "endpoint-independent") {
    rules.push(`iifname "wan" udp dport @mapped dnat to ${host}`);
  }
  if (udp?.filtering === "address-dependent") {
    rules.push(`iifname "wan" udp dport . ip saddr @known dnat to ${host}`);
  }
  if (tcp === "proxy") {
    rules.push(
      `iifname "lan" ip daddr ${node.host} tcp dport ${node.port} redirect to :${PROXY_PORT}`,
    );
  }
  return `table ip inbound {
    set mapped {
      type inet_service
      size 65535
      flags dynamic,timeout
      timeout 2m
    }
    set known {
      type inet_service . ipv4_addr
      size 65535
      flags dynamic,timeout
      timeout 2m
    }
    chain remember {
      type filter hook forward priority filter + 10
      iifname "lan" meta l4proto udp update @mapped { udp sport }
      iifname "lan" meta l4proto udp update @known { udp sport . ip daddr }
    }
    chain prerouting {
      type nat hook prerouting priority dstnat
      ${rules.join("\n      ")}
    }
  }`;
}

function filter({ udp, tcp }: HomeKind, { node }: RouterOptions): string {
  const toNode = `ip daddr ${node.host} tcp dport ${node.port}`;
  const rules = [
    ...udp === null ? ["meta l4proto udp drop"] : [],
    ...tcp === "node" ? [`iifname "lan" meta l4proto tcp ${toNode} accept`] : [],
    // The proxy runs on the router itself, so no TCP has to pass the router.
    ...tcp === "any" ? [] : [`iifname "lan" meta l4proto tcp drop`],
    ...udp === null && tcp !== "any" ? [`iifname "lan" drop`] : [],
  ];
  // Unsolicited packets must be dropped before they are tracked. A tracked entry would occupy the port,
  // and the host's next packet to that sender would leave from another port.
  return `table ip filter {
    chain input {
      type filter hook input priority filter
      iifname "wan" ct state new drop
    }
    chain forward {
      type filter hook forward priority filter
      ${rules.join("\n      ")}
      iifname "wan" ct status dnat accept
      iifname "wan" ct state new,invalid drop
    }
  }`;
}
