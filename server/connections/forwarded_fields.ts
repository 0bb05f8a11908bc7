/**
 * Parses the headers in which proxies name their clients: the lists `X-Forwarded-For`, `-Proto` and
 * `-Host`, and `Forwarded` (RFC 7239). It parses single values, and walks lists from their end, where the
 * nearest proxy wrote. Anyone may have written the elements further left, so their syntax must not matter.
 * `forwarded.ts` decides which proxies are trusted.
 */
import { isIP } from "node:net";
import { plainAddress } from "../ip_address.ts";

export type Scheme = "http" | "https";

/** The values that a node uses of one element of `Forwarded`. */
export interface ForwardedElement {
  /** Null for `unknown`, an obfuscated name and anything else that is no address. */
  readonly address: string | null;
  readonly scheme: Scheme | null;
  /** Not checked yet: which port is the default depends on the scheme. */
  readonly host: string | null;
}

/** Yields the elements of a list, the last one first. A comma between quotes is part of an element. */
export function* fromRight(list: string): Generator<string> {
  let end = list.length;
  let isQuoted = false;
  for (let at = end - 1; at >= 0; at--) {
    if (list[at] === '"' && !isEscaped(list, at)) isQuoted = !isQuoted;
    if (list[at] !== "," || isQuoted) continue;
    yield list.slice(at + 1, end).trim();
    end = at;
  }
  yield list.slice(0, end).trim();
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === "\\") slashes++;
  return slashes % 2 === 1;
}

/** IPv6 in brackets or IPv4, optionally with a port, which may be obfuscated (RFC 7239 section 6). */
const NODE = /^(?:\[([^\]]+)\]|([\d.]+))(?::(?:\d{1,5}|_[\w.-]+))?$/;

/** Returns the IP address in `text`, without port, brackets and zone; null when there is none. */
export function addressIn(text: string): string | null {
  const [, bracketed, dotted] = NODE.exec(text) ?? [];
  const address = bracketed ?? dotted ?? text;
  return isIP(address) === 0 ? null : plainAddress(address);
}

/** Some proxies send the scheme of a WebSocket. */
const SCHEMES = new Map<string, Scheme>([
  ["http", "http"],
  ["https", "https"],
  ["ws", "http"],
  ["wss", "https"],
]);

export function schemeIn(text: string): Scheme | null {
  return SCHEMES.get(text.toLowerCase()) ?? null;
}

/** Returns `text` in the form of a URL's host, without the scheme's default port; null when it is no host. */
export function hostIn(text: string, scheme: Scheme): string | null {
  if (!/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(text)) return null;
  return URL.parse(`${scheme}://${text}`)?.host ?? null;
}

/** A parameter (RFC 7239 section 4). Real proxies omit the quotes that hosts and ports need. */
const PAIR = /\s*([\w!#$%&'*+.^`|~-]+)=("(?:[^"\\]|\\.)*"|[^\s;,"]+)\s*(?:;|$)/gy;

/** Parses an element of `Forwarded`; null when it is malformed. */
export function parseForwarded(element: string): ForwardedElement | null {
  const pairs = new Map<string, string>();
  let end = 0;
  for (const [whole, name, value] of element.matchAll(PAIR)) {
    // Each parameter may occur only once.
    if (pairs.has(name!.toLowerCase())) return null;
    pairs.set(name!.toLowerCase(), unquoted(value!));
    end += whole.length;
  }
  if (end < element.length || pairs.size === 0) return null;
  return {
    address: addressIn(pairs.get("for") ?? ""),
    scheme: schemeIn(pairs.get("proto") ?? ""),
    host: pairs.get("host") ?? null,
  };
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, "$1") : value;
}
