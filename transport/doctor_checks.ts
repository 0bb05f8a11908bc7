/** What a check of the network tells: the form of its lines. Whoever shows them needs no more. */

/** `limited`: works, but not as well as it could; `unknown`: could not be told. */
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
  /** What was looked at, such as `WebSocket`. */
  readonly label: string;
  readonly outcome: Outcome;
  /** What was found. */
  readonly detail: string;
  /** What would make it better; null when nothing needs to. */
  readonly help: string | null;
}

/** How a TURN server is reached. */
export const TURN_KINDS = ["udp", "tcp", "tls"] as const;
export type TurnKind = typeof TURN_KINDS[number];

/** Whether a session could chat: the rest only makes it faster and more private. */
export function canChat(checks: readonly Check[]): boolean {
  return checks.some(({ id, outcome }) =>
    (id === "websocket" || id === "polling") && outcome === "ok"
  );
}
