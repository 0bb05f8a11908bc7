/** A peer on a bare WebSocket. A test tells it which frames to send. */
import assert from "node:assert/strict";

export interface Frame {
  readonly type: string;
  readonly peer_id?: string;
  readonly target_peer_id?: string;
  // deno-lint-ignore no-explicit-any
  readonly payload?: any;
}

export const TOKEN = "0123456789abcdef";
export const OTHER_TOKEN = "fedcba9876543210";

/** Longest wait for a frame on a machine that is busy with other tests. */
const PATIENCE_MS = 20_000;

/** Options of Deno's WebSocket. */
export interface SocketOptions {
  readonly client?: Deno.HttpClient;
  readonly headers?: Record<string, string>;
}

export class SocketPeer {
  /** Resolves with the close code and reason. */
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  readonly #frames: Frame[] = [];
  #wake: () => void = () => {};
  #isClosed = false;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      this.#frames.push(JSON.parse(data));
      this.#wake();
    };
    this.closed = new Promise((resolve) => {
      socket.onclose = ({ code, reason }) => {
        this.#isClosed = true;
        this.#wake();
        resolve({ code, reason });
      };
    });
  }

  /** Opens a WebSocket; does not wait for `welcome`. */
  static async open(
    url: string,
    query: Record<string, string>,
    options: SocketOptions = {},
  ): Promise<SocketPeer> {
    const address = `${url.replace(/^http/, "ws")}/signal?${new URLSearchParams(query)}`;
    // The browser's types do not know Deno's options.
    const socket = new WebSocket(address, options as unknown as string[]);
    const peer = new SocketPeer(socket);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`No WebSocket to ${address}`));
    });
    socket.onerror = null;
    return peer;
  }

  /** Opens a WebSocket and takes its `welcome`. */
  static async join(url: string, query: Record<string, string>) {
    const peer = await SocketPeer.open(url, query);
    const welcome = await peer.next();
    assert.equal(welcome.type, "welcome");
    return Object.assign(peer, { welcome: welcome.payload });
  }

  send(frame: unknown): void {
    this.#socket.send(
      typeof frame === "string" || frame instanceof Uint8Array
        ? frame as string
        : JSON.stringify(frame),
    );
  }

  /** The next frame, of any type. */
  async next(): Promise<Frame> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    while (this.#frames.length === 0) {
      if (this.#isClosed) throw new Error("Closed before the next frame");
      const left = giveUpAt - performance.now();
      if (left <= 0) throw new Error("No frame came");
      await this.#waitForFrame(left);
    }
    return this.#frames.shift()!;
  }

  #waitForFrame(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** The next frame of `type`; drops those before it. */
  async nextOf(type: string): Promise<Frame> {
    for (;;) {
      const frame = await this.next();
      if (frame.type === type) return frame;
    }
  }

  /**
   * Everything that the node has sent until now. It sends a `ping` and returns the frames before the
   * answer, because the node's answers keep their order.
   */
  async drain(): Promise<Frame[]> {
    const t = Math.random();
    this.send({ type: "ping", payload: { t } });
    const frames: Frame[] = [];
    for (;;) {
      const frame = await this.next();
      if (frame.type === "pong" && frame.payload?.t === t) return frames;
      frames.push(frame);
    }
  }

  /** Closes and waits until it is closed. */
  async close(code?: number): Promise<void> {
    if (code === undefined) this.#socket.close();
    else this.#socket.close(code);
    await this.closed;
  }
}
