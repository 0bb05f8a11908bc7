/**
 * Finds the ICE candidates in the signaling frames of a peer: offers, answers and single candidates.
 * Pure.
 */

/** Captures address and type of a candidate (RFC 8839 section 5.1) in a signaling frame as JSON. */
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

/**
 * Candidate types, each once and sorted, with "(hidden by mDNS)" for names of RFC 8828; "none" if empty.
 */
export function candidateWords(signals: readonly string[]): string {
  const words = candidatesIn(signals).map(({ address, type }) =>
    address.endsWith(".local") ? `${type} (hidden by mDNS)` : type
  );
  return [...new Set(words)].sort().join(", ") || "none";
}

/**
 * Leaks in the `signals` of a peer that allows only relays: candidates of any other type, and frames
 * that contain one of the peer's own `addresses` anywhere.
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
