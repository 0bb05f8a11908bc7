/**
 * Asks STUN and TURN servers about this network through an `RTCPeerConnection` that connects to no
 * peer: it gathers candidates (RFC 8445 section 5.1.1) and is closed. NAT behaviours are named as in
 * RFC 4787.
 */
import type { IceServer } from "../protocol/mod.ts";
import type { SocketAddress } from "../stun_message.ts";

/** The answers of STUN servers (RFC 8489). */
export interface StunReport {
  /** The servers that answered; `seen` is null where it is this computer's own address. */
  readonly answered: readonly { readonly server: string; readonly seen: SocketAddress | null }[];
  readonly mappings: Mappings;
  /** Addresses of this side that the second addresses of those servers saw (RFC 5780), where asked. */
  readonly others?: readonly { readonly server: string; readonly seen: SocketAddress }[];
  /** Whether two ports of one server address saw different ports of the NAT; null when unknown. */
  readonly isPortDependent?: boolean | null;
  /** The filtering behaviour of the NAT; null when it is unknown. */
  readonly filtering: NatBehaviour | null;
}

/** The `address:port`s that servers saw, by the socket that asked and the `scopeKey` of the address. */
export type Mappings = ReadonlyMap<string, ReadonlySet<string>>;

/** RFC 4787 sections 4.1 and 5; `none`: nothing translates addresses. */
export type NatBehaviour =
  | "none"
  | "endpoint-independent"
  | "address-dependent"
  | "address-and-port-dependent";

/** Asks every server of `urls`. Leaves out servers that have not answered when `signal` is aborted. */
export type ProbeStun = (urls: readonly string[], signal: AbortSignal) => Promise<StunReport>;

/** A local ICE candidate. */
export interface Candidate extends SocketAddress {
  readonly type: string;
  /** `address:port` that it was gathered from; empty where the browser hides it. */
  readonly base: string;
}

/** RFC 8839 section 5.1: foundation, component, transport, priority, address, port, type, related. */
const CANDIDATE =
  /^(?:a=)?candidate:\S+ \d+ \S+ \d+ (\S+) (\d+) typ (\w+)(?: raddr (\S+) rport (\d+))?/i;

/** Parses a candidate-attribute; null when `text` is none. */
export function parseCandidate(text: string): Candidate | null {
  const [, address, port, type, relatedAddress, relatedPort] = CANDIDATE.exec(text) ?? [];
  if (address === undefined || port === undefined || type === undefined) return null;
  const isHidden = relatedPort === undefined || relatedPort === "0";
  const base = isHidden ? "" : `${relatedAddress}:${relatedPort}`;
  return { type, address, port: Number(port), base };
}

/**
 * The part of the network from which `address` is seen. A server at home sees another address than a
 * server on the internet, whatever the NAT does. So only addresses seen from one scope can be compared.
 */
export function scopeOf(address: string): "loopback" | "private" | "public" {
  if (/^127\.|^::1$/.test(address)) return "loopback";
  // RFC 1918, RFC 6598, RFC 3927, RFC 4193 and RFC 4291 section 2.5.6.
  const isPrivate =
    /^(10|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])|169\.254)\./;
  return isPrivate.test(address) || /^(f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):/i.test(address)
    ? "private"
    : "public";
}

/** Notes that a server saw the packets of `socket` come from `seen`. */
export function addMapping(
  mappings: Map<string, Set<string>>,
  { socket, seen: { address, port } }: { socket: string; seen: SocketAddress },
): void {
  const key = `${scopeKey(address)} ${socket}`;
  mappings.set(key, (mappings.get(key) ?? new Set()).add(`${address}:${port}`));
}

/** Family and scope of `address`. Addresses can be compared when both are the same. */
function scopeKey(address: string): string {
  return `${address.includes(":") ? "IPv6" : "IPv4"} ${scopeOf(address)}`;
}

/** The mapping behaviour of the NAT; null when `report` does not tell it. */
export function natMapping(report: StunReport): NatBehaviour | null {
  const { answered, mappings, others = [], isPortDependent } = report;
  if ([...mappings.values()].some(({ size }) => size > 1)) {
    return isPortDependent === false ? "address-dependent" : "address-and-port-dependent";
  }
  const hosts = new Map<string, Set<string>>();
  for (const { server, seen } of [...answered, ...others]) {
    if (seen === null) continue;
    const scope = scopeKey(seen.address);
    // Two ports of one host count once: a NAT that maps by address treats both alike.
    hosts.set(scope, (hosts.get(scope) ?? new Set()).add(server.replace(/:\d+$/, "")));
  }
  if (hosts.size === 0) return answered.length > 0 ? "none" : null;
  const isCompared = [...hosts.values()].some(({ size }) => size > 1) && mappings.size > 0;
  return isCompared ? "endpoint-independent" : null;
}

