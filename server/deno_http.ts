/**
 * What Deno's HTTP server can do and does not show (as of 2.7): serve one connection, which then can be
 * counted and ended, and hand over the connection of an upgrade. `Deno.serve` takes a whole listener, ends
 * with it when descriptors run out, and never ends a connection that is silent; Deno's own `node:http2` is
 * built on the same. This file is all that knows of it; the tests of `connections.ts` and those of
 * `server_socket.ts` fail where a later Deno has changed it.
 */

/** The bytes of a connection: the part of `Deno.Conn` that is needed. */
export interface ByteStream {
  /** Bytes that were read; null at the end. */
  read(into: Uint8Array<ArrayBuffer>): Promise<number | null>;
  /** Bytes that were written. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<number>;
  close(): void;
}

export interface RawUpgrade {
  readonly connection: ByteStream;
  /** What the handler has to return; the head of the real answer is written to the connection. */
  readonly response: Response | Promise<Response>;
}

interface Core {
  createCancelHandle(): number;
  read(id: number, into: Uint8Array): Promise<number>;
  write(id: number, bytes: Uint8Array): Promise<number>;
  tryClose(id: number): void;
}

interface Internals {
  readonly core: Core;
  serveHttpOnConnection(
    connection: Deno.Conn,
    signal: AbortSignal,
    handler: Deno.ServeHandler,
    onError: (error: unknown) => Response,
    onListen: () => void,
  ): { readonly finished: Promise<void> };
  upgradeHttpRaw(request: Request): { conn: Deno.Conn; response: Response };
}

const internals = Reflect.get(Deno, Reflect.get(Deno, "internal") as symbol) as Internals;

/** The id of the resource that is made next: they are given in turn. */
function nextResourceId(): number {
  const { core } = internals;
  const handle = core.createCancelHandle();
  core.tryClose(handle);
  return handle + 1;
}

/** A connection whose requests are served. */
export interface ServedConnection {
  /** Resolves when it has ended, or was upgraded. */
  readonly finished: Promise<void>;
  /** Ends it at once. Idempotent. */
  end(): void;
}

/**
 * Serves the requests of one connection. (Deno's way to let it end by itself is not offered: it panics
 * where the other side has just closed.)
 */
export function serveConnection(
  connection: Deno.Conn,
  handler: Deno.ServeHandler,
): ServedConnection {
  const { core, serveHttpOnConnection } = internals;
  let abort = () => {};
  // An AbortSignal would report that the connection has ended before as an error of nobody's.
  const signal = {
    aborted: false,
    addEventListener: (_type: string, listener: () => void) => abort = listener,
    removeEventListener() {},
  } as unknown as AbortSignal;
  const onError = () => new Response("Internal error", { status: 500 });
  const id = nextResourceId();
  const server = serveHttpOnConnection(connection, signal, handler, onError, () => {});
  return {
    // A request that is malformed ends it, and leaves this behind.
    finished: server.finished.catch(() => {}).then(() => core.tryClose(id)),
    end() {
      try {
        abort();
      } catch {
        // It has ended.
      }
    },
  };
}

/** Takes the connection that `request` came on. */
export function upgradeRaw(request: Request): RawUpgrade {
  const id = nextResourceId();
  try {
    const { conn, response } = internals.upgradeHttpRaw(request);
    return { connection: conn, response };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // The connection is a resource by now. Then Deno asks for the address of the listener, which one that
    // is served alone does not have.
    return { connection: resourceStream(id), response: new Promise(() => {}) };
  }
}

function resourceStream(id: number): ByteStream {
  const { core } = internals;
  return {
    async read(into) {
      const count = await core.read(id, into);
      return count === 0 ? null : count;
    },
    write: (bytes) => core.write(id, bytes),
    close: () => core.tryClose(id),
  };
}
