/**
 * The `webrtc-stun` and `webrtc-turn` tiers: a DirectConnection over one RTCPeerConnection and one
 * DataChannel, with perfect negotiation (W3C WebRTC, section 10.7) and trickle ICE (RFC 8838). The
 * channel is negotiated out of band (id 0 on both sides), so neither side waits for the other's.
 */
import type {
  CreateDirectConnection,
  DirectConnection,
  DirectConnectionHandlers,
  DirectConnectionOptions,
  Signal,
} from "./direct_connection.ts";
import type { Tier } from "../protocol/mod.ts";

/** Above this a DataChannel takes nothing new: Chromium closes channels that buffer 16 MiB. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
/** Most candidates held before their description, and most known relays: far more than any machine has. */
const MAX_CANDIDATES = 100;

/** RFC 8839 section 5.1: foundation, component, transport, priority, address, port, type. */
const RELAY_CANDIDATE = /candidate:\S+ \d+ \S+ \d+ (\S+) (\d+) typ relay\b/g;

/** Abilities that an `RTCPeerConnection` may lack when it is not a browser's. */
export interface WebRtcAbilities {
  /** Default true. */
  readonly canRestart?: boolean;
}

/** Makes connections with the `RTCPeerConnection` of the platform: the browser's, or werift's. */
export function webrtcConnections(
  PeerConnection: typeof RTCPeerConnection,
  { canRestart = true }: WebRtcAbilities = {},
): CreateDirectConnection {
  return (options, handlers) => {
    try {
      return new WebRtcConnection(PeerConnection, { ...options, canRestart }, handlers);
    } catch (error) {
      // Browsers throw for one connection too many, and for a server URL that they can't read.
      return refusedConnection(error instanceof Error ? error.message : String(error), handlers);
    }
  };
}

/** Returns a connection that is closed from the start. Its owner gets `onClose`, as for any connection that fails. */
function refusedConnection(
  reason: string,
  { onClose }: DirectConnectionHandlers,
): DirectConnection {
  let isClosed = false;
  queueMicrotask(() => {
    if (!isClosed) onClose(reason);
  });
  return {
    isOpen: false,
    canRestart: false,
    gathered: new Set(),
    offer() {},
    signal() {},
    send: () => false,
    close: () => void (isClosed = true),
  };
}

class WebRtcConnection implements DirectConnection {
  readonly canRestart: boolean;
  readonly #gathered = new Set<string>();
  readonly #connection: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #handlers: DirectConnectionHandlers;
  readonly #isPolite: boolean;
  #isMakingOffer = false;
  #ignoresOffer = false;
  #wasOpen = false;
  #isClosed = false;
  #earlyCandidates: RTCIceCandidateInit[] = [];
  /** `address:port` of the other side's relay candidates. */
  readonly #remoteRelays = new Set<string>();
  /** Descriptions and candidates are applied one after another, in the order they came. */
  #applying: Promise<void> = Promise.resolve();

  constructor(
    PeerConnection: typeof RTCPeerConnection,
    { isPolite, iceServers, isRelayOnly, canRestart }: DirectConnectionOptions & {
      canRestart: boolean;
    },
    handlers: DirectConnectionHandlers,
  ) {
    this.canRestart = canRestart;
    this.#handlers = handlers;
    this.#isPolite = isPolite;
    const connection = new PeerConnection({
      iceServers: iceServers as RTCIceServer[],
      iceTransportPolicy: isRelayOnly ? "relay" : "all",
    });
    this.#connection = connection;
    this.#channel = connection.createDataChannel("e-goat", { negotiated: true, id: 0 });
    connection.onicecandidate = ({ candidate }) => {
      if (!candidate) return;
      const type = / typ (\w+)/.exec(candidate.candidate)?.[1];
      if (type !== undefined) this.#gathered.add(type);
      this.#tell({ type: "ice", ...candidateFields(candidate) });
    };
    connection.onconnectionstatechange = () => {
      if (connection.connectionState === "failed") this.#fail("ICE found no route");
      if (connection.connectionState === "connected" && this.#wasOpen) this.#announce();
    };
    connection.oniceconnectionstatechange = () => {
      // After an ICE restart the route may be another one, with the connection open all the time.
      if (this.#wasOpen && connection.iceConnectionState === "connected") this.#announce();
    };
    this.#channel.onopen = () => this.#announce();
    this.#channel.onclose = () => this.#fail("the other side closed the channel");
    this.#channel.onmessage = ({ data }) => {
      if (typeof data === "string") handlers.onFrame(data);
    };
  }

  get gathered(): ReadonlySet<string> {
    return this.#gathered;
  }

  get isOpen(): boolean {
    return !this.#isClosed && this.#channel.readyState === "open";
  }

  offer(): void {
    this.#enqueue(async () => {
      // An own offer without an answer does not stop this: it may be lost, so it is made again.
      if (this.#connection.signalingState === "have-remote-offer") return;
      this.#isMakingOffer = true;
      try {
        const offer = await this.#connection.createOffer({ iceRestart: this.#wasOpen });
        if (this.#isClosed) return;
        await this.#connection.setLocalDescription(offer);
        this.#tell({ type: "offer", sdp: this.#connection.localDescription?.sdp ?? "" });
      } finally {
        this.#isMakingOffer = false;
      }
    });
  }

  signal(signal: Signal): void {
    this.#enqueue(() =>
      signal.type === "ice" ? this.#addCandidate(signal) : this.#describe(signal)
    );
  }

