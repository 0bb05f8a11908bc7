/**
 * HTTP/1.1 over a TCP connection that is kept open, one request at a time: `fetch` costs more than
 * the servers that are measured. Knows only answers that name their length.
 */

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const SEPARATOR = [13, 10, 13, 10];

export interface RawAnswer {
  readonly status: number;
  readonly bodyBytes: number;
  /** Valid until the next request. */
  readonly body: Uint8Array;
}

/** The bytes of a request. */
export function encodeRequest(method: "GET" | "POST", path: string, body = ""): Uint8Array {
  const bytes = encoder.encode(body);
  const head = [`${method} ${path} HTTP/1.1`, "host: localhost"];
  if (method === "POST") {
    head.push("content-type: application/json", `content-length: ${bytes.length}`);
  }
  return encoder.encode(`${head.join("\r\n")}\r\n\r\n${body}`);
}

export class RawHttp {
  readonly #connection: Deno.TcpConn;
  #buffer = new Uint8Array(64 * 1024);

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async open(port: number): Promise<RawHttp> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    return new RawHttp(connection);
  }

  /** Sends a request and waits for the whole answer. */
  async ask(request: Uint8Array): Promise<RawAnswer> {
    for (let sent = 0; sent < request.length;) {
      sent += await this.#connection.write(sent === 0 ? request : request.subarray(sent));
    }
    let filled = 0;
    let headBytes = -1;
    let totalBytes = Infinity;
    while (filled < totalBytes) {
      if (filled === this.#buffer.length) this.#grow(totalBytes);
      const count = await this.#connection.read(this.#buffer.subarray(filled));
      if (count === null) throw new Error("The server closed the connection");
      filled += count;
      if (headBytes !== -1) continue;
      headBytes = endOfHead(this.#buffer, filled);
      if (headBytes !== -1) totalBytes = headBytes + contentLength(this.#buffer, headBytes);
    }
    const body = this.#buffer.subarray(headBytes, totalBytes);
    return { status: statusOf(this.#buffer), bodyBytes: body.length, body };
  }

  close(): void {
    this.#connection.close();
  }

  #grow(totalBytes: number): void {
    const size = Number.isFinite(totalBytes) ? totalBytes : this.#buffer.length * 2;
    const larger = new Uint8Array(size);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

function endOfHead(buffer: Uint8Array, filled: number): number {
  for (let at = 0; at + 4 <= filled; at++) {
    if (SEPARATOR.every((byte, offset) => buffer[at + offset] === byte)) return at + 4;
  }
  return -1;
}

function contentLength(buffer: Uint8Array, headBytes: number): number {
  const head = decoder.decode(buffer.subarray(0, headBytes));
  const found = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (found === null) throw new Error(`An answer without a length: ${head}`);
  return Number(found[1]);
}

/** The three digits after `HTTP/1.1 `. */
function statusOf(buffer: Uint8Array): number {
  return (buffer[9]! - 48) * 100 + (buffer[10]! - 48) * 10 + (buffer[11]! - 48);
}
