/**
 * The messages between the main thread and the writer's thread: one for each batch, each way. Rows are
 * tuples, which are cheap to clone and have the order in which they are bound.
 */

/** Room, id, peer id, name, text, sentAtUs. */
export type MessageTuple = readonly [string, string, string, string, string, number | null];

/** The writes of one commit. */
export interface Batch {
  /** The main thread's clock, in microseconds since 1970. Timestamps are made from it. */
  readonly nowUs: number;
  readonly messages: readonly MessageTuple[];
  /** Whether to write something even without messages, to see that a write succeeds. */
  readonly isProbe: boolean;
}

/** The result of a batch. */
export interface Written {
  /**
   * One for each message, in order: its timestamp; the negated timestamp when the message was stored
   * before; 0 when its id has another text or author; null when the message is new and was refused.
   */
  readonly outcomes: readonly (number | null)[];
  /** Why all new messages and the probe were refused; null when nothing was. */
  readonly refusal: string | null;
}

export type ToWriter =
  /** `maxBytes`: most bytes that the database and its log may take on the disk; null: no limit. */
  | { readonly type: "open"; readonly path: string; readonly maxBytes: number | null }
  | { readonly type: "batch"; readonly batch: Batch }
  | { readonly type: "close" };

export type FromWriter =
  | { readonly type: "opened" }
  /** The batch is on disk, except for refused messages. */
  | ({ readonly type: "committed"; readonly seconds: number } & Written)
  /**
   * Opening or the batch failed, and nothing of the batch is acknowledged. `detail` is the reason for
   * the node's owner alone, when it names details that others need not know.
   */
  | { readonly type: "failed"; readonly reason: string; readonly detail: string | null }
  | { readonly type: "closed" };
