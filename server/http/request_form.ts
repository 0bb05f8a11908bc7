/**
 * Refuses malformed requests that Deno lets through. Malformed chunks are found in `read_body.ts`, a
 * WebSocket request without its key in `websocket_handshake.ts`.
 */
import { UserError } from "../../transport/errors.ts";

/**
 * @throws {UserError} `bad-request` for two `Host` headers, since two readers may take different ones (RFC
 * 9112 section 3.2), and for a query whose escapes are not UTF-8, since it would be misread.
 */
export function checkForm(request: Request): void {
  // Headers of one name are joined with commas, and no host contains a comma.
  if (request.headers.get("host")?.includes(",")) {
    throw new UserError("bad-request", "The request has two Host headers: send one");
  }
  const { url } = request;
  const start = url.indexOf("?");
  if (start === -1 || !url.includes("%", start)) return;
  try {
    decodeURIComponent(url.slice(start));
  } catch (error) {
    const message = "The query is not UTF-8 in percent-encoding: escape each byte of it as %XX";
    throw new UserError("bad-request", message, { cause: error });
  }
}
