/**
 * The lab's internet: one public network (198.51.100.0/24 and fd00:51::/64, a bridge in a namespace that
 * also routes), hosts on it, and homes behind routers. This module does not know which programs run
 * there.
 */
import { Home } from "./home.ts";
import type { Lab } from "./lab.ts";
import { natRules } from "./nat.ts";
import { HOME_KINDS, type HomeKindName } from "./theory.ts";

/** The namespace of the public network. */
const CORE = "core";

/** The port of the only node. */
export const NODE_PORT = 8080;

/** The public hosts, with their IPv4 addresses (TEST-NET-2, RFC 5737) and one IPv6 address each. */
export const HOSTS = {
  node: { v4: ["198.51.100.10"], v6: "fd00:51::10" },
  turn: { v4: ["198.51.100.20", "198.51.100.21"], v6: "fd00:51::20" },
  mirror: { v4: ["198.51.100.30", "198.51.100.31"], v6: "fd00:51::30" },
} as const;

export type HostName = keyof typeof HOSTS;

/** Host names of the lab, with their addresses of one family. */
function names(family: 4 | 6): Record<string, string> {
  const address = (host: HostName) => family === 4 ? HOSTS[host].v4[0] : HOSTS[host].v6;
  return { "node.lab": address("node"), "turn.lab": address("turn"), "stun.lab": address("turn") };
}

export class Internet {
  readonly lab: Lab;
  #homeCount = 0;

  private constructor(lab: Lab) {
    this.lab = lab;
  }

  static async create(lab: Lab): Promise<Internet> {
    await lab.addNamespace(CORE);
    await lab.sysctl(CORE, [...FORWARDING, "net/ipv4/conf/all/send_redirects=0"]);
    await lab.sysctl(CORE, ["net/ipv4/conf/default/send_redirects=0"]);
    await lab.ip(CORE, [
      "link add br0 type bridge",
      "link set br0 up",
      "addr add 198.51.100.1/24 dev br0",
      "addr add fd00:51::1/64 dev br0 nodad",
    ]);
    return new Internet(lab);
  }

  /** Adds a public host to the network, as a namespace of the same name. */
  async addHost(name: HostName): Promise<void> {
    const { v4, v6 } = HOSTS[name];
    await this.lab.addNamespace(name, names(4));
    await this.#plug(name, "eth0", name);
    await this.lab.ip(name, [
      ...v4.map((address) => `addr add ${address}/24 dev eth0`),
      `addr add ${v6}/64 dev eth0 nodad`,
      "route add default via 198.51.100.1",
      "route add ::/0 via fd00:51::1",
    ]);
  }

  /** Makes a home with its router. */
  async addHome(kind: HomeKindName): Promise<Home> {
    const number = ++this.#homeCount;
    const { family } = HOME_KINDS[kind];
    const home = new Home(this.lab, { kind, number });
    await Promise.all([
      this.lab.addNamespace(home.router),
      this.lab.addNamespace(home.namespace, names(family)),
    ]);
    await this.#plug(home.router, "wan", `home${number}`);
    await this.lab.connect(
      { namespace: home.router, device: "lan" },
      { namespace: home.namespace, device: "eth0" },
    );
    if (family === 6) await this.#addressV6(home);
    else await this.#addressV4(home);
    return home;
  }

  async #addressV4(home: Home): Promise<void> {
    const { lab } = this;
    const isOpen = HOME_KINDS[home.kind].udp?.mapping === "none";
    const only4 = ["net/ipv6/conf/all/disable_ipv6=1", "net/ipv6/conf/default/disable_ipv6=1"];
    await lab.sysctl(home.namespace, only4);
    await lab.sysctl(home.router, ["net/ipv4/ip_forward=1"]);
    await lab.ip(home.router, [
      `addr add ${home.wan}/24 dev wan`,
      `addr add ${home.gateway}/${home.prefixLength} dev lan`,
      // Private addresses lead nowhere on the internet.
      "route add blackhole 10.0.0.0/8",
      "route add default via 198.51.100.1",
    ]);
    if (isOpen) await lab.ip(CORE, [`route add ${home.network} via ${home.wan}`]);
    const node = { host: HOSTS.node.v4[0], port: NODE_PORT };
    await lab.nft(home.router, natRules(home.kind, { host: home.address, node }));
    await home.takeAddress(home.address);
  }

  async #addressV6(home: Home): Promise<void> {
    await this.lab.sysctl(home.router, FORWARDING);
    await this.lab.ip(home.router, [
      `addr add ${home.wan}/64 dev wan nodad`,
      `addr add ${home.gateway}/64 dev lan nodad`,
      "route add ::/0 via fd00:51::1",
    ]);
    await this.lab.ip(CORE, [`route add ${home.network} via ${home.wan}`]);
    await home.takeAddress(home.address);
  }

  async #plug(namespace: string, device: string, port: string): Promise<void> {
    await this.lab.connect({ namespace: CORE, device: port }, { namespace, device });
    await this.lab.ip(CORE, [`link set ${port} master br0`]);
  }
}

const FORWARDING = ["net/ipv4/ip_forward=1", "net/ipv6/conf/all/forwarding=1"];
