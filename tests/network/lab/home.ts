/** One home of the lab: a router, a host behind it, and methods that break and mend their connection. */
import type { Lab } from "./lab.ts";
import { PROXY_PORT } from "./nat.ts";
import { ownProgram } from "./programs.ts";
import { HOME_KINDS, type HomeKindName } from "./theory.ts";

export class Home {
  readonly kind: HomeKindName;
  /** The namespace of its host. */
  readonly namespace: string;
  /** The namespace of its router. */
  readonly router: string;
  readonly network: string;
  readonly prefixLength: number;
  readonly gateway: string;
  /** The router's address on the public network. */
  readonly wan: string;
  /** The host's first address. */
  readonly address: string;
  readonly #lab: Lab;
  #hasOtherAddress = false;

  constructor(lab: Lab, { kind, number }: { kind: HomeKindName; number: number }) {
    this.#lab = lab;
    this.kind = kind;
    this.namespace = `home${number}`;
    this.router = `router${number}`;
    const { family, udp } = HOME_KINDS[kind];
    this.prefixLength = family === 6 ? 64 : 24;
    // Open IPv4 homes have public addresses (from the benchmark range, RFC 2544), the others private
    // ones.
    const prefix = family === 6
      ? `fd00:${number}::`
      : `${udp?.mapping === "none" ? "198.18" : "10.0"}.${number}.`;
    this.network = `${prefix}${family === 6 ? "" : "0"}/${this.prefixLength}`;
    this.gateway = `${prefix}1`;
    this.address = `${prefix}2`;
    this.wan = `${family === 6 ? "fd00:51::" : "198.51.100."}${100 + number}`;
  }

  /** Starts the proxy that strips upgrades, on the router. */
  async startProxy(node: string): Promise<void> {
    const proxy = this.#lab.spawn(this.router, ownProgram("lab/proxy.ts", [`${PROXY_PORT}`, node]));
    await proxy.printed(/listening/i);
  }

  /** Replaces the host's address by another of its network. Nothing of the old address remains. */
  async takeAddress(address: string): Promise<void> {
    const six = HOME_KINDS[this.kind].family === 6;
    await this.#lab.ip(this.namespace, [
      "addr flush dev eth0 scope global",
      `addr add ${address}/${this.prefixLength} dev eth0${six ? " nodad" : ""}`,
      `route add ${six ? "::/0" : "default"} via ${this.gateway}`,
    ]);
  }

  /** Switches the host between its two addresses: to the second, and back at the next call. */
  takeOtherAddress(): Promise<void> {
    this.#hasOtherAddress = !this.#hasOtherAddress;
    return this.takeAddress(
      this.#hasOtherAddress ? this.address.replace(/2$/, "3") : this.address,
    );
  }

  /**
   * Makes the router drop UDP. With `websocket` it also drops the TCP that it forwards, and redirects
   * new connections to the node to the proxy that strips upgrades.
   */
  async cut({ websocket }: { websocket: boolean }): Promise<void> {
    // Only new connections are redirected. Established ones are still forwarded, and therefore dropped.
    await this.#lab.nft(
      this.router,
      `table ip cut {
        chain prerouting {
          type nat hook prerouting priority dstnat - 10
          ${websocket ? `iifname "lan" tcp dport 8080 redirect to :${PROXY_PORT}` : ""}
        }
        chain forward {
          type filter hook forward priority filter - 10
          meta l4proto udp drop
          ${websocket ? "meta l4proto tcp drop" : ""}
        }
      }`,
    );
  }

  /** Makes the router drop everything to and from `addresses`, and nothing else. */
  async cutOff(addresses: readonly string[]): Promise<void> {
    const set = `{ ${addresses.join(", ")} }`;
    await this.#lab.nft(
      this.router,
      `table ip cut {
        chain forward {
          type filter hook forward priority filter - 10
          ip daddr ${set} drop
          ip saddr ${set} drop
        }
      }`,
    );
  }

  /** Undoes `cut` or `cutOff`. */
  async mend(): Promise<void> {
    await this.#lab.nft(this.router, "delete table ip cut");
  }
}
