/**
 * Group commit without a timer: while one batch is being written, the next one gathers, and every write
 * is acknowledged after its own commit. Owns the writes that are not on disk yet, and their bounds.
 */
import { UserError } from "../transport/errors.ts";
import type { AppendResult, WriterStats } from "./message_store.ts";
import { isDamage } from "./sqlite_database.ts";
import type { Batch, MessageTuple } from "./writer_protocol.ts";
import type { Committed } from "./writer_thread.ts";

/**
 * Most writes in one commit. With a thousand, the fsync is a twentieth of the commit, so more would
 * gain nothing, while the writes behind them would wait longer than the 15 to 25 ms of the commit.
 */
const MAX_BATCH_WRITES = 1000;
/**
 * A commit takes no more messages once it has this many UTF-16 units of text: large messages cost by
 * size, not by number.
 */
const MAX_BATCH_CHARS = 2 * 1024 * 1024;
/** Most UTF-16 units of text that may wait: the memory that a stalled disk may take. */
const MAX_QUEUE_CHARS = 64 * 1024 * 1024;

/** Hands a batch to the disk. */
export type WriteBatch = (batch: Batch) => Promise<Committed>;

export interface WriteQueueOptions {
  readonly write: WriteBatch;
  /** Microseconds since 1970. */
  readonly nowUs: () => number;
  /** Most messages that may wait. */
  readonly limit: number;
  /** Called for each new message before its `append` resolves. */
  readonly onStored: (room: string, timestampUs: number) => void;
}

interface Pending {
  readonly message: MessageTuple;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: UserError) => void;
}

/** The callers of `probe` that wait for the next write; undefined when there are none. */
type Probe = PromiseWithResolvers<void> | undefined;

export class WriteQueue {
  readonly #options: WriteQueueOptions;
  #waiting: Pending[] = [];
  #waitingChars = 0;
  #probe: Probe;
  #messagesInFlight = 0;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #commits = 0;
  #writes = 0;
  #lastBatchSize = 0;
  #commitSecondsTotal = 0;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  /** @throws {UserError} as `MessageStore.append` does. */
  append(message: MessageTuple): Promise<AppendResult> {
    const refusal = this.#refusal(message);
    if (refusal !== null) return Promise.reject(refusal);
    const { promise, resolve, reject } = Promise.withResolvers<AppendResult>();
    this.#waiting.push({ message, resolve, reject });
    this.#waitingChars += message[4].length;
    this.#run();
    return promise;
  }

  /**
   * Writes something, and resolves when it is on disk. Callers that wait at the same time share one
   * write.
   * @throws {UserError} as `append` does.
   */
  probe(): Promise<void> {
    if (this.#isClosed) return Promise.reject(shuttingDown());
    this.#probe ??= Promise.withResolvers<void>();
    this.#run();
    return this.#probe.promise;
  }

  stats(): WriterStats {
    return {
      commits: this.#commits,
      writes: this.#writes,
      lastBatchSize: this.#lastBatchSize,
      commitSecondsTotal: this.#commitSecondsTotal,
      queued: this.#messagesInFlight + this.#waiting.length,
    };
  }

  /** Takes no more writes. Resolves when all writes that were taken are on disk or refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  #refusal(message: MessageTuple): UserError | null {
    if (this.#isClosed) return shuttingDown();
    const isFull = this.#waiting.length >= this.#options.limit ||
      this.#waitingChars + message[4].length > MAX_QUEUE_CHARS;
    if (!isFull) return null;
    return new UserError(
      "store-failed",
      `Cannot store the message: ${this.#waiting.length} others wait for the disk already. ` +
        `Send it again in a moment`,
    );
  }

  #run(): void {
    this.#running ??= this.#drain();
  }

  async #drain(): Promise<void> {
    // Writes from the same turn of the event loop share the first commit.
    await Promise.resolve();
    while (this.#waiting.length > 0 || this.#probe !== undefined) await this.#commitOne();
    this.#running = undefined;
  }

  async #commitOne(): Promise<void> {
    const pending = this.#takeMessages();
    const probe = this.#probe;
    this.#probe = undefined;
    this.#messagesInFlight = pending.length;
    try {
      await this.#commit(pending, probe);
    } catch (error) {
      // A damaged room must not fail the messages of other rooms, so each room is tried by itself.
      const parts = isDamage(error) ? partsOf(pending, probe) : [];
      if (parts.length < 2) refuse(pending, probe, error);
      else for (const [some, asked] of parts) await this.#commitOrRefuse(some, asked);
    } finally {
      this.#messagesInFlight = 0;
    }
  }

  async #commitOrRefuse(pending: readonly Pending[], probe: Probe): Promise<void> {
    try {
      await this.#commit(pending, probe);
    } catch (error) {
      refuse(pending, probe, error);
    }
  }

  async #commit(pending: readonly Pending[], probe: Probe): Promise<void> {
    const committed = await this.#options.write({
      nowUs: this.#options.nowUs(),
      messages: pending.map((one) => one.message),
      isProbe: probe !== undefined,
    });
    this.#acknowledge(pending, committed);
    if (committed.refusal !== null) probe?.reject(storeFailed(new Error(committed.refusal)));
    else {
      probe?.resolve();
      this.#count(pending.length, committed.seconds);
    }
  }

  #takeMessages(): Pending[] {
    let count = 0;
    let chars = 0;
    for (const { message } of this.#waiting) {
      if (count === MAX_BATCH_WRITES || (count > 0 && chars > MAX_BATCH_CHARS)) break;
      count++;
      chars += message[4].length;
    }
    this.#waitingChars -= chars;
    return this.#waiting.splice(0, count);
  }

  #acknowledge(pending: readonly Pending[], { outcomes, refusal }: Committed): void {
    pending.forEach(({ message, resolve, reject }, index) => {
      const outcome = outcomes[index] ?? null;
      if (outcome === null) return reject(storeFailed(new Error(refusal ?? "it was not written")));
      if (outcome === 0) return resolve({ ok: false, reason: "id-conflict" });
      if (outcome > 0) this.#options.onStored(message[0], outcome);
      resolve({ ok: true, timestampUs: Math.abs(outcome), isDuplicate: outcome < 0 });
    });
  }

  #count(batchSize: number, seconds: number): void {
    this.#commitSecondsTotal += seconds;
    this.#commits++;
    this.#writes += batchSize;
    this.#lastBatchSize = batchSize;
  }
}

/** Splits a batch: the messages of each room, in their order, and the probe by itself, if there is one. */
function partsOf(pending: readonly Pending[], probe: Probe): [readonly Pending[], Probe][] {
  const byRoom = Map.groupBy(pending, ({ message }) => message[0]);
  const parts = Array.from(byRoom.values(), (some): [Pending[], Probe] => [some, undefined]);
  return probe === undefined ? parts : [...parts, [[], probe]];
}

function refuse(pending: readonly Pending[], probe: Probe, error: unknown): void {
  for (const { reject } of pending) reject(storeFailed(error));
  probe?.reject(storeFailed(error));
}

function shuttingDown(): UserError {
  return new UserError("shutting-down", "The node is shutting down: send the message again");
}

function storeFailed(cause: unknown): UserError {
  const said = cause instanceof Error ? cause.message : String(cause);
  const reason = isDamage(cause)
    ? `the database is damaged (${said}); "e-goat check" tells the node's owner where`
    : said;
  // The path of a file is only for the log: senders and `/ready` get the message without `cause`.
  const whole = cause instanceof Error ? cause.cause ?? cause : cause;
  return new UserError("store-failed", `Cannot store the message: ${reason}`, { cause: whole });
}
