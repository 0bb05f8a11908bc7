/**
 * What is malformed in a request, though Deno lets it through. Chunks that are none end in
 * `read_body.ts`, a WebSocket without its key in `server_socket.ts`.
 */
import { UserError } from "../transport/errors.ts";

/**
 * @throws {UserError} `bad-request`: two `Host` headers, of which each reader may take another (RFC 9112
 * section 3.2); a query whose escapes are not UTF-8, which would be taken for something else.
 */
export function checkForm(request: Request): void {
  // Headers of one name are joined with commas, and no host has one.
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
