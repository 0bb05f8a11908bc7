/** The `websocket` tier of the uplink: one WebSocket to the node's `/signal`, one frame per message. */
import { UserError } from "../errors.ts";
import { type JoinTarget, signalUrl } from "./join.ts";
import type { Path, PathHandlers, Transport } from "../transport.ts";

/** More queued bytes mean that the network takes nothing. The outbox keeps the refused messages. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** Dials WebSockets with the constructor of the platform. */
export class WebSocketTransport implements Transport<JoinTarget> {
  readonly tier = "websocket";
  readonly #WebSocket: typeof WebSocket;

  constructor(WebSocketOfPlatform: typeof WebSocket) {
    this.#WebSocket = WebSocketOfPlatform;
  }

  dial(
    target: JoinTarget,
    handlers: PathHandlers,
    { signal }: { signal: AbortSignal },
  ): Promise<Path> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const url = signalUrl(target);
      url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
      const socket = new this.#WebSocket(url);
      const onAbort = () => {
        socket.onopen = socket.onclose = null;
        socket.close();
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      socket.onopen = () => {
        signal.removeEventListener("abort", onAbort);
        resolve(new WebSocketPath(socket, handlers));
      };
      // `error` says nothing that `close` does not say, and always comes before it.
      socket.onclose = () => {
        signal.removeEventListener("abort", onAbort);
        reject(new UserError("peer-gone", `No WebSocket to ${url.host}: blocked or unreachable`));
      };
    });
  }
}

class WebSocketPath implements Path {
  readonly tier = "websocket";
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, handlers: PathHandlers) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") handlers.onFrame(data);
    };
    socket.onclose = ({ code, reason }) => {
      this.#detach();
      handlers.onClose({ code, reason });
    };
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  send(text: string): boolean {
    if (!this.isOpen || this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) return false;
    this.#socket.send(text);
    return true;
  }

  close(code = 1000, reason = ""): void {
    this.#detach();
    this.#socket.close(code, reason);
  }

  #detach(): void {
    this.#socket.onmessage = this.#socket.onclose = null;
  }
}
