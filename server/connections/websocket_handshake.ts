/** Upgrades a request to a WebSocket, after a check of its handshake (RFC 6455 section 4.2). */
import { UserError } from "../../transport/errors.ts";
import { upgradeRaw } from "./deno_http.ts";
import { ServerSocket, type ServerSocketOptions } from "./server_socket.ts";

/**
 * Accepts the handshake. Events go to `socket.handlers`, which the caller must set at once.
 * @throws {UserError} `bad-request` when the handshake is incomplete (RFC 6455 section 4.2.1).
 */
export function acceptWebSocket(
  request: Request,
  options: ServerSocketOptions,
): { socket: ServerSocket; response: Response | Promise<Response> } {
  const key = request.headers.get("sec-websocket-key") ?? "";
  const problem = handshakeProblem(request, key);
  if (problem !== null) throw new UserError("bad-request", `A WebSocket ${problem}`);
  const { connection, response } = upgradeRaw(request);
  const socket = new ServerSocket(connection, options);
  void socket.start(key);
  return { socket, response };
}

function handshakeProblem({ method, headers }: Request, key: string): string | null {
  if (method !== "GET") return "begins with a GET";
  if (!/\bupgrade\b/i.test(headers.get("connection") ?? "")) return 'needs "Connection: Upgrade"';
  if (headers.get("sec-websocket-version") !== "13") return "needs Sec-WebSocket-Version: 13";
  // 16 bytes in Base64.
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) return "needs a Sec-WebSocket-Key of 16 bytes in Base64";
  return null;
}
