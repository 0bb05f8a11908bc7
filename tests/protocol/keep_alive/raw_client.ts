/**
 * The strictest client: HTTP/1.1 over one TCP connection. It uses a connection again unless the answer
 * says `Connection: close`. In that case it waits for the announced end.
 */
import type { Ask } from "./early_answers.ts";
import { describeAsk, type NextRequest, nextRequest, type Plan, type Tally } from "./tally.ts";

export interface RawAnswer {
  readonly status: number;
  readonly isLast: boolean;
  readonly text: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class RawConnection {
  readonly #connection: Deno.TcpConn;
  #unread = "";

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const connection = await Deno.connect({ hostname, port: Number(port) });
    connection.setNoDelay(true);
    return new RawConnection(connection);
  }

  async send(text: string): Promise<void> {
    const bytes = encoder.encode(text);
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  /** Closes the sending side of the connection. */
  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  /** @throws {Error} when the connection ends before the answer does. */
  async answer({ isHead = false } = {}): Promise<RawAnswer> {
    const head = await this.#take((text) => endAfter(text, "\r\n\r\n"));
    const status = Number(head.split(" ")[1]);
    const isLast = /^connection: *close/im.test(head);
    const length = /^content-length: *(\d+)/im.exec(head)?.[1];
    const hasNoBody = isHead || status === 304 || status < 200;
    if (hasNoBody) return { status, isLast, text: "" };
    if (length !== undefined) {
      return { status, isLast, text: await this.#take(() => Number(length)) };
    }
    if (!/^transfer-encoding: *chunked/im.test(head)) {
      return { status, isLast: true, text: await this.rest() };
    }
    const chunks = await this.#take((text) => endAfter(text, "0\r\n\r\n"));
    return { status, isLast, text: chunks };
  }

  /** The unread text, and everything that arrives until the other side ends the connection. */
  async rest(): Promise<string> {
    while (await this.#readMore());
    return this.#unread;
  }

  close(): void {
    this.#connection.close();
  }

  /** Waits until `end` finds a place in the unread text, and takes the text up to that place. */
  async #take(end: (text: string) => number): Promise<string> {
    for (;;) {
      const at = end(this.#unread);
      if (at !== -1 && at <= this.#unread.length) {
        const taken = this.#unread.slice(0, at);
        this.#unread = this.#unread.slice(at);
        return taken;
      }
      if (!await this.#readMore()) throw new Error(`The connection ended after: ${this.#unread}`);
    }
  }

  async #readMore(): Promise<boolean> {
    const buffer = new Uint8Array(16 * 1024);
    const count = await this.#connection.read(buffer);
    if (count === null) return false;
    // The answers in these tests are ASCII.
    this.#unread += decoder.decode(buffer.subarray(0, count));
    return true;
  }
}

function endAfter(text: string, mark: string): number {
  const at = text.indexOf(mark);
  return at === -1 ? -1 : at + mark.length;
}

/** The parts of a request as they are sent. */
export function requestParts(host: string, ask: Ask): string[] {
  const { method, path, headers, bytes, isChunked, isApart } = ask;
  const framing = isChunked ? { "transfer-encoding": "chunked" } : { "content-length": `${bytes}` };
  const lines = Object.entries({ host, ...framing, ...headers }).map(([k, v]) => `${k}: ${v}\r\n`);
  const head = `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
  const body = isChunked ? chunked(bytes) : "x".repeat(bytes);
  return isApart ? [head, body] : [head + body];
}

function chunked(bytes: number): string {
  const half = Math.floor(bytes / 2);
  const chunk = (size: number) => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;
  return `${chunk(half)}${chunk(bytes - half)}0\r\n\r\n`;
}

/** Sends `ask`, then the next request on the same connection or, after a close, on a new one. */
async function tryOne(url: string, ask: Ask, next: NextRequest): Promise<"kept" | "announced"> {
  let connection = await RawConnection.open(url);
  try {
    const writing = sendAll(connection, requestParts(new URL(url).host, ask));
    const { status, isLast, text } = await connection.answer({ isHead: ask.method === "HEAD" });
    const failure = await writing;
    if (status !== (ask.status ?? status)) throw new Error(`answered ${status}: ${text}`);
    if (failure !== null && !isLast) throw failure;
    if (isLast) {
      const more = await connection.rest();
      if (more !== "") throw new Error(`said more after its last answer: ${more}`);
      connection.close();
      connection = await RawConnection.open(url);
    }
    await askNext(connection, next, new URL(url).host);
    return isLast ? "announced" : "kept";
  } finally {
    connection.close();
  }
}

async function sendAll(connection: RawConnection, parts: string[]): Promise<Error | null> {
  try {
    for (const part of parts) await connection.send(part);
    return null;
  } catch (error) {
    return error as Error;
  }
}

async function askNext(connection: RawConnection, next: NextRequest, host: string): Promise<void> {
  const { method, path, body, expects } = next;
  const head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`;
  await connection.send(
    body === null ? `${head}\r\n` : `${head}content-length: ${body.length}\r\n\r\n${body}`,
  );
  const { status, text } = await connection.answer();
  if (status === 200 && text.includes(expects)) return;
  throw new Error(`the next request was answered ${status}: ${text}`);
}

/** Tries all of `asks`, a few at a time, because an ask must not harm the others either. */
export async function tryRaw(plan: Plan): Promise<Tally> {
  const counts = { kept: 0, announced: 0 };
  const failures: string[] = [];
  const waiting = [...plan.asks];
  const work = async () => {
    for (let ask = waiting.pop(); ask !== undefined; ask = waiting.pop()) {
      try {
        counts[await tryOne(plan.url, ask, nextRequest(plan))]++;
      } catch (error) {
        failures.push(`${describeAsk(ask)}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return { ...counts, failures };
}
