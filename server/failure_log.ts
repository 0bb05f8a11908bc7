/**
 * What fails over and over, in the log at most once a second: a full disk fails every request. Owns when
 * something is said, not what becomes of a failure.
 */
import { isPublicError } from "../transport/errors.ts";
import type { Clock } from "../transport/transport.ts";
import type { Log } from "./log.ts";

/** One line a second is enough to know, and a day of them is 10 MB. */
const EVERY_MS = 1000;

/** Of each kind since its last line: what was expected may not hide what was not. */
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

  /** Logs `error`; `what` failed, where that is no public error, which says it itself. */
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

/** Its message names a room, and the log names none. */
const DAMAGED = "The database is damaged, and a room cannot be read: e-goat check tells which";
