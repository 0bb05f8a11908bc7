/**
 * Answers that are too large to be left lying in memory until somebody reads them: they are made piece by
 * piece, each when the one before has gone out. What all of them hold is bounded, and so is the time that
 * a client takes for a piece.
 */
import { UserError } from "../transport/errors.ts";
import type { Clock } from "../transport/transport.ts";
import { BudgetShare, type SharedBudget } from "./shared_budget.ts";
import { Deadline, type Waiting } from "./deadline.ts";
import { jsonStream, jsonText } from "./respond.ts";

/** Smaller answers are sent as they are: a thousand that nobody reads are 64 MB. */
const SMALL_CHARS = 64 * 1024;

/** What goes out of a piece at once. */
const CHUNK_CHARS = 64 * 1024;

/** What an answer may hold in any case: where nothing more is free, those that have begun go on. */
const PLACE_CHARS = 1024 * 1024;

/** A chunk has to be taken in this time: 25 kbit/s, which is a phone in a tunnel. */
const CHUNK_MS = 20_000;

export interface LargeAnswersOptions {
  readonly clock: Clock;
  /** What all of them may hold. */
  readonly budget: SharedBudget;
}

/** Who gets an answer. */
export interface Reader {
  readonly address: string;
  /** Told what making pieces took of the thread. */
  charge(ms: number): void;
  /** Told why it breaks off. */
  failed(error: unknown): void;
  /** Ends its connection. */
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
   * An answer of JSON whose text is all `pieces` together. `needsPlace`: its first piece may be large, so
   * that none is made before there is room for it.
   * @throws {UserError} `rate-limited` when the node holds too much already, and what `pieces` throws.
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

  /** Nobody is cut any more. Idempotent. */
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
  /** What was made and has not gone out. */
  #text = "";
  readonly #share: BudgetShare;
  #waiting: Waiting | null = null;
  readonly #ended = Promise.withResolvers<void>();
  #hasEnded = false;

  constructor(options: AnswerOptions) {
    this.#options = options;
    this.#share = new BudgetShare(options.budget, options.reader.address);
  }

  /** All of it, once; of what was begun and is large. */
  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.#end() },
      // Nothing is made before it is wanted.
      { highWaterMark: 0 },
    );
  }

  /** Resolves when all of it has gone out, or nobody wants it any more. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /**
   * The answer where it is a small one, which holds nothing; else null, and it goes out by the stream.
   * @throws {UserError} `rate-limited`; what making it throws.
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
      // The head has gone out: all that can be told is that this is not the whole answer.
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

  /** Makes pieces until there is a chunk of them. Returns whether those were all. */
  #fill(): boolean {
    while (this.#text.length <= CHUNK_CHARS) {
      const piece = this.#options.pieces.next();
      if (piece.done) return true;
      this.#text += piece.value;
    }
    return false;
  }

  /** Counts `chars` as what it holds; a place is held in any case. */
  #hold(chars: number): void {
    if (!this.#share.hold(Math.max(chars, PLACE_CHARS))) throw tooMuch();
  }

  /** It has so long to ask for more. */
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

/** Not between the halves of a surrogate pair. */
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
