/**
 * werift as the `RTCPeerConnection` of Deno. Only this folder knows werift. Composition roots and tests
 * import this file, and it is loaded only when a WebRTC peer is wanted. README.md has each defect of werift
 * that is mended here, what upstream knows of it, and the test that tells when the mend can go.
 */
import { lookup } from "node:dns/promises";
import {
  Candidate,
  candidateFoundation,
  CandidatePairState,
  candidatePriority,
  createStunOverTurnClient,
  RTCPeerConnection as WeriftPeerConnection,
} from "werift";
import type { CreateDirectConnection } from "../mesh/direct_connection.ts";
import type { SendAllowance } from "./send_allowance.ts";
import { webrtcConnections } from "../mesh/webrtc.ts";
import { limitChecks } from "./checks.ts";
import { mendDtls } from "./dtls.ts";
import { mendSctp } from "./sctp.ts";
import { useDatagrams } from "./udp.ts";

useDatagrams();

/** The size that browsers announce and `LIMITS.frameChars` needs; werift's own default is 64 KiB. */
const MAX_MESSAGE_BYTES = 256 * 1024;
/** A relay that connects later than this is too late for werift's checks. */
const TURN_CONNECT_TIMEOUT_MS = 5_000;

type IceConnection = WeriftPeerConnection["iceTransports"][number]["connection"];
/**
 * werift takes the first pair that works, on each side separately (werift issue 338). A relayed pair waits
 * this long, so that a direct pair that lost its first packet to a NAT still comes before it.
 */
const DIRECT_HEAD_START_MS = 200;

/**
 * As in Chromium. The first SCTP packet sometimes gets lost, when it arrives with the end of the DTLS
 * handshake. werift would send another only after 3 s.
 */
const SCTP_INITIAL_RTO_SECONDS = 0.5;

/** Pause between tries of a failed pair: each try sends five packets. */
const PAIR_RETRY_MS = 1_000;

type Description = Parameters<WeriftPeerConnection["setRemoteDescription"]>[0];
type RemoteCandidate = Parameters<WeriftPeerConnection["addIceCandidate"]>[0];
type RelayProtocol = Awaited<ReturnType<typeof createStunOverTurnClient>>;
type CheckedPair = IceConnection["candidatePairs"][number];

/** Private members of werift's ICE connection, which this file uses or replaces. */
interface IceInternals {
  stunServer: readonly [string, number] | undefined;
  readonly protocols: unknown[];
  readonly localUsername: string;
  getCandidatePromises(addresses: string[], timeout?: number): Promise<unknown>[];
  checkComplete(pair: CheckedPair): void;
  queryConsent(): void;
  ensureProtocol(protocol: RelayProtocol): void;
  pairLocalProtocol(protocol: RelayProtocol): void;
  appendLocalCandidate(candidate: Candidate): void;
}

/** A TURN server as its URL names it. */
interface TurnServer {
  readonly address: [string, number];
  readonly transport: "udp" | "tcp" | "tls";
  readonly username: string;
  readonly password: string;
}

/** werift's class, made to behave as a browser's wherever `webrtc.ts` can tell the difference. */
class PeerConnection extends WeriftPeerConnection {
  readonly #turnServers: readonly TurnServer[];
  readonly #hasStun: boolean;
  readonly #isRelayOnly: boolean;
  readonly #allowance: SendAllowance | null;
  readonly #mended = new WeakSet<object>();

