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

export type ToWriter =
  /** `maxBytes`: what the database and its log may take on the disk; null: no limit. */
  | { readonly type: "open"; readonly path: string; readonly maxBytes: number | null }
  | { readonly type: "batch"; readonly batch: Batch }
  | { readonly type: "close" };

export type FromWriter =
  | { readonly type: "opened" }
  /**
   * The batch is on disk. An outcome a message, in order: its timestamp; the timestamp negated when it
   * was there before; 0 when its id has another text.
   */
  | { readonly type: "committed"; readonly outcomes: readonly number[]; readonly seconds: number }
  /** The batch, or opening, was refused; nothing of it was written. */
  | { readonly type: "failed"; readonly reason: string }
  | { readonly type: "closed" };
