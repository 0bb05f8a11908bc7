/** The forms in which IP addresses are written: one address, and a block of them. */
import { isIP } from "node:net";

/** Returns an IP address in the node's form: IPv4-mapped IPv6 as IPv4, and without a zone. */
export function plainAddress(address: string): string {
  if (!address.includes(":")) return address;
  const bare = address.split("%")[0]!;
  const { hostname } = new URL(`http://[${bare}]`);
  const mapped = /^\[::ffff:([\da-f]+):([\da-f]+)\]$/.exec(hostname);
  if (mapped === null) return bare;
  return mapped.slice(1).map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 255]).join(".");
}

/** Whether `text` is an IP address or a block of them, such as `10.0.0.0/8`. */
export function isAddressBlock(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const family = isIP(address);
  if (family === 0 || address.includes("%") || more.length > 0) return false;
  if (bits === undefined) return true;
  // A block of IPv4 addresses must be written as IPv4, not as IPv4-mapped IPv6.
  const isMapped = family === 6 && isIP(plainAddress(address)) === 4;
  return !isMapped && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}
