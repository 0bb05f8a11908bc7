/**
 * Checks which tiers a network allows, and says what would help. It joins throwaway rooms of a node and
 * asks the STUN and TURN servers that the node offers; it stores nothing anywhere.
 */
import * as z from "zod/mini";
import { isPublicError } from "../errors.ts";
import { withOwnStun } from "../mesh/ice_servers.ts";
import { askRelay, natMapping, type ProbeStun, stunByGathering } from "./ice_probe.ts";
import type { JoinTarget } from "../uplink/join.ts";
import { ProbeMember, throwawayTarget, type Welcome } from "./join_probe.ts";
import { largestEchoed, loopbackEcho } from "./message_size_probe.ts";
import type { CreateDirectConnection } from "../mesh/direct_connection.ts";
import type { IceServer } from "../protocol/mod.ts";
import type { Clock, Transport } from "../transport.ts";
import * as words from "./words.ts";
import { type Check, TURN_KINDS, type TurnKind } from "./checks.ts";

/** The parts of the platform that the checks use. Without WebRTC, the parts that need it are null. */
export interface DoctorPlatform {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly websocket: Transport<JoinTarget>;
  readonly polling: Transport<JoinTarget>;
  /** A DataChannel to the node, negotiated over one of the two transports above. */
  readonly datagrams: Transport<JoinTarget> | null;
  readonly createConnection: CreateDirectConnection | null;
  readonly PeerConnection: typeof RTCPeerConnection | null;
  /** Asks STUN servers over sockets, where the platform has them; otherwise candidates are gathered. */
  readonly probeStun?: ProbeStun | undefined;
  /**
   * Checks the certificate of a TURN server over TLS, where WebRTC does not tell why it gave no relay.
   */
  readonly certificateProblem?: CertificateProblem | undefined;
}

/** Why the certificate of the server of a `turns:` URL is not trusted here; null when it is trusted. */
export type CertificateProblem = (url: string, signal: AbortSignal) => Promise<string | null>;

export interface DiagnoseOptions {
  readonly nodeUrl: string;
  readonly signal: AbortSignal;
}

/** A node or a relay that takes longer is of no use in a chat. */
const ANSWER_TIMEOUT_MS = 5_000;
/**
 * STUN sends requests at 0, 500, 1,500 and 3,500 ms (RFC 8489 section 6.2.1): all four are lost by
 * then.
 */
const STUN_TIMEOUT_MS = 4_000;

const nodeAnswer = z.object({ version: z.string() });

/**
 * Runs every check and passes each result to `onCheck`, in the order of the list that it returns. A
 * check that can't be done gives a result that says so, never an exception.
 * @throws {DOMException} `AbortError` when `signal` is aborted; nothing stays open then.
 */
export async function diagnose(
  platform: DoctorPlatform,
  onCheck: (check: Check) => void,
  options: DiagnoseOptions,
): Promise<readonly Check[]> {
  const doctor = new Doctor(platform, onCheck, options);
  try {
    return await doctor.run();
  } finally {
    doctor.close();
  }
}

class Doctor {
  readonly #platform: DoctorPlatform;
  readonly #onCheck: (check: Check) => void;
  readonly #options: DiagnoseOptions;
  readonly #checks: Check[] = [];
  readonly #members: ProbeMember[] = [];
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;

  constructor(
    platform: DoctorPlatform,
    onCheck: (check: Check) => void,
    options: DiagnoseOptions,
  ) {
    this.#platform = platform;
    this.#onCheck = onCheck;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#ended.signal]);
  }