  constructor(configuration: RTCConfiguration = {}, allowance: SendAllowance | null = null) {
    const servers = (configuration.iceServers ?? []).flatMap(({ urls, ...server }) =>
      [urls].flat().map((url) => ({ urls: url, ...server }))
    );
    const stun = servers.filter(({ urls }) => /^stuns?:/.test(urls));
    super({
      iceServers: stun,
      maxMessageSize: MAX_MESSAGE_BYTES,
      iceTransportPolicy: configuration.iceTransportPolicy ?? "all",
    });
    this.#allowance = allowance;
    this.#hasStun = stun.length > 0;
    this.#isRelayOnly = configuration.iceTransportPolicy === "relay";
    this.#turnServers = servers.flatMap(({ urls, username, credential }) =>
      parseTurnUrl(urls, { username: username ?? "", password: credential ?? "" })
    );
    Object.defineProperty(this, "gatherCandidates", { value: () => this.#gather() });
  }

  override createDataChannel(
    ...args: Parameters<WeriftPeerConnection["createDataChannel"]>
  ): ReturnType<WeriftPeerConnection["createDataChannel"]> {
    const association = this.sctpTransport?.sctp;
    const channel = super.createDataChannel(...args);
    if (association === undefined && this.sctpTransport) mendSctp(this.sctpTransport.sctp);
    return channel;
  }

  override async addIceCandidate(candidate?: RTCIceCandidateInit): Promise<void> {
    const adding = super.addIceCandidate(candidate as RemoteCandidate);
    // werift waits 10 s for an mDNS name that nobody here resolves (RFC 8828, werift pull request 378). The
    // caller must not wait.
    if (candidate?.candidate?.includes(".local ")) return void adding.catch(() => {});
    await adding;
  }

  override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    // This SDP line makes werift give up when no pair is left, though own candidates may still come.
    const sdp = description.sdp?.replace(/^a=end-of-candidates\r?\n/gm, "") ?? "";
    await super.setRemoteDescription({ type: description.type, sdp } as Description);
  }

  /**
   * Resolves as soon as there is a candidate, so that the description goes out and the other candidates
   * trickle (RFC 8838). werift's own method waits for the slowest server (werift issue 215).
   */
  async #gather(): Promise<void> {
    // Set before there is a connection on which SCTP could start.
    const sctp = this.sctpTransport?.sctp as { rto: number } | undefined;
    if (sctp !== undefined) sctp.rto = SCTP_INITIAL_RTO_SECONDS;
    for (const transport of this.dtlsTransports) {
      if (this.#mended.has(transport)) continue;
      this.#mended.add(transport);
      mendDtls(transport);
    }
    const transports = this.iceTransports.filter(({ gatheringState }) => gatheringState === "new");
    await Promise.all(transports.map((transport) => {
      this.#mend(transport.connection);
      const first = Promise.withResolvers<void>();
      const { unSubscribe } = transport.connection.onIceCandidate.subscribe(() => first.resolve());
      const all = transport.gather().catch(() => {});
      return Promise.race([all, first.promise]).then(() => unSubscribe());
    }));
  }

