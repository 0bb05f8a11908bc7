/**
 * Accepts the TCP connections of a node, serves HTTP on each, and ends the silent ones. Descriptors limit
 * their number. At the limit, the address that has the most connections loses one to an address that has
 * fewer, so that no address keeps the others out. Below the limit, a school behind one address may have all
 * of them. A trusted proxy's connection counts for the client whose request it carries.
 */
import type { Clock } from "../../transport/transport.ts";
import { addressKey } from "../limits/by_address.ts";
import { ConnectionOwners } from "./connection_owners.ts";
import { serveConnection, type ServedConnection } from "./deno_http.ts";
import { DescriptorReserve, isOutOfDescriptors } from "./descriptors.ts";
import type { Forwarded, TrustedProxies } from "./forwarded.ts";
import type { Log } from "../log.ts";
import { whenSent } from "./sent_answers.ts";

/**
 * How long a connection may be without a request: before its first one (`first`), after the answer that
 * announced its end (`last`), and after any other answer, which takes time to read (`later`).
 */
const SILENCE_MS = { first: 10_000, last: 30_000, later: 75_000 } as const;
const SWEEP_MS = 2_500;

/** Pause after a failed accept: descriptors become free as other connections end. */
const RETRY_MS = 100;
/** Minimum time between two reductions of the limit. */
const LEARN_EVERY_MS = 1_000;
/** Minimum time between two log lines about failed accepts. */
const LOG_EVERY_MS = 60_000;

/** Facts for a handler about the connection that a request came on. */
export interface RequestInfo {
  readonly remoteAddr: Deno.Addr;
  readonly connection: Connection;
  /** Set when the connection is a trusted proxy's. */
  readonly forwarded?: Forwarded;
}

export interface ConnectionsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Reverse proxies whose headers tell a client's address; default: none. */
  readonly proxies?: TrustedProxies | null;
  /** Most connections at a time; default: `MOST`, or fewer once descriptors have run out. */
  readonly limit?: number;
}

/** Default limit of connections, for the memory that they take. */
const MOST = 20_000;

/**
 * When descriptors run out, the new limit is this much below the current number of connections, and never
 * below this number itself: the rest of the node needs descriptors too.
 */
const SPARE = 64;

/** The protocol that took a connection over from HTTP: a WebSocket. */
export interface Upgraded {
  /** Ends it at once. */
  destroy(): void;
  /** Ends it when the other side has taken too long for a message. */
  check(nowMs: number): void;
}

/** One connection. */
export class Connection {
  /** Requests that are being answered. */
  requests = 0;
  /** When the connection was opened, or its last answer was made or, for a streamed answer, sent. */
  quietSinceMs: number;
  hasAsked = false;
  /** Whether the last answer has announced the end. */
  isLast = false;
  upgraded: Upgraded | null = null;
  served: ServedConnection | null = null;
  readonly #onEnd: (connection: Connection) => void;

  constructor(nowMs: number, onEnd: (ended: Connection) => void) {
    this.quietSinceMs = nowMs;
    this.#onEnd = onEnd;
  }

  get isIdle(): boolean {
    return this.requests === 0 && this.upgraded === null;
  }

  /** Reports that the connection has ended. Idempotent. */
  ended(): void {
    this.#onEnd(this);
  }

  /** Ends it at once. */
  destroy(): void {
    if (this.upgraded !== null) this.upgraded.destroy();
    else this.served?.end();
    this.ended();
  }
}

