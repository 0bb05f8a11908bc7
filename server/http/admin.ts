/**
 * Checks the admin token (bearer, RFC 6750), which a caller needs to read data of all rooms. An open room
 * is protected by its name alone, so lists of rooms, and counts over all rooms, are not public. Callers on
 * the node's own machine need the token too: behind a reverse proxy there, every client looks local.
 */
import { timingSafeEqual } from "node:crypto";
import { UserError } from "../../transport/errors.ts";

export class AdminGate {
  readonly #token: Uint8Array | null;

  /** With `token` null, every request is refused. */
  constructor(token: string | null) {
    this.#token = token === null ? null : encoder.encode(token);
  }

  /** @throws {UserError} `admin-only`, with a message that says how to fix it. */
  check(request: Request): void {
    const [, shown] = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
    if (shown !== undefined && this.#isToken(encoder.encode(shown))) return;
    const { pathname } = new URL(request.url);
    throw new UserError(
      "admin-only",
      `${pathname} tells of all rooms, which is for the node's owner: send "Authorization: Bearer " ` +
        "and the token of --admin-token, or of the file that the node names when it starts",
    );
  }

  #isToken(shown: Uint8Array): boolean {
    const own = this.#token;
    return own !== null && shown.length === own.length && timingSafeEqual(shown, own);
  }
}

const encoder = new TextEncoder();
