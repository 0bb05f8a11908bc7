/** What a test and the ends in a page say to each other, as JSON. Runs in pages too. */
import type { Signal } from "../../transport/peer_link.ts";
import type { Tier } from "../../transport/protocol.ts";
import type { Reaction } from "./reactions.ts";

/** What an end is told; all that is told in one turn is done in one turn of the page. */
export type Command =
  | { readonly type: "make"; readonly isPolite: boolean }
  | { readonly type: "offer" | "close" }
  | { readonly type: "signal"; readonly signal: Signal }
  | { readonly type: "send" | "fill"; readonly text: string }
  | { readonly type: "react"; readonly reaction: Reaction };

/** What became of it: whether `send` took the frame, how many `fill` sent, and how the end is then. */
export interface Done {
  readonly result: boolean | number | null;
  readonly isOpen: boolean;
}

/** What an end tells. */
export type News =
  | { readonly type: "signal"; readonly signal: Signal }
  | { readonly type: "open"; readonly tier: Tier }
  | { readonly type: "frame"; readonly text: string }
  | { readonly type: "close"; readonly reason: string };

/** With how the end is then. */
export type Told = News & {
  readonly isOpen: boolean;
  /** It was closed here before: nothing should be told any more. */
  readonly isLate: boolean;
};

export interface Addressed<T> {
  readonly end: number;
  readonly message: T;
}

declare global {
  /** The page's: does what its ends are told, in order. */
  var obey: (commands: readonly Addressed<Command>[]) => Done[];
  /** The test's. */
  var tellTest: (news: Addressed<Told>) => Promise<void>;
}
