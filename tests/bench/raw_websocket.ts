/**
 * A WebSocket client (RFC 6455) on a bare TCP connection that counts text frames by their headers alone.
 * Fifty members of a busy room then cost less than the measured server.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const TEXT = 0x81;
const PING = 0x89;
const PONG = 0x8a;
const CLOSE = 0x88;

/** Large enough for a slow member to read all waiting frames at once. */
const READ_BYTES = 256 * 1024;
/** A small read buffer, for idle members. */
export const IDLE_READ_BYTES = 4 * 1024;

/** A text frame as a client sends it. The mask is four zeros, so that the text stays as it is. */
export function encodeText(text: string): Uint8Array {
  return encodeMasked(TEXT, encoder.encode(text));
}

function encodeMasked(opcode: number, payload: Uint8Array): Uint8Array {
  const isShort = payload.length < 126;
  if (payload.length > 0xffff) throw new Error("Frames for benchmarks are below 64 KiB");
  const head = isShort ? [opcode, 0x80 | payload.length] : [
    opcode,
    0x80 | 126,
    payload.length >> 8,
    payload.length & 0xff,
  ];
  const frame = new Uint8Array(head.length + 4 + payload.length);
  frame.set(head);
  frame.set(payload, head.length + 4);
  return frame;
}

/** Joins frames, to send them in one write. */
export function concatenate(frames: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const frame of frames) {
    whole.set(frame, at);
    at += frame.length;
  }
  return whole;
}

export class RawWebSocket {
  /** Number of text frames since opening, or since this was set. */
  texts = 0;
  /** Called with each text; costs a decoding. */
  onText: ((text: string) => void) | null = null;
  readonly #connection: Deno.TcpConn;
  #buffer: Uint8Array<ArrayBuffer>;
  #filled = 0;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(connection: Deno.TcpConn, readBytes: number) {
    this.#connection = connection;
    this.#buffer = new Uint8Array(readBytes);
  }

  /** Opens a WebSocket; `onText` gets every text from the first one on. */
  static async open(
    port: number,
    path: string,
    options: { onText?: (text: string) => void; readBytes?: number } = {},
  ): Promise<RawWebSocket> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    const socket = new RawWebSocket(connection, options.readBytes ?? READ_BYTES);
    socket.onText = options.onText ?? null;
    await socket.#shakeHands(path);
    void socket.#read();
    return socket;
  }

  /** Sends frames that {@linkcode encodeText} made; writes go out in the order of the calls. */
  send(frames: Uint8Array): void {
    this.#writing = this.#writing.then(async () => {
      for (let sent = 0; sent < frames.length;) {
        sent += await this.#connection.write(frames.subarray(sent));
      }
    }).catch(() => {});
  }

  /** Sends a close frame (1000), so that the server does not wait for a reconnection, and closes. */
  async leave(): Promise<void> {
    this.send(encodeMasked(CLOSE, Uint8Array.of(1000 >> 8, 1000 & 0xff)));
    await this.#writing;
    this.close();
  }

  /** Cuts the connection. */
  close(): void {
    try {
      this.#connection.close();
    } catch {
      // The other side has already closed it.
    }
  }

  async #shakeHands(path: string): Promise<void> {
    this.send(encoder.encode(
      [
        `GET ${path} HTTP/1.1`,
        "host: localhost",
        "connection: Upgrade",
        "upgrade: websocket",
        "sec-websocket-version: 13",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
      ].join("\r\n") + "\r\n\r\n",
    ));
    while (true) {
      await this.#fill();
      const head = decoder.decode(this.#buffer.subarray(0, this.#filled));
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) continue;
      if (!head.startsWith("HTTP/1.1 101")) throw new Error(`No WebSocket: ${head}`);
      // The head is ASCII, so its characters are its bytes.
      this.#drop(end + 4);
      return;
    }
  }

  async #read(): Promise<void> {
    try {
      while (true) {
        this.#takeFrames();
        await this.#fill();
      }
    } catch {
      // The connection was closed, by us or by the server. The counts then show that frames are missing.
    }
  }

  async #fill(): Promise<void> {
    if (this.#filled === this.#buffer.length) {
      const larger = new Uint8Array(this.#buffer.length * 2);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    const count = await this.#connection.read(this.#buffer.subarray(this.#filled));
    if (count === null) throw new Error("The server closed the WebSocket");
    this.#filled += count;
  }

  #takeFrames(): void {
    const buffer = this.#buffer;
    let at = 0;
    while (at + 2 <= this.#filled) {
      let length = buffer[at + 1]!;
      let start = at + 2;
      if (length === 126) {
        length = buffer[at + 2]! * 256 + buffer[at + 3]!;
        start = at + 4;
      } else if (length === 127) {
        length = new DataView(buffer.buffer).getUint32(at + 6);
        start = at + 10;
      }
      if (start > this.#filled || start + length > this.#filled) break;
      this.#takeFrame(buffer[at]!, start, start + length);
      at = start + length;
    }
    if (at > 0) this.#drop(at);
  }

  #takeFrame(opcode: number, start: number, end: number): void {
    if (opcode === TEXT) {
      this.texts++;
      this.onText?.(decoder.decode(this.#buffer.subarray(start, end)));
    } else if (opcode === PING) {
      this.send(encodeMasked(PONG, this.#buffer.slice(start, end)));
    } else if (opcode === CLOSE) {
      this.close();
    }
  }

  #drop(count: number): void {
    this.#buffer.copyWithin(0, count, this.#filled);
    this.#filled -= count;
  }
}
