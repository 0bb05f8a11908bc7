/** Rooms on a fake clock and a store in memory, with members whose frames a test can read. */
import { Intake } from "../../../server/members/intake.ts";
import type { Member } from "../../../server/rooms/member.ts";
import type { MemberConnection } from "../../../server/rooms/member_connection.ts";
import { assemble, type Assembly } from "../../../server/node.ts";
import type { Room } from "../../../server/rooms/room.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../../server/settings/settings.ts";
import { joinQuery, type RoomName, type Tier } from "../../../transport/protocol/mod.ts";
import { ADMIN_TOKEN } from "../../fakes/admin.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";
import { MemoryStore } from "../../fakes/memory_store.ts";

export interface AnyFrame {
  type: string;
  peer_id?: string;
  target_peer_id?: string;
  // deno-lint-ignore no-explicit-any
  payload?: any;
}

/** Keeps the frames that were sent to a member. */
export class FakeConnection implements MemberConnection {
  readonly tier: Tier = "websocket";
  readonly address: string;
  isHeld = false;
  isFull = false;
  closed: { code: number; reason: string } | null = null;
  hasMovedOn = false;
  readonly #frames: AnyFrame[] = [];

  constructor(address = "192.0.2.1") {
    this.address = address;
  }

  send(frame: string): boolean {
    if (this.isFull) return false;
    this.#frames.push(JSON.parse(frame));
    return true;
  }

  /** Frames since the last call. */
  take(): AnyFrame[] {
    return this.#frames.splice(0);
  }

  types(): string[] {
    return this.take().map(({ type }) => type);
  }

  takePending(): string[] {
    return [];
  }

  moveOn(): void {
    this.hasMovedOn = true;
  }

  close(code: number, reason: string): void {
    this.closed ??= { code, reason };
  }
}

/** One member, with its room and its connection. */
export interface Seat {
  readonly member: Member;
  readonly room: Room;
  readonly connection: FakeConnection;
  send(frame: unknown): void;
}

export const TOKEN = "0123456789abcdef";

export class RoomWorld {
  readonly clock = new FakeClock();
  readonly store = new MemoryStore(() => this.clock.epochMs());
  readonly parts: Assembly["parts"];

  private constructor({ parts }: Assembly) {
    this.parts = parts;
  }

  /** `webrtcWorker` makes the thread of the WebRTC endpoint. Without it there is no endpoint. */
  static async create(
    settings: Partial<Settings> = {},
    { webrtcWorker }: { readonly webrtcWorker?: () => Worker } = {},
  ): Promise<RoomWorld> {
    const clock = new FakeClock();
    const store = new MemoryStore(() => clock.epochMs());
    const all = { ...DEFAULT_SETTINGS, adminToken: ADMIN_TOKEN, rateLimit: 0, ...settings };
    const options = webrtcWorker === undefined ? {} : { webrtcWorker };
    const world = new RoomWorld(
      await assemble(all, { store, clock, version: "1.2.3", ...options }),
    );
    return Object.assign(world, { clock, store });
  }

  /** Joins as `peerId`, with protocol 1 unless `query` says otherwise. */
  join(
    peerId: string,
    query: Record<string, string> = { protocol: "1", token: TOKEN },
    { address = "192.0.2.1" } = {},
  ): Seat {
    const connection = new FakeConnection(address);
    const parsed = joinQuery.parse({ room: "kitchen", peer_id: peerId, ...query });
    const { room, member } = this.parts.rooms.join(parsed, connection);
    const intake = new Intake({ parts: this.parts, room, member, address });
    const send = (frame: unknown) =>
      intake.takeText(typeof frame === "string" ? frame : JSON.stringify(frame));
    return { member, room, connection, send };
  }

  /** Joins several members, and takes all frames that this caused. */
  joinAll<T extends string>(...peerIds: T[]): Record<T, Seat> {
    const seats = Object.fromEntries(peerIds.map((peerId) => [peerId, this.join(peerId)]));
    for (const seat of Object.values(seats) as Seat[]) seat.connection.take();
    return seats as Record<T, Seat>;
  }

  get kitchen(): RoomName {
    return "kitchen" as RoomName;
  }

  settle(): Promise<void> {
    return settle();
  }
}
