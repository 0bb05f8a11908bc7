/** Messages between a node and the thread of its WebRTC endpoint, `endpoint_worker.ts`. */
import type { IceServer, NodeSignal, Tier } from "../protocol/mod.ts";

/** A member's signal for one connection. */
export interface EndpointSignal {
  readonly signal: NodeSignal["signal"];
  /**
   * Size of the SDP or candidate as the member sent it. It bounds the bytes that the node may send to
   * addresses that have not answered.
   */
  readonly receivedBytes: number;
  readonly iceServers: readonly IceServer[];
}

/** Requests to the worker, in batches. `connection` is the node's number for a connection. */
export type EndpointRequest =
  | EndpointSignal & {
    readonly op: "signal";
    readonly connection: number;
    /** Address of the member whose connection it is, as the limits count it. */
    readonly from: string;
  }
  | {
    readonly op: "send";
    readonly connection: number;
    readonly text: string;
    /**
     * Whether the worker may hold the frame for a moment, to send it in one packet with the next ones.
     */
    readonly canWait: boolean;
  }
  | { readonly op: "close"; readonly connection: number };

/** Events from the worker. */
export type EndpointEvent =
  /** The worker has processed the batch and takes the next one. */
  | { readonly op: "taken" }
  | { readonly op: "signal"; readonly connection: number; readonly signal: NodeSignal["signal"] }
  | { readonly op: "open"; readonly connection: number; readonly tier: Tier }
  | { readonly op: "frame"; readonly connection: number; readonly text: string }
  /** `lagging`: the channel's queue is full, and frames are dropped until `drained`. */
  | { readonly op: "lagging" | "drained"; readonly connection: number }
  | { readonly op: "closed"; readonly connection: number; readonly reason: string };
