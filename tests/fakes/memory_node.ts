/**
 * A node on a memory network: the parts that `server/node.ts` assembles, on the network's clock, with pipes
 * instead of ports and a store whose commits take time. It can be stopped and started again on the same
 * store. All that the fakes know of `server/` is in this file.
 */
import { NOBODY, type ServerSocket } from "../../server/connections/server_socket.ts";
import { createApp } from "../../server/http/app.ts";
import { parseRequest } from "../../server/http/request.ts";
import { acceptSocket } from "../../server/members/socket_connection.ts";
import { assemble, type Assembly } from "../../server/node.ts";
import type { Room } from "../../server/rooms/room.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../server/settings/settings.ts";
import type { MessageStore } from "../../storage/message_store.ts";
import type { MemoryNetwork } from "../../transport/memory.ts";
import { joinQuery, LIMITS, type RoomName, type Strategy } from "../../transport/protocol/mod.ts";
import type { Path, PathHandlers } from "../../transport/transport.ts";
import { type JoinTarget, signalUrl } from "../../transport/uplink/join.ts";
import { serveHttp } from "./memory_http.ts";
import { MemoryStore } from "./memory_store.ts";

/** Duration of a commit: as long as two hops of the network, so that other things happen meanwhile. */
const COMMIT_MS = 20;

/** How long a stopped node lets its last frames and answers go out: more than the network's latency. */
const STOP_MS = 200;

/** The address of dials that name none. */
const SOME_ADDRESS = "192.0.2.1";

export type NodeSettings = Partial<Settings>;

/** A target, and the IP address from which it is dialled. */
export interface DialledFrom extends JoinTarget {
  readonly address?: string;
}

export class MemoryNode {
  readonly store: MessageStore;
  readonly #network: MemoryNetwork;
  readonly #settings: { -readonly [K in keyof Settings]: Settings[K] };
  #starting: Promise<Assembly> | null = null;
  #running: Assembly | null = null;
  readonly #strangers: PathHandlers[] = [];
  /** Whether the node refuses every message because its id is taken. */
  refusesIds = false;

  constructor(network: MemoryNetwork, settings: NodeSettings = {}) {
    this.#network = network;
    this.#settings = { ...DEFAULT_SETTINGS, stunUrls: [], allowHosts: ["node"], ...settings };
    const memory = new MemoryStore(() => network.clock.epochMs());
    this.store = slowCommits(memory, { network, refusesIds: () => this.refusesIds });
    this.start();
  }

  /** The room `name`, if it has members. */
  room(name: RoomName): Room | undefined {
    return this.#running?.parts.rooms.get(name);
  }

  /** Sets the strategy that the node asks for from now on. */
  ask(strategy: Strategy): void {
    this.#settings.strategy = strategy;
  }

  /** Sets the TURN servers that the node announces from now on. */
  setTurnUrls(turnUrls: readonly string[]): void {
    this.#settings.turnUrls = turnUrls;
  }

