/**
 * Logs repeated failures at most once a second: a full disk fails every request. This class decides when a
 * failure is logged, not how it is handled.
 */
import { isPublicError } from "../transport/errors.ts";
import type { Clock } from "../transport/transport.ts";
import type { Log } from "./log.ts";

/** One line a second is enough to notice a failure, and a day of them is 10 MB. */
const EVERY_MS = 1000;

/**
 * State of one kind of failure since its last line. There are two kinds, so that expected failures do not
 * hide unexpected ones.
 */
interface Kind {
  saidMs: number;
  unsaid: number;
}

export class FailureLog {
  readonly #log: Log;
  readonly #clock: Pick<Clock, "now">;
  readonly #known: Kind = { saidMs: -Infinity, unsaid: 0 };
  readonly #unexpected: Kind = { saidMs: -Infinity, unsaid: 0 };

  constructor(options: { log: Log; clock: Pick<Clock, "now"> }) {
    this.#log = options.log;
    this.#clock = options.clock;
  }

  /** Logs `error`. `what` is the message for an error that is not public; a public error has its own. */
  say(what: string, error: unknown): void {
    const isKnown = isPublicError(error);
    const kind = isKnown ? this.#known : this.#unexpected;
    const nowMs = this.#clock.now();
    if (nowMs - kind.saidMs < EVERY_MS) {
      kind.unsaid++;
      return;
    }
    const fields = kind.unsaid === 0 ? {} : { unsaid: kind.unsaid };
    kind.saidMs = nowMs;
    kind.unsaid = 0;
    if (!isKnown) this.#log.error(what, fields, error);
    else this.#log.error(error.code === "database-damaged" ? DAMAGED : error.message, fields);
  }
}

/** Replaces an error message that names a room, which the log must not name. */
const DAMAGED = "The database is damaged, and a room cannot be read: e-goat check tells which";
