/** The addresses of this machine that people on the same network can open. */

/** Base URLs that others on the local network can use, IPv4 first; IPv6 only when there is no IPv4. */
export function lanBases(port: number, options: { scheme: "http" | "https" }): string[] {
  const hosts = interfaceAddresses();
  const v4 = hosts.filter((host) => host.family === "IPv4" && !isLocalV4(host.address));
  const v6 = hosts.filter((host) => host.family === "IPv6" && !isLocalV6(host.address));
  const chosen = v4.length > 0 ? v4.map((host) => host.address) : v6.map((h) => `[${h.address}]`);
  return chosen.map((host) => baseUrl(host, port, options.scheme));
}

/** `scheme://host:port`, without the port where it is the scheme's own. */
export function baseUrl(host: string, port: number, scheme: "http" | "https"): string {
  return new URL(`${scheme}://${host}:${port}`).origin;
}

/** Whether only this computer can reach a node that listens on `host`. */
export function isLoopback(host: string | null): boolean {
  if (host === null) return false;
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** Virtual bridges last: containers' networks are rarely where the other person is. */
function interfaceAddresses(): Deno.NetworkInterfaceInfo[] {
  const isVirtual = (name: string) => /^(docker|br-|veth|virbr|vmnet|vEthernet)/.test(name);
  return listInterfaces().sort((a, b) => Number(isVirtual(a.name)) - Number(isVirtual(b.name)));
}

function listInterfaces(): Deno.NetworkInterfaceInfo[] {
  try {
    return Deno.networkInterfaces();
  } catch {
    // Some sandboxes forbid the question; the node is still reachable, it only can't say where.
    return [];
  }
}

function isLocalV4(address: string): boolean {
  return address.startsWith("127.") || address.startsWith("169.254.");
}

function isLocalV6(address: string): boolean {
  return address === "::1" || /^fe[89ab]/i.test(address);
}
