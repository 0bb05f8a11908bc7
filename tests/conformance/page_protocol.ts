/** Protocol between a test and the ends in a page, as JSON. Runs in pages too. */
import type { Signal } from "../../transport/mesh/direct_connection.ts";
import type { Tier } from "../../transport/protocol/mod.ts";
import type { Reaction } from "./reactions.ts";

/** Commands to an end. All commands of one turn of the test run in one turn of the page. */
export type Command =
  | { readonly type: "make"; readonly isPolite: boolean }
  | { readonly type: "offer" | "close" }
  | { readonly type: "signal"; readonly signal: Signal }
  | { readonly type: "send" | "fill"; readonly text: string }
  | { readonly type: "react"; readonly reaction: Reaction };

/**
 * Result of a command: whether `send` took the frame, how many frames `fill` sent, and the end's state.
 */
export interface Done {
  readonly result: boolean | number | null;
  readonly isOpen: boolean;
}

/** Events of an end. */
export type News =
  | { readonly type: "signal"; readonly signal: Signal }
  | { readonly type: "open"; readonly tier: Tier }
  | { readonly type: "frame"; readonly text: string }
  | { readonly type: "close"; readonly reason: string };

/** An event, with the end's state at that time. */
export type Told = News & {
  readonly isOpen: boolean;
  /** Whether the end was closed before. No event should come then. */
  readonly isLate: boolean;
};

export interface Addressed<T> {
  readonly end: number;
  readonly message: T;
}

declare global {
  /** Defined by the page: runs the commands of its ends, in order. */
  var obey: (commands: readonly Addressed<Command>[]) => Done[];
  /** Defined by the test: takes an event of an end. */
  var tellTest: (news: Addressed<Told>) => Promise<void>;
}
