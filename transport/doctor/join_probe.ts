/**
 * A member that joins a room of its own for a moment, to see whether a tier of the uplink works. The
 * room's name is random, so nobody notices.
 */
import { UserError } from "../errors.ts";
import { randomHex } from "../random_ids.ts";
import type { JoinTarget } from "../uplink/join.ts";
import {
  encodeFrame,
  type NodeSignal,
  parsePeerFrame,
  type PeerFrame,
  type PeerFrameOf,
  type PeerId,
  type RoomName,
} from "../protocol/mod.ts";
import type { NodeSignaling, Path, Transport } from "../transport.ts";

export type Welcome = PeerFrameOf<"welcome">["payload"];

export function throwawayTarget(nodeUrl: string): JoinTarget {
  return {
    nodeUrl,
    room: `network-check-${randomHex(8)}` as RoomName,
    peerId: randomHex(8) as PeerId,
    name: "Network check",
    token: randomHex(16),
    instance: randomHex(8),
  };
}

export interface ProbeOptions {
  readonly target: JoinTarget;
  readonly signal: AbortSignal;
  readonly signaling?: NodeSignaling;
}

/** A member of a throwaway room, over one path. */
export class ProbeMember {
  readonly path: Path;
  readonly welcome: Welcome;
  readonly #takers: Set<(frame: PeerFrame) => void>;

  private constructor(path: Path, welcome: Welcome, takers: Set<(frame: PeerFrame) => void>) {
    this.path = path;
    this.welcome = welcome;
    this.#takers = takers;
  }

  /**
   * Dials and waits for the `welcome`.
   * @throws {UserError} with the reason when the path does not open, or closes before the `welcome`.
   * @throws {DOMException} when `signal` is aborted; nothing stays open then.
   */
  static async join(
    transport: Transport<JoinTarget>,
    { target, signal, signaling }: ProbeOptions,
  ): Promise<ProbeMember> {
    const takers = new Set<(frame: PeerFrame) => void>();
    const welcomed = Promise.withResolvers<Welcome>();
    // A rejection reaches the `await` below. Until then, this handler avoids an unhandled rejection.
    welcomed.promise.catch(() => {});
    const onAbort = () => welcomed.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    let path: Path | null = null;
    try {
      path = await transport.dial(target, {
        onFrame: (text) => {
          const frame = parsePeerFrame(text);
          if (frame?.type === "welcome") welcomed.resolve(frame.payload);
          else if (frame?.type === "error") {
            welcomed.reject(new UserError(frame.payload.code, frame.payload.message));
          } else if (frame?.type === "ping") path?.send(encodeFrame({ ...frame, type: "pong" }));
          if (frame !== null) { for (const take of [...takers]) take(frame); }
        },
        onClose: ({ reason }) =>
          welcomed.reject(new UserError("peer-gone", reason || "The connection was closed")),
      }, { signal, signaling });
      return new ProbeMember(path, await welcomed.promise, takers);
    } catch (error) {
      path?.close();
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Calls `take` with every frame that comes until the returned function is called. */
  listen(take: (frame: PeerFrame) => void): () => void {
    this.#takers.add(take);
    return () => void this.#takers.delete(take);
  }

  /** Returns the signaling for a DataChannel to the node, over the path of this member. */
  signaling(): NodeSignaling {
    return {
      iceServers: this.welcome.ice_servers,
      send: (payload) => this.path.send(encodeFrame({ type: "node_signal", payload })),
      listen: (connection, take: (signal: NodeSignal["signal"]) => void) =>
        this.listen((frame) => {
          if (frame.type === "node_signal" && frame.payload.link === connection) {
            take(frame.payload.signal);
          }
        }),
    };
  }

  /**
   * Sends a `ping` of `bytes` bytes and waits for the node's `pong`.
   * @returns false when the path does not take the frame, or no `pong` came before `signal` is aborted.
   */
  async echo(bytes: number, signal: AbortSignal): Promise<boolean> {
    const answered = Promise.withResolvers<boolean>();
    const stop = this.listen((frame) => {
      if (frame.type === "pong" && frame.payload?.t === bytes) answered.resolve(true);
    });
    const onAbort = () => answered.resolve(false);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const frame = (pad: string) => JSON.stringify({ type: "ping", payload: { t: bytes, pad } });
      const room = bytes - frame("").length;
      return this.path.send(frame("-".repeat(room))) && await answered.promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      stop();
    }
  }

  leave(): void {
    this.path.send(encodeFrame({ type: "leave" }));
    this.path.close();
  }
}