  /** Starts the node, which takes connections as soon as it is assembled: within no time of the clock. */
  start(): void {
    if (this.#starting !== null) return;
    const { store } = this;
    const starting = assemble(this.#settings, { store, clock: this.#network.clock });
    this.#starting = starting;
    void starting.then((assembly) => {
      if (this.#starting === starting) this.#listen(assembly);
    });
  }

  /** Acts as kill -9: resets connections and tells nobody. The store keeps the acknowledged messages. */
  kill(): void {
    this.#end();
    for (const pipe of this.#pipes()) pipe.reset();
  }

  /** Tells the members that the node shuts down, and lets the requests under way end. */
  stop(): void {
    this.#end();
    const pipes = this.#pipes();
    this.#network.clock.after(STOP_MS, () => {
      for (const pipe of pipes) pipe.reset();
    });
  }

  close(): void {
    this.kill();
  }

  /**
   * Fills a room with older clients that say nothing: each from another address, so that nobody else gets a
   * place, or all from one.
   */
  fill(name: RoomName, { addresses }: { readonly addresses: "one" | "many" }): void {
    const running = this.#running;
    if (running === null) return;
    const missing = LIMITS.peersPerRoom - (this.room(name)?.size ?? 0);
    for (let n = 0; n < missing; n++) {
      const address = addresses === "one" ? "198.51.100.1" : `198.51.${n >> 8}.${n & 255}`;
      const query = { room: name, peer_id: `stranger-${this.#strangers.length}`, webrtc: "off" };
      this.#strangers.push(acceptPipe(running, NOWHERE, { address, query }));
    }
  }

  /** Lets the members that `fill` brought leave. */
  empty(): void {
    for (const { onClose } of this.#strangers.splice(0)) onClose({ code: 1000, reason: "" });
  }

  #listen(assembly: Assembly): void {
    this.#running = assembly;
    const app = createApp(assembly.parts, assembly.lagWatch);
    this.#network.accept = (target: DialledFrom, path, tier) => {
      const { address = SOME_ADDRESS } = target;
      if (tier === "http-polling") {
        const env = { remoteAddr: { transport: "tcp", hostname: address, port: 1 } as const };
        return serveHttp(path, (request) => app.fetch(request, env));
      }
      // An older client names neither token nor instance.
      const named = [...signalUrl(target).searchParams].filter(([, value]) => value !== "");
      const query = Object.fromEntries(named);
      return acceptPipe(assembly, path, { address, query });
    };
  }

  #end(): void {
    this.#starting = null;
    this.#network.accept = null;
    this.#running?.parts.rooms.close();
    this.#running?.lagWatch.close();
    this.#running = null;
  }

  /** The open pipes to the node. */
  #pipes() {
    return this.#network.pipes.filter(({ tier }) =>
      tier === "websocket" || tier === "http-polling"
    );
  }
}

/** Joins a member whose WebSocket is a pipe. */
function acceptPipe(
  { parts, lagWatch }: Assembly,
  path: Path,
  { address, query }: { address: string; query: Readonly<Record<string, string>> },
): PathHandlers {
  const socket = new PipeSocket(path);
  acceptSocket(socket as unknown as ServerSocket, {
    parts,
    lagWatch,
    address,
    query: () => parseRequest(joinQuery, query, "WebSocket /signal"),
  });
  socket.handlers.onOpen();
  return {
    onFrame: (text) => socket.handlers.onText(text),
    onClose({ code }) {
      socket.handlers.onClose(code);
      socket.handlers.onEnd();
    },
  };
}

/** The part of a WebSocket that members use, on a pipe. */
class PipeSocket
  implements Pick<ServerSocket, "handlers" | "isOpen" | "bufferedBytes" | "send" | "close"> {
  handlers = NOBODY;
  readonly bufferedBytes = 0;
  readonly #path: Path;

  constructor(path: Path) {
    this.#path = path;
  }

  get isOpen(): boolean {
    return this.#path.isOpen;
  }

  send(text: string): void {
    this.#path.send(text);
  }

  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.#path.close(code, reason);
    this.handlers.onEnd();
  }
}

/** A path to somebody who reads everything and says nothing. */
const NOWHERE: Path = {
  tier: "websocket",
  isOpen: true,
  send: () => true,
  close() {},
};

/** Acknowledges a write, in order, some time after it became visible, as a commit to a disk does. */
function slowCommits(
  memory: MemoryStore,
  { network, refusesIds }: { network: MemoryNetwork; refusesIds: () => boolean },
): MessageStore {
  const append: MessageStore["append"] = async (message) => {
    if (refusesIds()) return { ok: false, reason: "id-conflict" };
    const result = await memory.append(message);
    await new Promise<void>((resolve) => network.clock.after(COMMIT_MS, resolve));
    return result;
  };
  return new Proxy(memory, {
    get: (target, key) => {
      if (key === "append") return append;
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
