/**
 * Own messages whose id another peer's message has: a peer that saw a waiting message took its id. After a
 * moment the waiting message goes out under a new id, unless the room's message arrives first and is the very
 * same: then a copy of this tab has sent it.
 */
import { v7 as uuidv7 } from "uuid";
import type { Conversation } from "./conversation.ts";
import type { ErrorBody } from "../errors.ts";
import type { Outgoing } from "./kept_messages.ts";
import type { Outbox } from "./outbox.ts";
import type { MessageId } from "../protocol/mod.ts";
import type { Clock } from "../transport.ts";

/** Time for the history that is requested after a `welcome` to arrive. */
const CONFLICT_MS = 2_000;

export interface IdConflictsOptions {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly conversation: Conversation;
  /** A message has got a new id. */
  readonly onRenamed: (message: Outgoing) => void;
  /** The message has been renamed too often: somebody takes its ids on purpose. */
  readonly onHopeless: (id: MessageId, error: ErrorBody) => void;
}

export class IdConflicts {
  readonly #options: IdConflictsOptions;
  /** The functions that cancel a rename, by message id. */
  readonly #cancels = new Map<MessageId, () => void>();

  constructor(options: IdConflictsOptions) {
    this.#options = options;
  }

  /** Handles the node's refusal of a waiting message, `error`: the room has another one under this id. */
  refused(id: MessageId, error: ErrorBody): void {
    if (this.#cancels.has(id)) return;
    const cancel = this.#options.clock.after(CONFLICT_MS, () => {
      this.#cancels.delete(id);
      this.#rename(id, error);
    });
    this.#cancels.set(id, cancel);
  }

  close(): void {
    for (const cancel of this.#cancels.values()) cancel();
  }

  #rename(id: MessageId, error: ErrorBody): void {
    const { outbox, conversation, onRenamed, onHopeless } = this.#options;
    if (!outbox.has(id)) return;
    const renamed = outbox.rename(id, uuidv7() as MessageId);
    if (renamed === null) return onHopeless(id, error);
    const { message, audience } = renamed;
    conversation.rename(id, { fresh: message.id, audience });
    onRenamed(message);
  }
}