  send(text: string): boolean {
    if (!this.isOpen || this.#channel.bufferedAmount > MAX_BUFFERED_BYTES) return false;
    try {
      this.#channel.send(text);
      return true;
    } catch {
      // The channel closed, or filled up, between the check and the call.
      return false;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#earlyCandidates = [];
    this.#channel.onopen = this.#channel.onclose = this.#channel.onmessage = null;
    this.#connection.onicecandidate = this.#connection.onconnectionstatechange = null;
    this.#connection.oniceconnectionstatechange = null;
    this.#connection.close();
  }

  #enqueue(apply: () => Promise<void>): void {
    this.#applying = this.#applying.then(async () => {
      if (!this.#isClosed) await apply();
    }).catch((error) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#fail(`negotiation failed: ${reason}`);
    });
  }

  async #describe({ type, sdp }: { type: "offer" | "answer"; sdp: string }): Promise<void> {
    const connection = this.#connection;
    const isCollision = type === "offer" &&
      (this.#isMakingOffer || connection.signalingState !== "stable");
    this.#ignoresOffer = isCollision && !this.#isPolite;
    if (this.#ignoresOffer) return;
    // An answer to an offer that was rolled back meanwhile.
    if (type === "answer" && connection.signalingState !== "have-local-offer") return;

    this.#noteRelays(sdp);
    await connection.setRemoteDescription({ type, sdp });
    for (const candidate of this.#earlyCandidates.splice(0)) {
      await connection.addIceCandidate(candidate).catch(() => {});
    }
    if (type === "answer") return;
    await connection.setLocalDescription(await connection.createAnswer());
    this.#tell({ type: "answer", sdp: connection.localDescription?.sdp ?? "" });
  }

  async #addCandidate(signal: Signal & { type: "ice" }): Promise<void> {
    if (signal.candidate === undefined || this.#ignoresOffer) return;
    this.#noteRelays(signal.candidate);
    const { type: _, ...fields } = signal;
    const candidate = fields as RTCIceCandidateInit;
    if (this.#connection.remoteDescription === null) {
      if (this.#earlyCandidates.length < MAX_CANDIDATES) {
        this.#earlyCandidates.push(candidate);
      }
      return;
    }
    // A candidate that can't be used, or belongs to an offer that was rolled back, is dropped alone.
    await this.#connection.addIceCandidate(candidate).catch(() => {});
  }

  /** Notes relay addresses: a relay looks peer-reflexive when its check overtakes its signal. */
  #noteRelays(candidates: string): void {
    for (const [, address, port] of candidates.matchAll(RELAY_CANDIDATE)) {
      if (this.#remoteRelays.size >= MAX_CANDIDATES) return;
      this.#remoteRelays.add(`${address}:${port}`);
      if (this.isOpen) this.#announce();
    }
  }

  #tell(signal: Signal): void {
    if (!this.#isClosed) this.#handlers.onSignal(signal);
  }

  #announce(): void {
    const isFirst = !this.#wasOpen;
    this.#wasOpen = true;
    selectedTier(this.#connection, this.#remoteRelays).then((tier) => {
      // After the first time, no selected pair means that ICE is looking for another one.
      if (this.isOpen && (tier !== null || isFirst)) this.#handlers.onOpen(tier ?? "webrtc-stun");
    });
  }

  #fail(reason: string): void {
    if (this.#isClosed) return;
    this.close();
    this.#handlers.onClose(reason);
  }
}

function candidateFields(candidate: RTCIceCandidate): Omit<Signal & { type: "ice" }, "type"> {
  const { sdpMid, sdpMLineIndex, usernameFragment } = candidate;
  return { candidate: candidate.candidate, sdpMid, sdpMLineIndex, usernameFragment };
}

/** Returns the tier of the selected candidate pair: relayed if either candidate is; null without a pair. */
async function selectedTier(
  connection: RTCPeerConnection,
  remoteRelays: ReadonlySet<string>,
): Promise<Tier | null> {
  const stats = await connection.getStats().catch(() => null);
  const byId = new Map<string, Record<string, unknown>>();
  stats?.forEach((report: Record<string, unknown>) => byId.set(String(report["id"]), report));
  const pair = selectedPair(byId);
  if (pair === undefined) return null;
  const local = byId.get(String(pair["localCandidateId"]));
  const remote = byId.get(String(pair["remoteCandidateId"]));
  const isRelayed = [local, remote].some((end) => end?.["candidateType"] === "relay") ||
    remoteRelays.has(`${remote?.["address"]}:${remote?.["port"]}`);
  return isRelayed ? "webrtc-turn" : "webrtc-stun";
}

/** Returns the pair in use. Several can be nominated: the transport, or (Firefox) the pair itself, tells. */
function selectedPair(
  byId: ReadonlyMap<string, Record<string, unknown>>,
): Record<string, unknown> | undefined {
  const reports = [...byId.values()];
  const transport = reports.find(({ type }) => type === "transport");
  return byId.get(String(transport?.["selectedCandidatePairId"])) ??
    reports.find(({ type, selected }) => type === "candidate-pair" && selected === true) ??
    reports.find(({ type, nominated, state }) =>
      type === "candidate-pair" && nominated === true && state === "succeeded"
    );
}
