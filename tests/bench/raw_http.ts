/**
 * HTTP/1.1 over a TCP connection that is kept open, one request at a time: `fetch` costs more than the
 * measured servers. Reads answers with a content length, and answers in chunks.
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
    let isChunked = false;
    while (filled < totalBytes) {
      if (filled === this.#buffer.length) this.#grow(totalBytes);
      const count = await this.#connection.read(this.#buffer.subarray(filled));
      if (count === null) throw new Error("The server closed the connection");
      filled += count;
      if (headBytes === -1) {
        headBytes = endOfHead(this.#buffer, filled);
        if (headBytes === -1) continue;
        const length = contentLength(this.#buffer, headBytes);
        isChunked = length === null;
        if (length !== null) totalBytes = headBytes + length;
      }
      if (isChunked && endsWithLastChunk(this.#buffer.subarray(headBytes, filled))) break;
    }
    if (isChunked) totalBytes = headBytes + joinChunks(this.#buffer.subarray(headBytes, filled));
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

/** The answer's content length; null when it comes in chunks. */
function contentLength(buffer: Uint8Array, headBytes: number): number | null {
  const head = decoder.decode(buffer.subarray(0, headBytes));
  const found = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (found !== null) return Number(found[1]);
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return null;
  throw new Error(`An answer without a length: ${head}`);
}

const LAST_CHUNK = encoder.encode("\r\n0\r\n\r\n");

function endsWithLastChunk(body: Uint8Array): boolean {
  const from = body.length - LAST_CHUNK.length;
  return from >= 0 && LAST_CHUNK.every((byte, at) => body[from + at] === byte);
}

/** Joins the data of the chunks in place (RFC 9112 section 7.1). Returns its length in bytes. */
function joinChunks(body: Uint8Array): number {
  let length = 0;
  for (let at = 0; at < body.length;) {
    const headEnd = body.indexOf(10, at);
    const chunk = Number.parseInt(decoder.decode(body.subarray(at, headEnd)), 16);
    if (chunk === 0) break;
    body.copyWithin(length, headEnd + 1, headEnd + 1 + chunk);
    length += chunk;
    at = headEnd + 1 + chunk + 2;
  }
  return length;
}

/** The three digits after `HTTP/1.1 `. */
function statusOf(buffer: Uint8Array): number {
  return (buffer[9]! - 48) * 100 + (buffer[10]! - 48) * 10 + (buffer[11]! - 48);
}
