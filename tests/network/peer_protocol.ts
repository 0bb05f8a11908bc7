/** What a test and a peer in a home say to each other: one JSON object a line. */
import type { Strategy, Tier } from "../../transport/protocol.ts";

/** What a peer is told, on its standard input. `session` is a name that the test gives. */
export type PeerCommand =
  /** Makes a session and joins; `hello` is sent at once, before there is a way. */
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

/** What a peer tells, on its standard output; `atMs` is milliseconds since 1970, with a fraction. */
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
  /** A message of another's, when it is first shown. */
  | { readonly type: "message"; readonly name: string; readonly text: string }
  /** A frame of signaling that goes to the node on a WebSocket. */
  | { readonly type: "signal"; readonly text: string }
  /** How many messages a flow has sent, when it ends. */
  | { readonly type: "flowed"; readonly count: number }
  /** All messages in the order on screen, and how many of ours wait to be stored. */
  | {
    readonly type: "shown";
    readonly texts: readonly string[];
    readonly unstored: number;
  };