/** Returns a {@linkcode ProbeStun} that gathers candidates. A browser doesn't tell how a NAT filters. */
export function stunByGathering(PeerConnection: typeof RTCPeerConnection): ProbeStun {
  return async (urls, signal) => {
    const ask = (some: readonly string[]) =>
      gather(PeerConnection, {
        iceServers: some.map((url) => ({ urls: url })),
        signal,
        isEnough: () => false,
      });
    // Asking each server alone tells which ones answer. Asking all from one socket tells whether they
    // see the same address.
    const [together, ...alone] = await Promise.all([ask(urls), ...urls.map((url) => ask([url]))]);
    const answered: { server: string; seen: SocketAddress | null }[] = [];
    for (const [index, { candidates, isComplete, hasError }] of alone.entries()) {
      const reflexive = candidates.find(({ type }) => type === "srflx");
      // The platform reports no reflexive candidate when STUN sees the computer's own address.
      const isOwn = reflexive === undefined
        ? isComplete && !hasError && candidates.length > 0
        : scopeOf(reflexive.address) === "loopback";
      const seen = isOwn ? null : reflexive ?? null;
      if (seen !== null || isOwn) answered.push({ server: urls[index]!, seen });
    }
    return { answered, mappings: groupByBase(together.candidates), filtering: null };
  };
}

function groupByBase(candidates: readonly Candidate[]): Mappings {
  const mappings = new Map<string, Set<string>>();
  for (const candidate of candidates) {
    if (candidate.type !== "srflx" || scopeOf(candidate.address) === "loopback") continue;
    addMapping(mappings, { socket: candidate.base, seen: candidate });
  }
  return mappings;
}

/** Asks `server` for a relay address (RFC 8656); null when none came before `signal` is aborted. */
export async function askRelay(
  PeerConnection: typeof RTCPeerConnection,
  { server, signal }: { server: IceServer; signal: AbortSignal },
): Promise<SocketAddress | null> {
  const isRelay = ({ type }: Candidate) => type === "relay";
  const { candidates } = await gather(PeerConnection, {
    iceServers: [server],
    isRelayOnly: true,
    signal,
    isEnough: isRelay,
  });
  return candidates.find(isRelay) ?? null;
}

interface GatherOptions {
  readonly iceServers: readonly IceServer[];
  readonly isRelayOnly?: boolean;
  readonly signal: AbortSignal;
  /** Whether gathering can stop after this candidate. */
  readonly isEnough: (candidate: Candidate) => boolean;
}

interface Gathered {
  readonly candidates: readonly Candidate[];
  readonly isComplete: boolean;
  /** Whether a server was not reached, as far as the platform tells (`icecandidateerror`). */
  readonly hasError: boolean;
}

async function gather(
  PeerConnection: typeof RTCPeerConnection,
  { iceServers, isRelayOnly = false, signal, isEnough }: GatherOptions,
): Promise<Gathered> {
  const candidates: Candidate[] = [];
  let isComplete = false;
  let hasError = false;
  const ended = Promise.withResolvers<void>();
  let connection: RTCPeerConnection | null = null;
  const onAbort = () => ended.resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    connection = new PeerConnection({
      iceServers: iceServers as RTCIceServer[],
      iceTransportPolicy: isRelayOnly ? "relay" : "all",
    });
    connection.onicecandidateerror = () => hasError = true;
    connection.onicecandidate = ({ candidate }) => {
      // Null ends the candidates. An empty candidate ends one generation, and is skipped.
      if (!candidate) isComplete = true;
      const parsed = parseCandidate(candidate?.candidate ?? "");
      if (parsed !== null) candidates.push(parsed);
      if (isComplete || (parsed !== null && isEnough(parsed))) ended.resolve();
    };
    connection.createDataChannel("probe");
    await connection.setLocalDescription(await connection.createOffer());
    await ended.promise;
  } catch {
    // The platform throws for a server URL that it can't parse: such a server answers nothing.
    hasError = true;
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (connection !== null) {
      connection.onicecandidate = connection.onicecandidateerror = null;
      connection.close();
    }
  }
  return { candidates, isComplete, hasError };
}
