/** The results of network checks: all that a UI needs to show them. */

/** `limited`: works, but not as well as it could; `unknown`: the check could not tell. */
export type Outcome = "ok" | "limited" | "blocked" | "unknown";

export type CheckId =
  | "node"
  | "websocket"
  | "polling"
  | "udp"
  | "mapping"
  | "filtering"
  | `turn-${TurnKind}`
  | "datachannel"
  | "message-size";

/** One line of the diagnosis. */
export interface Check {
  readonly id: CheckId;
  /** Name of the thing checked, such as `WebSocket`. */
  readonly label: string;
  readonly outcome: Outcome;
  /** The finding, in words. */
  readonly detail: string;
  /** Advice that would improve the outcome; null when there is none. */
  readonly help: string | null;
}

/** Transports to a TURN server. */
export const TURN_KINDS = ["udp", "tcp", "tls"] as const;
export type TurnKind = typeof TURN_KINDS[number];

/** Whether a session could chat, over the node. Other tiers only make it faster and more private. */
export function canChat(checks: readonly Check[]): boolean {
  return checks.some(({ id, outcome }) =>
    (id === "websocket" || id === "polling") && outcome === "ok"
  );
}
