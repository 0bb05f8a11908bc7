/**
 * A WebSocket by hand over TCP. It can do what a well-behaved client can't: lie about its origin, not
 * read.
 */
import { until } from "../fakes/until.ts";

export class RawSocket {
  /** The status line and headers of the answer to the upgrade. */
  readonly head: string;
  readonly #connection: Deno.TcpConn;
  #bytes = new Uint8Array(0);
  #isReading = false;

  private constructor(connection: Deno.TcpConn, head: string, rest: Uint8Array<ArrayBuffer>) {
    this.#connection = connection;
    this.head = head;
    this.#bytes = rest;
  }

  /** Asks for a WebSocket at `path`, and reads only the head of the answer. */
  static async open(
    url: string,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<RawSocket> {
    const { hostname, port, host } = new URL(url);
    const connection = await Deno.connect({ hostname, port: Number(port || 80) });
    const lines = Object.entries({
      "host": host,
      "upgrade": "websocket",
      "connection": "Upgrade",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    await connection.write(encoder.encode(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`));
    let bytes = new Uint8Array(0);
    const buffer = new Uint8Array(1024);
    for (;;) {
      const count = await connection.read(buffer);
      if (count === null) break;
      bytes = join(bytes, buffer.subarray(0, count));
      const end = decoder.decode(bytes).indexOf("\r\n\r\n");
      if (end !== -1) {
        const head = decoder.decode(bytes).slice(0, end);
        return new RawSocket(connection, head, bytes.slice(encoder.encode(head).length + 4));
      }
    }
    connection.close();
    throw new Error("The connection ended before the answer's head");
  }

  get status(): number {
    return Number(this.head.split(" ")[1]);
  }

  /** Sends one text frame, masked as clients must (RFC 6455 5.3). */
  async send(text: string): Promise<void> {
    const payload = encoder.encode(text);
    if (payload.length > 125) throw new Error("Only short frames");
    // A mask of zeros is valid.
    const frame = new Uint8Array([0x81, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);
    await this.#connection.write(frame);
  }

  /** Starts to read, and waits until the received text satisfies `isEnough`. */
  async readUntil(isEnough: (text: string) => boolean, what: string): Promise<void> {
    if (!this.#isReading) {
      this.#isReading = true;
      this.#readAll().catch(() => {});
    }
    await until(() => isEnough(this.tail), what);
  }

  /** The end of the received bytes, as text. Frame headers appear in it as noise. */
  get tail(): string {
    return decoder.decode(this.#bytes);
  }

  close(): void {
    this.#connection.close();
  }

  async #readAll(): Promise<void> {
    const buffer = new Uint8Array(256 * 1024);
    for (;;) {
      const count = await this.#connection.read(buffer);
      if (count === null) return;
      this.#bytes = join(this.#bytes, buffer.subarray(0, count)).slice(-MAX_TAIL_BYTES);
    }
  }
}

const MAX_TAIL_BYTES = 64 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function join(
  a: Uint8Array<ArrayBuffer>,
  b: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
