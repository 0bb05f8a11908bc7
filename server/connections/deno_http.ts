/**
 * The parts of Deno's HTTP server that have no public API (as of 2.7): serving one connection, which can
 * then be counted and ended, and handing over the connection of an upgrade. `Deno.serve` takes a whole
 * listener, ends with it when descriptors run out, and never ends a silent connection. Deno's own
 * `node:http2` is built on the same parts. Only this file knows about them. The tests of `connections.ts`
 * and `server_socket.ts` fail when a later Deno has changed them.
 */

/** The bytes of a connection: the part of `Deno.Conn` that the node needs. */
export interface ByteStream {
  /** Reads into `into`. Resolves to the number of bytes; null at the end. */
  read(into: Uint8Array<ArrayBuffer>): Promise<number | null>;
  /** Resolves to the number of bytes that were written. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<number>;
  close(): void;
}

export interface RawUpgrade {
  readonly connection: ByteStream;
  /**
   * The response that the handler must return. The caller writes the real response head to the connection.
   */
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

/** Returns the id of the resource that Deno makes next: ids are given in sequence. */
function nextResourceId(): number {
  const { core } = internals;
  const handle = core.createCancelHandle();
  core.tryClose(handle);
  return handle + 1;
}

/** A connection whose requests are served. */
export interface ServedConnection {
  /** Resolves when the connection has ended, or was upgraded. */
  readonly finished: Promise<void>;
  /** Ends it at once. Idempotent. */
  end(): void;
}

/**
 * Serves the requests of one connection. (Deno's graceful end of a connection is not offered: it panics
 * when the other side has just closed.)
 */
export function serveConnection(
  connection: Deno.Conn,
  handler: Deno.ServeHandler,
): ServedConnection {
  const { core, serveHttpOnConnection } = internals;
  let abort = () => {};
  // A real AbortSignal would report a connection that has already ended as an unhandled error.
  const signal = {
    aborted: false,
    addEventListener: (_type: string, listener: () => void) => abort = listener,
    removeEventListener() {},
  } as unknown as AbortSignal;
  const onError = () => new Response("Internal error", { status: 500 });
  const id = nextResourceId();
  const server = serveHttpOnConnection(connection, signal, handler, onError, () => {});
  return {
    // A malformed request ends the connection, but leaves its resource open.
    finished: server.finished.catch(() => {}).then(() => core.tryClose(id)),
    end() {
      try {
        abort();
      } catch {
        // The connection has ended already.
      }
    },
  };
}

/** Takes over the connection that `request` came on. */
export function upgradeRaw(request: Request): RawUpgrade {
  const id = nextResourceId();
  try {
    const { conn, response } = internals.upgradeHttpRaw(request);
    return { connection: conn, response };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // The connection is a resource by now. Deno fails afterwards, when it asks for the listener's address:
    // a connection that is served alone has no listener.
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
