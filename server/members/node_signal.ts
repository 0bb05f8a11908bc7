/** `node_signal`: a member negotiates a DataChannel with its node, and moves to it once it is open. */
import { encodeFrame, type NodeSignal } from "../../transport/protocol/mod.ts";
import { addressKey } from "../limits/by_address.ts";
import { checkableCandidate } from "./candidates.ts";
import { iceServers } from "../ice/ice_servers.ts";
import type { FrameContext } from "../rooms/room_frames.ts";
import type { DataChannelConnection } from "./webrtc_endpoint.ts";

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
export interface Negotiation {
  readonly name: string;
  readonly id: number;
  readonly startedMs: number;
  signals: number;
  /** Candidates so far that the node may check. */
  candidates: number;
  /** The open channel; null before. */
  opened: DataChannelConnection | null;
}

/** Handles one signal of a member. */
export function takeNodeSignal(at: FrameContext, { link: name, signal }: NodeSignal): void {
  const { parts, member } = at;
  const { endpoint, settings, clock } = parts;
  // Older clients do not know this frame, and anyone may send in their name.
  if (endpoint === null || !member.needsToken) return;
  if (member.negotiation?.name !== name) {
    // This candidate belongs to a connection that was given up.
    if (signal.type !== "offer") return;
    const sinceMs = clock.now() - (member.negotiation?.startedMs ?? -Infinity);
    if (sinceMs < MIN_INTERVAL_MS) return;
    begin(at, name);
  }
  const { negotiation } = member;
  if (negotiation === null || negotiation.signals++ >= MAX_SIGNALS) return;
  const harmless = harmlessSignal(signal, negotiation, at.source.address);
  if (harmless === null) return;
  endpoint.signal(negotiation.id, {
    signal: harmless,
    receivedBytes: signal.type === "ice" ? signal.candidate?.length ?? 0 : signal.sdp.length,
    iceServers: iceServers(settings, "node", clock.epochMs()),
  });
}

/** Ends the member's negotiation, which nobody will use any more, unless the member is on its channel. */
export function endNegotiation({ parts, member }: Pick<FrameContext, "parts" | "member">): void {
  const { negotiation, connection } = member;
  member.negotiation = null;
  if (negotiation === null || (connection !== null && negotiation.opened === connection)) return;
  parts.endpoint?.end(negotiation.id);
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

function begin(at: FrameContext, name: string): void {
  const { parts: { endpoint, clock }, rooms, room, member } = at;
  if (endpoint === null) return;
  endNegotiation(at);
  // When the channel opens, `instance` tells whether another page has taken the place: the channel is not
  // for that page.
  const { instance } = member;
  const id = endpoint.begin(addressKey(at.source.address), {
    onSignal: (signal) => {
      member.deliver(encodeFrame({ type: "node_signal", payload: { link: name, signal } }));
    },
    onOpen: (connection) => {
      const { peerId, token, protocol, strategy, hasWebRtc } = member;
      const isWanted = room.member(peerId) === member && member.instance === instance &&
        member.negotiation === negotiation;
      if (!isWanted || negotiation === null) return connection.moveOn();
      negotiation.opened = connection;
      const query = { room: room.name, peer_id: peerId, name: member.name, token, instance };
      const webrtc = hasWebRtc ? "on" : "off";
      rooms.join({ ...query, strategy, webrtc, protocol: String(protocol) }, connection);
    },
    onFrame: (text) => {
      if (negotiation?.opened != null && member.connection === negotiation.opened) {
        at.source.takeText(text);
      }
    },
    onDrained: () => room.resume(member),
    onClose: () => {
      if (negotiation?.opened != null) room.onConnectionClosed(member, negotiation.opened, 1006);
    },
  });
  const negotiation: Negotiation | null = id === null
    ? null
    : { name, id, startedMs: clock.now(), signals: 0, candidates: 0, opened: null };
  member.negotiation = negotiation;
}