  #mend(connection: IceConnection): void {
    const inner = connection as unknown as IceInternals;
    if (this.#mended.has(connection)) return;
    this.#mended.add(connection);
    // Without a STUN server, werift would ask Google's (werift issue 691).
    if (!this.#hasStun) inner.stunServer = undefined;
    const allowance = this.#allowance;
    if (allowance !== null) {
      const ensure = inner.ensureProtocol.bind(connection);
      inner.ensureProtocol = (protocol) => {
        limitChecks(protocol, allowance);
        ensure(protocol);
      };
    }
    const gather = inner.getCandidatePromises.bind(connection);
    inner.getCandidatePromises = (addresses, timeout) => [
      // Without a TURN server of its own, werift gathers its own addresses whatever the policy says.
      ...this.#isRelayOnly ? [] : gather(addresses, timeout),
      ...this.#turnServers.map((server) =>
        gatherRelay(connection, server, { isHidden: this.#isRelayOnly })
      ),
    ];
    const complete = inner.checkComplete.bind(connection);
    const select = (pair: CheckedPair) => {
      if (connection.state === "closed" || !connection.candidatePairs.includes(pair)) return;
      complete(pair);
      const { nominated } = connection;
      if (!pair.nominated || nominated === undefined || nominated.priority >= pair.priority) return;
      // The best of several nominated pairs counts (RFC 5245 section 8.1.1.2), or the two sides differ: werift
      // keeps the first (werift pull request 272, issue 416).
      connection.nominated = pair;
      inner.queryConsent();
      this.oniceconnectionstatechange?.();
    };
    inner.checkComplete = (pair) => {
      if (pair.state !== CandidatePairState.SUCCEEDED) retryLater(connection, pair);
      else if (isSurelyDirect(pair)) select(pair);
      else setTimeout(() => select(pair), DIRECT_HEAD_START_MS);
    };
  }
}

/**
 * Tries a failed pair again. werift tries a pair for 1.5 s, and gives up when all pairs have failed. But
 * other pairs may still come, and the network may recover. Browsers also go on until the owner closes the
 * connection.
 */
function retryLater(connection: IceConnection, pair: CheckedPair): void {
  delete (pair as { handle?: unknown }).handle;
  setTimeout(() => {
    const isWanted = connection.nominated === undefined && connection.candidatePairs.includes(pair);
    if (isWanted && pair.state === CandidatePairState.FAILED) {
      pair.updateState(CandidatePairState.WAITING);
    }
  }, PAIR_RETRY_MS);
}

/** Whether the pair surely has no relay. A relay looks peer-reflexive when its check overtakes its signal. */
function isSurelyDirect({ protocol, remoteCandidate: { type } }: CheckedPair): boolean {
  return protocol.type !== "turn" && (type === "host" || type === "srflx");
}

/** Asks one TURN server for a relay. werift itself asks only the first server, and uses TCP after UDP. */
async function gatherRelay(
  connection: IceConnection,
  server: TurnServer,
  { isHidden }: { isHidden: boolean },
): Promise<void> {
  const { generation } = connection;
  const protocol = await connectTurn(server);
  if (protocol === null) return;
  if (connection.state === "closed" || connection.generation !== generation) {
    return await protocol.close();
  }
  const inner = connection as unknown as IceInternals;
  inner.ensureProtocol(protocol);
  inner.protocols.push(protocol);
  const [host, port] = protocol.turn.relayedAddress;
  // The related address is our address as the relay sees it. When it must stay hidden, it is left out, as
  // browsers do.
  const [relatedHost, relatedPort] = isHidden ? ["0.0.0.0", 0] : protocol.turn.mappedAddress;
  protocol.localCandidate = new Candidate(
    candidateFoundation("relay", "udp", `${host}/${server.transport}`),
    1,
    "udp",
    candidatePriority("relay", server.transport === "udp" ? 65535 : 65534),
    host,
    port,
    "relay",
    relatedHost,
    relatedPort,
    undefined,
    generation,
    inner.localUsername,
  );
  inner.pairLocalProtocol(protocol);
  inner.appendLocalCandidate(protocol.localCandidate);
}

/**
 * Connects to a TURN server; null when it gives no relay. For a host name, werift uses UDP over IPv4 only,
 * unless a family is given.
 */
async function connectTurn(server: TurnServer): Promise<RelayProtocol | null> {
  const { address, transport, ...login } = server;
  const found = await lookup(address[0], { all: true }).catch(() => []);
  const families = new Set(found.map(({ family }): 4 | 6 => family === 6 ? 6 : 4));
  for (const udpFamily of families) {
    const options = { transport, udpFamily, connectTimeoutMs: TURN_CONNECT_TIMEOUT_MS };
    const protocol = await createStunOverTurnClient({ address, ...login }, options)
      .catch(() => null);
    // TCP and TLS resolve the name themselves, so one try is enough.
    if (protocol !== null || transport !== "udp") return protocol;
  }
  return null;
}

function parseTurnUrl(
  url: string,
  login: { username: string; password: string },
): TurnServer[] {
  const match = /^(turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$/i.exec(url);
  if (match === null) return [];
  const [, scheme, host = "", port, transport = "udp"] = match;
  const isTls = scheme?.toLowerCase() === "turns";
  return [{
    address: [host.replace(/^\[|\]$/g, ""), Number(port ?? (isTls ? 5349 : 3478))],
    transport: isTls ? "tls" : transport as "udp" | "tcp",
    ...login,
  }];
}

/** For code that takes a browser's `RTCPeerConnection`. */
export const weriftPeerConnection = PeerConnection as unknown as typeof RTCPeerConnection;

/** werift's ICE restart (werift pull request 430) leaves a connection that looks open and carries nothing. */
const ABILITIES = { canRestart: false };

/** Makes connections with werift. */
export const weriftConnections = webrtcConnections(weriftPeerConnection, ABILITIES);

/** The same, for one connection that sends to unanswered addresses only within `allowance`. */
export function weriftConnectionsWithin(allowance: SendAllowance): CreateDirectConnection {
  class LimitedConnection extends PeerConnection {
    constructor(configuration: RTCConfiguration) {
      super(configuration, allowance);
    }
  }
  return webrtcConnections(LimitedConnection as unknown as typeof RTCPeerConnection, ABILITIES);
}
