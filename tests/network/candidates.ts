/** The ICE candidates in what a peer tells others, in offers, answers and one by one. Pure. */

/** Address, port and type (RFC 8839 section 5.1), in frames of signaling as JSON. */
const CANDIDATE = /candidate:\S+ \d+ \w+ \d+ (\S+) \d+ typ (\w+)/gi;

interface Candidate {
  readonly address: string;
  readonly type: string;
}

function candidatesIn(signals: readonly string[]): Candidate[] {
  return signals.flatMap((signal) =>
    [...signal.matchAll(CANDIDATE)].map(([, address, type]) => ({
      address: address!,
      type: type!,
    }))
  );
}

/** Each type once, "host (hidden by mDNS)" for names of RFC 8828, sorted; "none" when there is none. */
export function candidateWords(signals: readonly string[]): string {
  const words = candidatesIn(signals).map(({ address, type }) =>
    address.endsWith(".local") ? `${type} (hidden by mDNS)` : type
  );
  return [...new Set(words)].sort().join(", ") || "none";
}

/**
 * What tells where somebody is, of somebody who only wants to be reached through relays: candidates
 * that are no relay's, and frames in which one of the own `addresses` stands in any place.
 */
export function leaks(signals: readonly string[], addresses: readonly string[]): string[] {
  const isTold = (signal: string) =>
    addresses.some((address) =>
      new RegExp(`(?<![\\w.:])${address.replaceAll(".", "\\.")}(?![\\w.:])`).test(signal)
    );
  return [
    ...candidatesIn(signals).filter(({ type }) => type !== "relay")
      .map(({ address, type }) => `${type} ${address}`),
    ...signals.filter(isTold),
  ];
}
