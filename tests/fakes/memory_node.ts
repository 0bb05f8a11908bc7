/**
 * A node on a memory network: the real rooms of `server/` and a store whose commits take time, behind
 * pipes instead of sockets. It can be stopped and started again on the same store.
 */
import { SharedBudget } from "../../server/limits/shared_budget.ts";
import { Metrics } from "../../server/metrics.ts";
import { silentLog } from "../../server/log.ts";
import type { Link } from "../../server/rooms/member.ts";
import type { RoomParts } from "../../server/parts.ts";
import { handleFrame } from "../../server/rooms/room_frames.ts";
import type { Room } from "../../server/rooms/room.ts";
import { Rooms } from "../../server/rooms/rooms.ts";
import { FailureLog } from "../../server/failure_log.ts";
import { WaitingSignals } from "../../server/rooms/waiting_signals.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../server/settings/settings.ts";
import { errorFrame } from "../../server/rooms/frames.ts";
import { closeCodeOf, errorBody } from "../../server/errors.ts";
import type { MessageStore } from "../../storage/message_store.ts";
import { isPublicError, ProtocolError } from "../../transport/errors.ts";
import type { MemoryNetwork } from "../../transport/memory.ts";
import {
  type JoinQuery,
  parseMemberFrame,
  PROTOCOL_VERSION,
  type RoomName,
  type Strategy,
  type Tier,
} from "../../transport/protocol/mod.ts";
import type { Path, PathHandlers } from "../../transport/transport.ts";
import type { JoinTarget } from "../../transport/uplink/join.ts";
import { MemoryStore } from "./memory_store.ts";

/** Duration of a commit: as long as two hops of the network, so that other things happen meanwhile. */
const COMMIT_MS = 20;

export class MemoryNode {
  readonly store: MessageStore;
  readonly #network: MemoryNetwork;
  readonly #parts: RoomParts & { settings: Settings };
  #rooms: Rooms | null = null;
  /** Whether the node refuses every message because its id is taken. */
  refusesIds = false;

  constructor(network: MemoryNetwork) {
    this.#network = network;
    const memory = new MemoryStore(() => network.clock.epochMs());
    this.store = slowCommits(memory, { network, refusesIds: () => this.refusesIds });
    this.#parts = {
      settings: { ...DEFAULT_SETTINGS, stunUrls: [] },
      store: this.store,
      clock: network.clock,
      signals: new WaitingSignals(network.clock),
      metrics: new Metrics(),
      queued: new SharedBudget(1e9),
      log: silentLog,
      failures: new FailureLog({ log: silentLog, clock: network.clock }),
      version: "test",
      endpoint: null,
      stun: { port: null },
    };
    this.start();
  }

  get isUp(): boolean {
    return this.#rooms !== null;
  }

  /** The room `name`, if it has members. */
  room(name: RoomName): Room | undefined {
    return this.#rooms?.get(name);
  }

  /** Sets the strategy that the node asks for from now on. */
  ask(strategy: Strategy): void {
    this.#parts.settings = { ...this.#parts.settings, strategy };
  }

  /** Sets the TURN servers that the node announces from now on. */
  setTurnUrls(turnUrls: readonly string[]): void {
    this.#parts.settings = { ...this.#parts.settings, turnUrls };
  }

  start(): void {
    if (this.#rooms !== null) return;
    this.#rooms = new Rooms(this.#parts);
    this.#network.accept = (target, path, tier) => this.#accept(target, path, tier);
  }

  /** Acts as kill -9: resets connections and tells nobody. The store keeps the acknowledged messages. */
  kill(): void {
    this.#network.accept = null;
    this.#rooms?.close();
    this.#rooms = null;
    for (const pipe of this.#network.pipes) {
      if (pipe.tier === "websocket" || pipe.tier === "http-polling") pipe.reset();
    }
  }

  close(): void {
    this.kill();
  }

  #accept(target: JoinTarget, path: Path, tier: Tier): PathHandlers {
    const rooms = this.#rooms as Rooms;
    const link = pipeLink(path, tier);
    const query = {
      room: target.room,
      peer_id: target.peerId,
      name: target.name,
      token: target.token,
      instance: target.instance,
      strategy: target.strategy,
      webrtc: target.hasWebRtc === false ? "off" : "on",
      protocol: String(PROTOCOL_VERSION),
    } as JoinQuery;
    let joined: ReturnType<Rooms["join"]>;
    try {
      joined = rooms.join(query, link);
    } catch (error) {
      if (!isPublicError(error)) throw error;
      const body = errorBody(error);
      path.send(errorFrame(body));
      path.close(closeCodeOf(body.code), body.message);
      return { onFrame() {}, onClose() {} };
    }
    const { room, member } = joined;
    return {
      onFrame: (text) => {
        if (this.#rooms !== rooms) return;
        member.lastHeardMs = this.#network.clock.now();
        try {
          const source = { address: "192.0.2.1", takeText() {} };
          handleFrame(
            { parts: this.#parts, rooms, room, member, source },
            parseMemberFrame(text),
          );
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      },
      onClose: ({ code }) => {
        if (this.#rooms === rooms) room.onLinkClosed(member, link, code);
      },
    };
  }
}

function pipeLink(path: Path, tier: Tier): Link {
  return {
    tier,
    address: null,
    isHeld: false,
    send: (frame) => path.send(frame),
    takePending: () => [],
    moveOn: () => path.close(1000, "Moved to another connection"),
    close: (code, reason) => path.close(code, reason),
  };
}

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
