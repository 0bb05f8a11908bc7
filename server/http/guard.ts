/**
 * Decides which web pages may use the node. Any page that its user visits can reach its API, so the `Host`
 * must be a name of the node (a rebound DNS name is not), and a request that changes state must come from a
 * page of the node itself. Programs that send no `Origin` are allowed.
 */
import { UserError } from "../../transport/errors.ts";
import type { Settings } from "../settings/settings.ts";

/** Limit of the remembered good hosts: a node has a handful of names, so more are an attack. */
const MAX_KNOWN_HOSTS = 256;

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

export class Guard {
  readonly #names = new Set<string>();
  readonly #knownHosts = new Set<string>();
  /** The page may be on one port of the node, and its socket on the other. */
  #ownPorts: readonly number[] = [];

  constructor(settings: Pick<Settings, "publicBase" | "allowHosts">) {
    for (const host of settings.allowHosts) this.#names.add(host.toLowerCase());
    if (settings.publicBase !== null) this.#names.add(new URL(settings.publicBase).host);
  }

  /** Sets the ports on which the node listens, once they are open. */
  setOwnPorts(ports: readonly number[]): void {
    this.#ownPorts = ports;
  }

  /**
   * Checks the host that a request was sent to.
   * @throws {UserError} `bad-host`
   */
  checkHost(host: string): void {
    if (this.#knownHosts.has(host)) return;
    if (!this.#isAllowed(host.toLowerCase())) {
      throw new UserError(
        "bad-host",
        `This node does not answer to "${clip(host)}": start it with --allow-host to change that`,
      );
    }
    if (this.#knownHosts.size < MAX_KNOWN_HOSTS) this.#knownHosts.add(host);
  }

  /**
   * Checks that no other site's page sent a request to `host`, by its headers.
   * @throws {UserError} `bad-origin`
   */
  checkOrigin(headers: Headers, host: string): void {
    const origin = headers.get("origin");
    if (origin === null) {
      // Images and scripts of another page send no Origin, but browsers send `Sec-Fetch-Site`.
      const site = headers.get("sec-fetch-site");
      if (site === "cross-site" || site === "same-site") throw badOrigin(site);
      return;
    }
    if (!this.#isOwnOrigin(origin, host.toLowerCase())) throw badOrigin(origin);
  }

  #isAllowed(host: string): boolean {
    if (this.#names.has(host)) return true;
    const name = host.replace(/:\d*$/, "");
    // A page on a rebound DNS name sends that name. An address or localhost can't be rebound.
    return this.#names.has(name) || name === "localhost" || name.endsWith(".localhost") ||
      IPV4.test(name) || name.startsWith("[");
  }

  #isOwnOrigin(origin: string, requestHost: string): boolean {
    const url = URL.parse(origin);
    if (url === null || !/^https?:$/.test(url.protocol)) return false;
    if (url.host === requestHost || this.#names.has(url.host)) return true;
    if (this.#names.has(url.hostname)) return true;
    const own = URL.parse(`${url.protocol}//${requestHost}`);
    return own !== null && own.hostname === url.hostname && this.#ownPorts.includes(portOf(url));
  }
}

function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

function badOrigin(origin: string): UserError {
  return new UserError(
    "bad-origin",
    `Pages of "${clip(origin)}" may not use this node: start it with --allow-host to change that`,
  );
}

function clip(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
