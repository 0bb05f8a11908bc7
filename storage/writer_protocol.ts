/**
 * What the main thread and the writer's thread say to each other: one message a batch each way. Rows
 * are tuples, which are cheap to clone and are in the order in which they are bound.
 */

/** Room, id, peer id, name, text, sentAtUs. */
export type MessageTuple = readonly [string, string, string, string, string, number | null];

/** What one commit writes. */
export interface Batch {
  /** The main thread's clock, which the timestamps are made from. */
  readonly nowUs: number;
  readonly messages: readonly MessageTuple[];
  /** Whether something is written in any case, to see that it can be. */
  readonly isProbe: boolean;
}

/** What became of a batch. */
export interface Written {
  /**
   * One for each message, in order: its timestamp; the timestamp negated when it was there before; 0
   * when its id has another text; null when it is new and was refused.
   */
  readonly outcomes: readonly (number | null)[];
  /** Why all that is new was refused, and the probe; null when nothing was. */
  readonly refusal: string | null;
}

export type ToWriter =
  /** `maxBytes`: what the database and its log may take on the disk; null: no limit. */
  | { readonly type: "open"; readonly path: string; readonly maxBytes: number | null }
  | { readonly type: "batch"; readonly batch: Batch }
  | { readonly type: "close" };

export type FromWriter =
  | { readonly type: "opened" }
  /** The batch is on disk, but for what was refused. */
  | ({ readonly type: "committed"; readonly seconds: number } & Written)
  /**
   * The batch, or opening, was refused; nothing of it was written. `detail` is the reason for the node's
   * owner alone, where it names what others need not know.
   */
  | { readonly type: "failed"; readonly reason: string; readonly detail: string | null }
  | { readonly type: "closed" };
