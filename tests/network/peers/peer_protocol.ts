/** Protocol between a test and a peer in a home: one JSON object per line. */
import type { Strategy, Tier } from "../../../transport/protocol/mod.ts";

/** Commands to a peer, on its standard input. The test chooses the name `session`. */
export type PeerCommand =
  /** Makes a session and joins. `hello` is sent at once, before there is a path. */
  | {
    readonly type: "join";
    readonly session: string;
    readonly nodeUrl: string;
    readonly room: string;
    readonly hello?: string;
    /** Default `auto`. */
    readonly strategy?: Strategy;
  }
  | { readonly type: "send"; readonly session: string; readonly text: string }
  /** Sends `<prefix>1`, `<prefix>2`, … until `perSecond` is 0. */
  | {
    readonly type: "flow";
    readonly session: string;
    readonly prefix: string;
    readonly perSecond: number;
  }
  /** Answered with a `shown` event. */
  | { readonly type: "show"; readonly session: string }
  | { readonly type: "leave"; readonly session: string };

/** Events of a peer, on its standard output; `atMs` is milliseconds since 1970, with a fraction. */
export type PeerEvent = { readonly session: string; readonly atMs: number } & PeerNews;

export type PeerNews =
  | { readonly type: "joining" }
  | { readonly type: "uplink"; readonly state: string; readonly tier: Tier | null }
  /** The path to the other peer of the room, whenever its tier or reason changes. */
  | {
    readonly type: "path";
    readonly name: string;
    readonly tier: Tier | null;
    readonly reason: string | null;
  }
  | { readonly type: "left"; readonly name: string }
  /** A message of another peer, when it is first shown. */
  | { readonly type: "message"; readonly name: string; readonly text: string }
  /** A signaling frame that goes to the node on a WebSocket. */
  | { readonly type: "signal"; readonly text: string }
  /** How many messages a flow has sent, when it ends. */
  | { readonly type: "flowed"; readonly count: number }
  /** All messages in the order on screen, and the number of own messages that are not stored yet. */
  | {
    readonly type: "shown";
    readonly texts: readonly string[];
    readonly unstored: number;
  };