  async run(): Promise<readonly Check[]> {
    this.#report(await this.#askNode());
    const { websocket, polling } = this.#platform;
    const overWebSocket = await this.#join("websocket", websocket);
    const overPolling = await this.#join("polling", polling);
    const member = overWebSocket ?? overPolling;
    const servers = member === null ? null : this.#servers(member.welcome);
    // Run in parallel, as each may wait until its timeout; reported in this order.
    const findings = [
      this.#stun(servers),
      ...TURN_KINDS.map((kind) => this.#turn(kind, servers)),
      this.#dataChannel(member),
    ];
    for (const finding of findings) finding.catch(() => {});
    for (const finding of findings) for (const check of await finding) this.#report(check);
    return this.#checks;
  }

  /** Aborts the checks that still run, and leaves the rooms. */
  close(): void {
    this.#ended.abort();
    for (const member of this.#members.splice(0).reverse()) member.leave();
  }

  #report(check: Check): void {
    this.#options.signal.throwIfAborted();
    this.#checks.push(check);
    this.#onCheck(check);
  }

  #servers({ ice_servers, stun_port }: Welcome): readonly IceServer[] {
    return withOwnStun(ice_servers, { nodeUrl: this.#options.nodeUrl, port: stun_port });
  }

  async #askNode(): Promise<Check> {
    const { fetch, clock } = this.#platform;
    const startedMs = clock.now();
    try {
      const answer = await this.#within(ANSWER_TIMEOUT_MS, async (signal) => {
        const response = await fetch(new URL("/config", this.#options.nodeUrl), { signal });
        return nodeAnswer.safeParse(await response.json());
      });
      if (!answer.success) return words.notANode(this.#options.nodeUrl);
      return words.nodeAnswers(answer.data.version, clock.now() - startedMs);
    } catch {
      return words.noNode(this.#options.nodeUrl);
    }
  }

  async #join(
    id: "websocket" | "polling",
    transport: Transport<JoinTarget>,
  ): Promise<ProbeMember | null> {
    const { clock } = this.#platform;
    const target = throwawayTarget(this.#options.nodeUrl);
    const startedMs = clock.now();
    try {
      const member = await this.#within(
        ANSWER_TIMEOUT_MS,
        (signal) => ProbeMember.join(transport, { target, signal }),
      );
      this.#members.push(member);
      this.#report(words.joined(id, clock.now() - startedMs));
      return member;
    } catch (error) {
      this.#report(words.notJoined(id, isPublicError(error) ? error.message : null));
      return null;
    }
  }

  async #stun(servers: readonly IceServer[] | null): Promise<readonly Check[]> {
    const { PeerConnection } = this.#platform;
    const probe = this.#platform.probeStun ??
      (PeerConnection === null ? null : stunByGathering(PeerConnection));
    if (servers === null) return words.noStun(words.NOT_TOLD);
    if (probe === null) return words.noStun("This browser has no WebRTC");
    const urls = urlsOf(servers).filter((url) => /^stun:/i.test(url));
    if (urls.length === 0) return words.noStun("None is set", words.STUN_HELP);
    const report = await this.#within(STUN_TIMEOUT_MS, (signal) => probe(urls, signal));
    return words.stunChecks(urls, report, natMapping(report));
  }

  async #turn(
    kind: TurnKind,
    servers: readonly IceServer[] | null,
  ): Promise<readonly Check[]> {
    const { PeerConnection, certificateProblem = () => null } = this.#platform;
    if (servers === null) return [words.untoldTurn(kind)];
    const ofKind = servers.flatMap((server) =>
      [server.urls].flat().filter((url) => words.turnKind(url) === kind)
        .map((urls) => ({ ...server, urls }))
    );
    if (PeerConnection === null || ofKind.length === 0) return [words.noTurn(kind)];
    const answers = await this.#within(
      ANSWER_TIMEOUT_MS,
      (signal) =>
        Promise.all(ofKind.map(async (server) => {
          const relay = await askRelay(PeerConnection, { server, signal });
          const isChecked = kind === "tls" && relay === null;
          const distrust = isChecked ? await certificateProblem(server.urls, signal) : null;
          return { server: server.urls, relay, distrust };
        })),
    );
    return [words.turnCheck(kind, answers)];
  }

  /**
   * Opens a DataChannel to the node if it has an endpoint. Otherwise opens one within this machine,
   * which tells the message size alone.
   */
  async #dataChannel(member: ProbeMember | null): Promise<readonly Check[]> {
    const { clock, createConnection, datagrams } = this.#platform;
    if (createConnection === null) return words.noWebRtc();
    if (member?.welcome.webrtc !== true || datagrams === null) {
      const bytes = await loopbackEcho(createConnection, {
        within: (use) => this.#within(ANSWER_TIMEOUT_MS, use),
      });
      return [words.noEndpoint(member !== null), words.messageSize(bytes, "this computer")];
    }
    const startedMs = clock.now();
    try {
      const target = throwawayTarget(this.#options.nodeUrl);
      const signaling = member.signaling();
      const direct = await this.#within(
        ANSWER_TIMEOUT_MS,
        (signal) => ProbeMember.join(datagrams, { target, signal, signaling }),
      );
      const openMs = clock.now() - startedMs;
      try {
        const bytes = await largestEchoed((size) =>
          this.#within(ANSWER_TIMEOUT_MS, (signal) => direct.echo(size, signal))
        );
        return [words.channelOpen(direct.path.tier, openMs), words.messageSize(bytes, "the node")];
      } finally {
        direct.leave();
      }
    } catch {
      return [words.channelBlocked(), words.messageSize(0, "the node")];
    }
  }

  async #within<T>(timeoutMs: number, use: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const timeout = new AbortController();
    const cancel = this.#platform.clock.after(timeoutMs, () => timeout.abort());
    try {
      return await use(AbortSignal.any([this.#signal, timeout.signal]));
    } finally {
      cancel();
    }
  }
}

function urlsOf(servers: readonly IceServer[]): string[] {
  return servers.flatMap(({ urls }) => urls);
}
