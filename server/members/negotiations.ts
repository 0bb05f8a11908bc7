/**
 * The DataChannels that members negotiate with their node by `node_signal`, one for each member. When the
 * channel opens, the member moves to it, as to any other connection of the same page. The endpoint makes
 * the channels. `candidates.ts` says which addresses the node checks.
 */
import { encodeFrame, type NodeSignal } from "../../transport/protocol/mod.ts";
import type { Clock } from "../../transport/transport.ts";
import { addressKey } from "../limits/by_address.ts";
import { checkableCandidate } from "./candidates.ts";
import { iceServers } from "../ice/ice_servers.ts";
import type { Member } from "../rooms/member.ts";
import type { Room } from "../rooms/room.ts";
import type { Rooms } from "../rooms/rooms.ts";
import type { Settings } from "../settings/settings.ts";
import type { DataChannelConnection, WebRtcEndpoint } from "./webrtc_endpoint.ts";

/**
 * Minimum time between two negotiations of one member: each costs the thread some ten milliseconds, and an
 * honest client waits for seconds between its tries.
 */
const MIN_INTERVAL_MS = 1_000;
/** Signals of one negotiation: an offer, and all candidates that any machine gathers. */
const MAX_SIGNALS = 64;
/**
 * Candidates of one negotiation that the node checks: a machine with several networks, in IPv4 and IPv6,
 * and its relays.
 */
const MAX_CANDIDATES = 16;

/**
 * A DataChannel that a member negotiates or uses. `name` is the member's name for it, `id` the endpoint's.
 */
interface Negotiation {
  readonly name: string;
  readonly id: number;
  readonly startedMs: number;
  signals: number;
  /** Candidates so far that the node may check. */
  candidates: number;
  /** The open channel; null before. */
  opened: DataChannelConnection | null;
}

export interface NegotiationsParts {
  readonly endpoint: WebRtcEndpoint;
  readonly settings: Settings;
  readonly clock: Clock;
}

/** The member that a signal came from, with its room and the intake of its frames. */
export interface Signaler {
  readonly rooms: Rooms;
  readonly room: Room;
  readonly member: Member;
  /** The signal's intake, which takes the frames of the member's channel too. */
  readonly source: {
    /** The IP address that the signal came from. */
    readonly address: string;
    takeText(text: string): void;
  };
}

export class Negotiations {
  readonly #parts: NegotiationsParts;
  /** Each member's latest channel, open or being opened. */
  readonly #latest = new WeakMap<Member, Negotiation>();

  constructor(parts: NegotiationsParts) {
    this.#parts = parts;
  }

  /** Handles one signal of a member. */
  take(from: Signaler, { link: name, signal }: NodeSignal): void {
    const { endpoint, settings, clock } = this.#parts;
    const { member, source } = from;
    // Older clients do not know this frame, and anyone may send in their name.
    if (!member.needsToken) return;
    const latest = this.#latest.get(member);
    if (latest?.name !== name) {
      // This candidate belongs to a connection that was given up.
      if (signal.type !== "offer") return;
      const sinceMs = clock.now() - (latest?.startedMs ?? -Infinity);
      if (sinceMs < MIN_INTERVAL_MS) return;
      this.#begin(from, name);
    }
    const negotiation = this.#latest.get(member);
    if (negotiation === undefined || negotiation.signals++ >= MAX_SIGNALS) return;
    const harmless = harmlessSignal(signal, negotiation, source.address);
    if (harmless === null) return;
    endpoint.signal(negotiation.id, {
      signal: harmless,
      receivedBytes: signal.type === "ice" ? signal.candidate?.length ?? 0 : signal.sdp.length,
      iceServers: iceServers(settings, "node", clock.epochMs()),
    });
  }

  /** Ends the member's negotiation, which nobody will use any more, unless the member is on its channel. */
  end(member: Member): void {
    const negotiation = this.#latest.get(member);
    if (negotiation === undefined) return;
    this.#latest.delete(member);
    const { connection } = member;
    if (connection !== null && negotiation.opened === connection) return;
    this.#parts.endpoint.end(negotiation.id);
  }

  #begin({ rooms, room, member, source }: Signaler, name: string): void {
    const { endpoint, clock } = this.#parts;
    this.end(member);
    // When the channel opens, `instance` tells whether another page has taken the place: the channel is not
    // for that page.
    const { instance } = member;
    const id = endpoint.begin(addressKey(source.address), {
      onSignal: (signal) => {
        member.deliver(encodeFrame({ type: "node_signal", payload: { link: name, signal } }));
      },
      onOpen: (connection) => {
        const { peerId, token, protocol, strategy, hasWebRtc } = member;
        const isWanted = room.member(peerId) === member && member.instance === instance &&
          this.#latest.get(member) === negotiation;
        if (!isWanted || negotiation === null) return connection.moveOn();
        negotiation.opened = connection;
        const query = { room: room.name, peer_id: peerId, name: member.name, token, instance };
        const webrtc = hasWebRtc ? "on" : "off";
        rooms.join({ ...query, strategy, webrtc, protocol: String(protocol) }, connection);
      },
      onFrame: (text) => {
        if (negotiation?.opened != null && member.connection === negotiation.opened) {
          source.takeText(text);
        }
      },
      onDrained: () => room.resume(member),
      onClose: () => {
        if (negotiation?.opened != null) {
          room.onConnectionClosed(member, negotiation.opened, 1006);
        }
      },
    });
    const negotiation: Negotiation | null = id === null
      ? null
      : { name, id, startedMs: clock.now(), signals: 0, candidates: 0, opened: null };
    if (negotiation !== null) this.#latest.set(member, negotiation);
  }
}

/**
 * Returns `signal` with only the candidates that the node checks for a member at address `from`, at most
 * `MAX_CANDIDATES` in a negotiation. Null when nothing is left.
 */
function harmlessSignal(
  signal: NodeSignal["signal"],
  negotiation: Negotiation,
  from: string,
): NodeSignal["signal"] | null {
  const take = (candidate: string): string | null => {
    const checkable = checkableCandidate(candidate, from);
    return checkable !== null && ++negotiation.candidates <= MAX_CANDIDATES ? checkable : null;
  };
  if (signal.type === "ice") {
    const candidate = take(signal.candidate ?? "");
    return candidate === null ? null : { ...signal, candidate };
  }
  // Splits at every kind of line end, so that the next parser finds the same lines.
  const all = signal.sdp.split(/\r\n|\r|\n/);
  // A DataChannel needs one media section; werift opens sockets for each.
  if (all.filter((line) => line.startsWith("m=")).length > 1) return null;
  const lines = all.flatMap((line) => {
    if (!/^.=candidate:/.test(line)) return [line];
    const candidate = take(line.slice(2));
    return candidate === null ? [] : [`a=${candidate}`];
  });
  return { ...signal, sdp: lines.join("\r\n") };
}
