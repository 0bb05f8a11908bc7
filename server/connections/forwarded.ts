/**
 * Reads from a reverse proxy's headers which client it passes a request on for: the client's address, and
 * the host that the client sent the request to. Only headers of the proxies of `--trust-proxy` count.
 * Headers of any other sender are ignored. `forwarded_fields.ts` parses the headers.
 */
import { BlockList } from "node:net";
import { plainAddress } from "../ip_address.ts";
import {
  addressIn,
  fromRight,
  hostIn,
  parseForwarded,
  type Scheme,
  schemeIn,
} from "./forwarded_fields.ts";

/** A request as it was before the proxies passed it on. */
export interface Forwarded {
  readonly address: string;
  /** Null when no proxy sent it. */
  readonly scheme: Scheme | null;
  /** With its port, unless that is the scheme's default; null when no proxy sent it. */
  readonly host: string | null;
}

export class TrustedProxies {
  readonly #list = new BlockList();

  /** The proxies of `blocks`, for each of which `isAddressBlock` holds. */
  constructor(blocks: readonly string[]) {
    for (const block of blocks) {
      const [address, bits] = block.split("/");
      const plain = plainAddress(address!);
      if (bits === undefined) this.#list.addAddress(plain, familyOf(plain));
      else this.#list.addSubnet(plain, Number(bits), familyOf(plain));
    }
  }

  has(address: string): boolean {
    const plain = plainAddress(address);
    return this.#list.check(plain, familyOf(plain));
  }

  /**
   * Reads the headers of a request that came from `proxy`, which is trusted. The lists are read from the
   * right, because each proxy appends the address that it got the request from: the first address that is
   * not a trusted proxy's is the client's. An element without an address ends the walk, and the last
   * address before it counts. If `X-Forwarded-For` is present, `Forwarded` is ignored: most proxies that
   * write the former pass on the latter as their client sent it.
   */
  read(headers: Headers, proxy: string): Forwarded {
    const addresses = headers.get("x-forwarded-for");
    const forwarded = addresses === null ? headers.get("forwarded") : null;
    return forwarded === null
      ? this.#readLists(headers, { addresses, proxy })
      : this.#readForwarded(forwarded, proxy);
  }

  #readLists(
    headers: Headers,
    { addresses, proxy }: { addresses: string | null; proxy: string },
  ): Forwarded {
    let address = plainAddress(proxy);
    let hops = 0;
    for (const element of addresses === null ? [] : fromRight(addresses)) {
      hops++;
      const before = addressIn(element);
      address = before ?? address;
      if (before === null || !this.has(before)) break;
    }
    // The element of the proxy that named the client. A proxy that replaces the list leaves fewer elements.
    const nth = (name: string) => nthFromRight(headers.get(name), Math.max(1, hops));
    const scheme = schemeIn(nth("x-forwarded-proto"));
    return { address, scheme, host: hostIn(nth("x-forwarded-host"), scheme ?? "http") };
  }

  #readForwarded(list: string, proxy: string): Forwarded {
    let address = plainAddress(proxy);
    let scheme: Scheme | null = null;
    let host = "";
    for (const text of fromRight(list)) {
      const element = parseForwarded(text);
      if (element === null) break;
      scheme = element.scheme ?? scheme;
      host = element.host ?? host;
      address = element.address ?? address;
      if (element.address === null || !this.has(element.address)) break;
    }
    return { address, scheme, host: hostIn(host, scheme ?? "http") };
  }
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return address.includes(":") ? "ipv6" : "ipv4";
}

/** Returns the `count`th element from the right, or the leftmost one when there are fewer. */
function nthFromRight(list: string | null, count: number): string {
  let found = "";
  let seen = 0;
  for (const element of list === null ? [] : fromRight(list)) {
    found = element;
    if (++seen === count) break;
  }
  return found;
}
