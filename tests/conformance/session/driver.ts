/** The surroundings that the suite of `SessionView` needs: a room, a node, and other peers. */
import type { PeerId, Strategy } from "../../../transport/protocol/mod.ts";
import type { SessionView } from "../../../transport/view.ts";

/** Another peer in the room. Each method resolves when the session under test has seen its effect. */
export interface OtherPeer {
  readonly peerId: PeerId;
  say(text: string): Promise<void>;
  type(isTyping: boolean): Promise<void>;
  rename(name: string): Promise<void>;
  leave(): Promise<void>;
}

/** A room on a node, in which the session under test is opened once. */
export interface SessionDriver {
  /** Gives the room messages from before; before `open`. */
  fill(texts: readonly string[]): Promise<void>;
  /** Sets the strategy that the node asks for; before `open`. */
  ask(strategy: Strategy): void;
  /**
   * Opens the session of Mara and joins. Nothing has arrived when it returns. `strategy`: the user's
   * choice; default: to follow the node.
   */
  open(options?: { readonly strategy?: Strategy }): SessionView;
  enter(name: string): Promise<OtherPeer>;
  /** Lets everything arrive that is under way. */
  settle(): Promise<void>;
  /** Cuts the session's way to the node; resolves when it has noticed. Others are not cut off. */
  loseNode(): Promise<void>;
  /** Opens the way again. The session finds it by itself, or by `reconnect`. */
  findNode(): void;
  /** Lets the time pass in which a session finds the node by itself. */
  untilFound(): Promise<void>;
  /** Whether the node refuses every message from now on. */
  refuse(isRefusing: boolean): void;
  /** Lets the time pass in which a session gives up a message that is refused. */
  untilGivenUp(): Promise<void>;
  close(): void;
}

export interface SessionSuite {
  readonly name: string;
  /** A fresh room on a fresh node. `isDirect`: whether direct paths between peers are possible. */
  create(options: { readonly isDirect: boolean }): SessionDriver;
}
