/**
 * Who may read what concerns all rooms: the bearer of the admin token (RFC 6750). A room's name is what
 * protects an open room, so nothing that lists rooms, or counts over all of them, is for everyone. Nor
 * for the node's own machine as such: a reverse proxy on it makes every stranger local.
 */
import { timingSafeEqual } from "node:crypto";
import { UserError } from "../transport/errors.ts";

export class AdminGate {
  readonly #token: Uint8Array | null;

  /** Without a token nobody passes. */
  constructor(token: string | null) {
    this.#token = token === null ? null : encoder.encode(token);
  }

  /** @throws {UserError} `admin-only`, with the mend. */
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
