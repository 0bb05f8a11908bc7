/**
 * Signals of a direct connection as frames, and back. A frame names the connections at both of its ends
 * (`PROTOCOL.md`, Negotiating a direct connection); a signal names none.
 */
import type { Signal } from "./direct_connection.ts";
import type { MemberFrame, PeerFrameOf, PeerId } from "../protocol/mod.ts";

/** The connections at both ends of a signal, as far as it names them. Older clients name neither. */
export interface Ends {
  /** `instance.n` of the sender's connection. */
  readonly from?: string | undefined;
  /** `instance.n` of the target's connection, or the target's `instance` while that is all that is known. */
  readonly to?: string | undefined;
}

/** The frame that takes `signal` to the peer `target`. */
export function signalFrame(
  signal: Signal,
  { target, ends }: { target: PeerId; ends: Ends },
): MemberFrame {
  const address = { target_peer_id: target };
  if (signal.type !== "ice") {
    return { type: signal.type, ...address, payload: { ...signal, ...ends } };
  }
  const { type, ...candidate } = signal;
  return { type, ...address, payload: { ...candidate, ...ends } };
}

/** The signal in a frame, without its ends. */
export function signalOf(frame: PeerFrameOf<"offer" | "answer" | "ice">): Signal {
  if (frame.type === "ice") {
    const { from: _from, to: _to, ...candidate } = frame.payload;
    return { type: "ice", ...candidate };
  }
  return { type: frame.type, sdp: frame.payload.sdp };
}
