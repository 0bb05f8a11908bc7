/**
 * How a node reaches a member, whatever carries the frames: a WebSocket, a polling queue or a DataChannel to
 * the node. `members/` has the implementations. Rooms know this interface alone.
 */
import type { Tier } from "../../transport/protocol/mod.ts";

export interface MemberConnection {
  readonly tier: Tier;
  /** The client's IP address; null for a DataChannel, whose member keeps its address. */
  readonly address: string | null;
  /** Whether the other side is there although it sends nothing: it holds a poll open. */
  readonly isHeld: boolean;
  /**
   * Sends or queues one frame; false when it was dropped. Never throws. With `canWait`, the frame may go
   * out a moment later, together with others.
   */
  send(frame: string, canWait?: boolean): boolean;
  /** Removes and returns the frames that were never handed out, for the member's next connection to send. */
  takePending(): string[];
  /** Ends the connection without an error: the same page goes on over another connection. */
  moveOn(): void;
  /** Closes the connection, which then reports nothing more to its owner. Idempotent. */
  close(code: number, reason: string): void;
}