/** Answers the requests of all connections of a listener. */
export type RequestHandler = (
  request: Request,
  info: RequestInfo,
) => Response | Promise<Response>;

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #reserve = new DescriptorReserve();
  #limit: number;
  readonly #owners = new ConnectionOwners<Connection>();
  #cancelSweep: (() => void) | null = null;
  #loggedAtMs = -Infinity;
  #learntAtMs = -Infinity;
  #isClosing = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#limit = options.limit ?? MOST;
  }

  get count(): number {
    return this.#owners.count;
  }

  /** Serves the connections of `listener` until `shutdown`, which waits for the requests under way. */
  serve(listener: Deno.Listener, handler: RequestHandler): { shutdown(): Promise<void> } {
    this.#reserve.fill();
    const served = new Map<Connection, Promise<void>>();
    const accept = async () => {
      for (;;) {
        const tcp = await this.#accept(listener);
        if (tcp === null) return;
        const taken = this.#take(tcp, handler);
        if (taken === null) continue;
        const { connection, finished } = taken;
        served.set(connection, finished);
        finished.finally(() => served.delete(connection));
      }
    };
    void accept();
    const shutdown = async () => {
      listener.close();
      this.#isClosing = true;
      this.#cancelSweep?.();
      this.#reserve.release();
      for (const connection of [...served.keys()]) if (connection.isIdle) connection.destroy();
      await Promise.all(served.values());
    };
    return { shutdown };
  }

  /** Accepts the next connection; null when the listener is closed. */
  async #accept(listener: Deno.Listener): Promise<Deno.Conn | null> {
    for (;;) {
      try {
        return await listener.accept();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) {
          return null;
        }
        this.#logFailure(error);
        if (isOutOfDescriptors(error)) this.#learnLimit();
        await new Promise<void>((resolve) => this.#options.clock.after(RETRY_MS, resolve));
      }
    }
  }

  /** Lowers the limit after descriptors have run out, and ends the connections above it. */
  #learnLimit(): void {
    const { clock } = this.#options;
    this.#reserve.release();
    // Connections that were just ended take a moment to free their descriptors.
    if (clock.now() - this.#learntAtMs < LEARN_EVERY_MS) return;
    this.#learntAtMs = clock.now();
    this.#limit = Math.min(this.#limit, Math.max(SPARE, this.count - SPARE));
    while (this.count > this.#limit && this.#makeRoom(-1));
    clock.after(LEARN_EVERY_MS, () => {
      if (!this.#isClosing) this.#reserve.fill();
    });
  }

  #logFailure(error: unknown): void {
    const { clock, log } = this.#options;
    if (clock.now() - this.#loggedAtMs < LOG_EVERY_MS) return;
    this.#loggedAtMs = clock.now();
    const reason = error instanceof Error ? error.message : String(error);
    log.warn(`Connections cannot be taken now: ${reason}`);
  }

  /** Serves one connection; null when there is no room for it. */
  #take(
    tcp: Deno.Conn,
    handler: RequestHandler,
  ): { connection: Connection; finished: Promise<void> } | null {
    const { proxies = null } = this.#options;
    const { remoteAddr } = tcp;
    const address = "hostname" in remoteAddr ? remoteAddr.hostname : "";
    const proxy = proxies?.has(address) === true ? proxies : null;
    const owner = proxy === null ? addressKey(address) : null;
    if (this.count >= this.#limit && !this.#makeRoom(this.#countOf(owner))) {
      close(tcp);
      return null;
    }
    const connection = this.#add(owner);
    const direct = { remoteAddr, connection };
    const infoOf = proxy === null
      ? () => direct
      : ({ headers }: Request) => this.#forwardedInfo(direct, proxy.read(headers, address));
    const onIdle = proxy === null ? () => {} : () => this.#giveTo(connection, null);
    const onRequest = this.#counted(
      connection,
      (request) => handler(request, infoOf(request)),
      onIdle,
    );
    try {
      if ("setNoDelay" in tcp) (tcp as Deno.TcpConn).setNoDelay(true);
      const served = serveConnection(tcp, onRequest);
      connection.served = served;
      const finished = served.finished.then(() => {
        if (connection.upgraded === null) connection.ended();
      });
      return { connection, finished };
    } catch {
      // The connection ended before it was served.
      connection.ended();
      close(tcp);
      return null;
    }
  }

  /** Returns `handler` with its requests counted on their connection. */
  #counted(
    connection: Connection,
    handler: Deno.ServeHandler,
    onIdle: () => void,
  ): Deno.ServeHandler {
    const { clock } = this.#options;
    const onEnd = () => {
      connection.requests--;
      connection.quietSinceMs = clock.now();
      if (connection.isIdle) onIdle();
    };
    const onAnswer = (response: Response) => {
      // With this header Deno ends the connection after the answer. Deno's graceful end of a connection can
      // panic: see `deno_http.ts`.
      if (this.#isClosing) response.headers.set("connection", "close");
      connection.isLast ||= response.headers.get("connection") === "close";
      const sent = whenSent(response);
      if (sent === null) onEnd();
      else void sent.then(onEnd);
      return response;
    };
    const onFailure = (error: unknown) => {
      onEnd();
      throw error;
    };
    return (request, info) => {
      connection.requests++;
      connection.hasAsked = true;
      const answer = handler(request, info);
      return answer instanceof Response ? onAnswer(answer) : answer.then(onAnswer, onFailure);
    };
  }

  #add(owner: string | null): Connection {
    const { clock } = this.#options;
    const connection = new Connection(clock.now(), (ended) => this.#owners.remove(ended));
    this.#owners.give(connection, owner);
    if (!this.#isClosing) this.#cancelSweep ??= clock.after(SWEEP_MS, () => this.#sweep());
    return connection;
  }

  /**
   * Connections that the owner of a new connection has. 0 for a proxy (null): its client is not known yet.
   */
  #countOf(owner: string | null): number {
    return owner === null ? 0 : this.#owners.countOf(owner);
  }

  /**
   * Returns the info for a proxy's request, and gives the proxy's connection to the client until the
   * answer; after an upgrade, for good.
   */
  #forwardedInfo(direct: RequestInfo, forwarded: Forwarded): RequestInfo {
    const { connection } = direct;
    // An HTTP/2 connection carries requests of several clients at once.
    const isOne = connection.requests === 1 && !this.#options.proxies?.has(forwarded.address);
    this.#giveTo(connection, isOne ? addressKey(forwarded.address) : null);
    return { ...direct, forwarded };
  }

  #giveTo(connection: Connection, owner: string | null): void {
    if (this.#owners.has(connection)) this.#owners.give(connection, owner);
  }

  /**
   * Ends a connection of the address that has the most, if that is at least two more than `own`; otherwise
   * an idle connection of a trusted proxy. Returns whether a connection was chosen.
   */
  #makeRoom(own: number): boolean {
    const most = this.#owners.most();
    const chosen = most.size > own + 1 ? idleOrLast(most) : firstIdle(this.#owners.nobodys());
    chosen?.destroy();
    return chosen !== undefined;
  }

  #sweep(): void {
    const { clock } = this.#options;
    const nowMs = clock.now();
    for (const connection of [...this.#owners.all()]) {
      connection.upgraded?.check(nowMs);
      const { hasAsked, isLast } = connection;
      const limitMs = SILENCE_MS[isLast ? "last" : hasAsked ? "later" : "first"];
      if (connection.isIdle && nowMs - connection.quietSinceMs > limitMs) connection.destroy();
    }
    const isDone = this.count === 0 || this.#isClosing;
    this.#cancelSweep = isDone ? null : clock.after(SWEEP_MS, () => this.#sweep());
  }
}

/** The first idle connection in the given order; when none is idle, the last connection. */
function idleOrLast(connections: ReadonlySet<Connection>): Connection | undefined {
  return firstIdle(connections) ?? [...connections].at(-1);
}

function firstIdle(connections: Iterable<Connection>): Connection | undefined {
  for (const connection of connections) if (connection.isIdle) return connection;
  return undefined;
}

function close(tcp: Deno.Conn): void {
  try {
    tcp.close();
  } catch {
    // It is closed already.
  }
}
