/** The addresses of this machine that people on the same network can open. */

/** Base URLs that others on the local network can use, IPv4 first; IPv6 only when there is no IPv4. */
export function lanBases(port: number, options: { scheme: "http" | "https" }): string[] {
  const hosts = interfaceAddresses();
  const v4 = hosts.filter((host) => host.family === "IPv4" && !isLocalV4(host.address));
  const v6 = hosts.filter((host) => host.family === "IPv6" && !isLocalV6(host.address));
  const chosen = v4.length > 0 ? v4.map((host) => host.address) : v6.map((h) => `[${h.address}]`);
  return chosen.map((host) => baseUrl(host, port, options.scheme));
}

/** `scheme://host:port`, without the port when it is the scheme's default. */
export function baseUrl(host: string, port: number, scheme: "http" | "https"): string {
  return new URL(`${scheme}://${host}:${port}`).origin;
}

/** Whether only this computer can reach a node that listens on `host`. */
export function isLoopback(host: string | null): boolean {
  if (host === null) return false;
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** The network interfaces, virtual bridges last: other people are rarely on a container's network. */
function interfaceAddresses(): Deno.NetworkInterfaceInfo[] {
  const isVirtual = (name: string) => /^(docker|br-|veth|virbr|vmnet|vEthernet)/.test(name);
  return listInterfaces().sort((a, b) => Number(isVirtual(a.name)) - Number(isVirtual(b.name)));
}

function listInterfaces(): Deno.NetworkInterfaceInfo[] {
  try {
    return Deno.networkInterfaces();
  } catch {
    // Some sandboxes forbid this call. The node is still reachable, but can't list its addresses.
    return [];
  }
}

function isLocalV4(address: string): boolean {
  return address.startsWith("127.") || address.startsWith("169.254.");
}

function isLocalV6(address: string): boolean {
  return address === "::1" || /^fe[89ab]/i.test(address);
}
