/** What crosses between a node and the thread of its WebRTC endpoint, `webrtc_worker.ts`. */
import type { IceServer, NodeSignal, Tier } from "./protocol.ts";

/** What a member signaled, for the connection that it concerns. */
export interface EndpointSignal {
  readonly signal: NodeSignal["signal"];
  /** Of the signal as it came: what the node may send unasked goes by it. */
  readonly receivedBytes: number;
  readonly iceServers: readonly IceServer[];
}

/** To the worker, in batches. `link` is the node's number for a connection. */
export type EndpointRequest =
  | EndpointSignal & {
    readonly op: "signal";
    readonly link: number;
    /** Whose connection it is: an address, as it counts for limits. */
    readonly from: string;
  }
  | {
    readonly op: "send";
    readonly link: number;
    readonly text: string;
    /** Whether it may wait a moment for one that can't, and share its packet. */
    readonly canWait: boolean;
  }
  | { readonly op: "close"; readonly link: number };

/** From the worker. */
export type EndpointEvent =
  /** The batch is worked off: the next one may come. */
  | { readonly op: "taken" }
  | { readonly op: "signal"; readonly link: number; readonly signal: NodeSignal["signal"] }
  | { readonly op: "open"; readonly link: number; readonly tier: Tier }
  | { readonly op: "frame"; readonly link: number; readonly text: string }
  /** The channel's queue was full: frames were dropped, and are until it was drained. */
  | { readonly op: "lagging" | "drained"; readonly link: number }
  | { readonly op: "closed"; readonly link: number; readonly reason: string };
