/**
 * The main thread's side of the writer's thread: starts it and sends one request at a time. When the
 * thread dies, the request gets a failed answer, and the next batch starts another thread.
 */
import type { Batch, FromWriter, ToWriter } from "./writer_protocol.ts";

/**
 * Makes the Worker that runs `sqlite_writer.ts`, or returns the URL of that file. It differs between
 * the source tree and a bundle, so the composition root passes it in.
 */
export type WriterSource = () => Worker | URL;

/** The writer's answer to a batch that is on disk. */
export type Committed = Extract<FromWriter, { type: "committed" }>;

export class WriterThread {
  readonly #path: string;
  readonly #source: WriterSource;
  readonly #maxBytes: number | null;
  #worker: Worker | undefined;
  #opening: Promise<void> | undefined;
  #settle: ((answer: FromWriter) => void) | undefined;

  constructor(path: string, options: { source: WriterSource; maxBytes: number | null }) {
    this.#path = path;
    this.#source = options.source;
    this.#maxBytes = options.maxBytes;
  }

  /**
   * Starts the thread and opens its connection; does nothing when the thread runs.
   * @throws {Error} with the reason in its message.
   */
  start(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /**
   * Writes a batch. The caller awaits each batch before the next one.
   * @throws {Error} with the reason in its message, and as `cause` the details for the node's owner;
   * nothing of the batch was acknowledged.
   */
  async write(batch: Batch): Promise<Committed> {
    await this.start();
    const answer = await this.#ask({ type: "batch", batch });
    if (answer.type === "committed") return answer;
    if (answer.type !== "failed") throw new Error("the writer lost its place");
    throw answer.detail === null
      ? new Error(answer.reason)
      : new Error(answer.reason, { cause: new Error(answer.detail) });
  }

  /** Closes the thread's connection and ends the thread. */
  async close(): Promise<void> {
    if (this.#worker !== undefined) await this.#ask({ type: "close" });
    this.#end();
  }

  async #open(): Promise<void> {
    let reason: string;
    try {
      const source = this.#source();
      this.#worker = source instanceof URL ? new Worker(source, { type: "module" }) : source;
      this.#listen(this.#worker);
      const answer = await this.#ask({
        type: "open",
        path: this.#path,
        maxBytes: this.#maxBytes,
      });
      if (answer.type === "opened") return;
      reason = answer.type === "failed" ? answer.reason : "the writer did not open it";
    } catch (error) {
      reason = `the writer did not start: ${error instanceof Error ? error.message : error}`;
    }
    this.#end();
    throw new Error(reason);
  }

  #listen(worker: Worker): void {
    worker.onmessage = (event: MessageEvent<FromWriter>) => this.#answered(event.data);
    worker.onerror = (event) => {
      // Otherwise the error would end the process too.
      event.preventDefault();
      const reason = `the writer stopped: ${event.message}`;
      this.#end();
      this.#answered({ type: "failed", reason, detail: null });
    };
  }

  #ask(question: ToWriter): Promise<FromWriter> {
    const { promise, resolve } = Promise.withResolvers<FromWriter>();
    this.#settle = resolve;
    if (this.#worker === undefined) {
      resolve({ type: "failed", reason: "the writer stopped", detail: null });
    } else this.#worker.postMessage(question);
    return promise;
  }

  #answered(answer: FromWriter): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(answer);
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#opening = undefined;
  }
}
