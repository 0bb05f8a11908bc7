/**
 * Sends answers that are too large to wait in memory until the client reads them. They are made piece by
 * piece, each after the one before has gone out. The memory of all of them together is bounded, and so is
 * the time that a client may take for a chunk.
 */
import { UserError } from "../../transport/errors.ts";
import type { Clock } from "../../transport/transport.ts";
import { BudgetShare, type SharedBudget } from "../limits/shared_budget.ts";
import { Deadline, type Waiting } from "../limits/deadline.ts";
import { jsonStream, jsonText } from "./respond.ts";

/** Answers up to this size are sent whole: a thousand that nobody reads are 64 MB. */
const SMALL_CHARS = 64 * 1024;

/** Most characters that go out at once. */
const CHUNK_CHARS = 64 * 1024;

/** Characters reserved for each large answer, so that it can go on when the budget is used up. */
const PLACE_CHARS = 1024 * 1024;

/** The client must take a chunk within this time: 25 kbit/s, which is a phone in a tunnel. */
const CHUNK_MS = 20_000;

export interface LargeAnswersOptions {
  readonly clock: Clock;
  /** Limit of the characters that all large answers hold. */
  readonly budget: SharedBudget;
}

/** The client that reads an answer. */
export interface Reader {
  readonly address: string;
  /** Called with the milliseconds of the thread that pieces took to make. */
  charge(ms: number): void;
  /** Called with the error that breaks the answer off. */
  failed(error: unknown): void;
  /** Ends the client's connection. */
  cut(): void;
}

export class LargeAnswers {
  readonly #options: LargeAnswersOptions;
  readonly #deadline: Deadline;

  constructor(options: LargeAnswersOptions) {
    this.#options = options;
    this.#deadline = new Deadline(options.clock, CHUNK_MS);
  }

  /**
   * Returns an answer of JSON, whose text is all `pieces` together. `needsPlace`: the first piece may be
   * large, so it is made only once memory is reserved for it.
   * @throws {UserError} `rate-limited` when the node holds too much already; any error that `pieces`
   * throws.
   */
  respond(
    pieces: Iterator<string>,
    reader: Reader,
    { needsPlace = false }: { readonly needsPlace?: boolean } = {},
  ): Response {
    const { clock, budget } = this.#options;
    const answer = new Answer({ clock, budget, deadline: this.#deadline, pieces, reader });
    const whole = answer.begin({ needsPlace });
    return whole === null ? jsonStream(answer.stream(), answer.ended) : jsonText(whole);
  }

  /** Stops all deadlines: no client is cut any more. Idempotent. */
  close(): void {
    this.#deadline.close();
  }
}

interface AnswerOptions extends LargeAnswersOptions {
  readonly deadline: Deadline;
  readonly pieces: Iterator<string>;
  readonly reader: Reader;
}

class Answer {
  readonly #options: AnswerOptions;
  /** Text that was made and has not gone out. */
  #text = "";
  readonly #share: BudgetShare;
  #waiting: Waiting | null = null;
  readonly #ended = Promise.withResolvers<void>();
  #hasEnded = false;

  constructor(options: AnswerOptions) {
    this.#options = options;
    this.#share = new BudgetShare(options.budget, options.reader.address);
  }

  /** Returns a large answer as a stream. For one call, after `begin` has returned null. */
  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.#end() },
      // Nothing is made before the client reads.
      { highWaterMark: 0 },
    );
  }

  /** Resolves when the whole answer has gone out, or was given up. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /**
   * Begins the answer. Returns its whole text when it is small, and then holds nothing. Returns null for a
   * large answer, which goes out by the stream.
   * @throws {UserError} `rate-limited`; any error of making it.
   */
  begin({ needsPlace }: { readonly needsPlace: boolean }): string | null {
    try {
      if (needsPlace) this.#hold(PLACE_CHARS);
      const isWhole = this.#fill();
      if (isWhole && this.#text.length <= SMALL_CHARS) {
        const text = this.#text;
        this.#end();
        return text;
      }
      this.#hold(this.#text.length);
    } catch (error) {
      this.#end();
      throw error;
    }
    this.#await();
    return null;
  }

  #pull(controller: ReadableStreamDefaultController<Uint8Array>): void {
    if (this.#hasEnded) return controller.error(new Error("The answer was not read in time"));
    const { clock, reader } = this.#options;
    const startMs = clock.now();
    try {
      this.#fill();
      this.#hold(this.#text.length);
    } catch (error) {
      // The head has gone out: the node can only break off, so that the client sees that the answer is
      // incomplete.
      reader.failed(error);
      this.#end();
      throw error;
    }
    reader.charge(clock.now() - startMs);
    if (this.#text === "") {
      this.#end();
      return controller.close();
    }
    const end = chunkEnd(this.#text);
    controller.enqueue(encoder.encode(this.#text.slice(0, end)));
    this.#text = this.#text.slice(end);
    this.#hold(this.#text.length);
    this.#await();
  }

  /** Makes pieces until they fill a chunk. Returns whether there are no more pieces. */
  #fill(): boolean {
    while (this.#text.length <= CHUNK_CHARS) {
      const piece = this.#options.pieces.next();
      if (piece.done) return true;
      this.#text += piece.value;
    }
    return false;
  }

  /**
   * Reserves budget for `chars`, and always for at least `PLACE_CHARS`. Throws `rate-limited` when it is
   * full.
   */
  #hold(chars: number): void {
    if (!this.#share.hold(Math.max(chars, PLACE_CHARS))) throw tooMuch();
  }

  /** Gives the client `CHUNK_MS` to ask for more. */
  #await(): void {
    const { deadline, reader } = this.#options;
    if (this.#waiting !== null) deadline.end(this.#waiting);
    this.#waiting = deadline.begin(() => {
      this.#end();
      reader.cut();
    });
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#ended.resolve();
    this.#share.hold(0);
    this.#text = "";
    if (this.#waiting !== null) this.#options.deadline.end(this.#waiting);
  }
}

/** The end of the first chunk of `text`, never between the halves of a surrogate pair. */
function chunkEnd(text: string): number {
  const isPair = (text.charCodeAt(CHUNK_CHARS - 1) & 0xfc00) === 0xd800;
  return Math.min(text.length, isPair ? CHUNK_CHARS + 1 : CHUNK_CHARS);
}

function tooMuch(): UserError {
  return new UserError(
    "rate-limited",
    "The node is sending as much as it can hold: ask again in a moment, or for less",
  );
}

const encoder = new TextEncoder();
