/**
 * Signaling frames for peers that are not here yet, kept in memory for a minute. A restarted node has no
 * members, so it needs no old signals. This class limits their size: when a room or the node is full, the
 * oldest signal of the address that has the most there makes room for a newer one, since the offering side
 * tries again.
 */
import type { PeerId, RoomName } from "../../transport/protocol/mod.ts";
import type { Clock } from "../../transport/transport.ts";
import { addressKey } from "../limits/by_address.ts";
import { type Held, HeldByAddress } from "../limits/held_by_address.ts";

/** A frame and its recipient. */
export interface WaitingSignal {
  readonly room: RoomName;
  /** The sender. */
  readonly peerId: PeerId;
  /** The sender's IP address. */
  readonly address: string;
  /** Null: for every peer that comes, as older clients send it. */
  readonly targetPeerId: PeerId | null;
  /** The frame as it goes to the target. */
  readonly frame: string;
}

/** Milliseconds that an offer waits for its target: after that the offering side has tried again. */
const TTL_MS = 60_000;

/** Limit of one sender, in UTF-16 units: two dozen offers of 1 KB, each with half a dozen candidates. */
const MAX_MEMBER_CHARS = 64 * 1024;
/** Limit of one room, and so the most that a new member gets. */
const MAX_ROOM_CHARS = 256 * 1024;
/** Limit of the node: 64 full rooms. */
const MAX_CHARS = 16 * 1024 * 1024;
/** Cost of a frame beside its text, so that many small ones are bounded too. */
const FRAME_CHARS = 256;

/** An element of the linked list of all signals, by age. */
interface Entry extends WaitingSignal {
  readonly seq: number;
  readonly endsMs: number;
  readonly chars: number;
  readonly sender: string;
  inNode: Held<Entry> | null;
  inRoom: Held<Entry> | null;
  newer: Entry | null;
  older: Entry | null;
}

/** The waiting signals of one sender in a room, the oldest first. */
interface SenderSignals {
  readonly entries: Entry[];
  chars: number;
}

interface RoomSignals {
  /** By peer id and address: without a token anyone may send in a member's name. */
  readonly senders: Map<string, SenderSignals>;
  readonly held: HeldByAddress<Entry>;
}

export class WaitingSignals {
  readonly #clock: Pick<Clock, "now">;
  readonly #rooms = new Map<RoomName, RoomSignals>();
  readonly #held = new HeldByAddress<Entry>();
  #oldest: Entry | null = null;
  #newest: Entry | null = null;
  #seq = 0;
  #count = 0;
  #dropped = 0;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Number of waiting signals. */
  get count(): number {
    return this.#count;
  }

  /** Number of signals dropped before their time, since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Keeps `signal` for a minute. Drops others when a limit would be exceeded. */
  add(signal: WaitingSignal): void {
    this.expire();
    const chars = signal.frame.length + FRAME_CHARS;
    if (chars > MAX_MEMBER_CHARS) {
      this.#dropped++;
      return;
    }
    const key = addressKey(signal.address);
    const id = `${signal.peerId} ${key}`;
    const room = this.#rooms.get(signal.room);
    if (room !== undefined) {
      const sender = room.senders.get(id);
      while (sender !== undefined && sender.chars + chars > MAX_MEMBER_CHARS) {
        this.#drop(sender.entries[0]!);
      }
      this.#makeRoom(room.held, { key, chars, limit: MAX_ROOM_CHARS });
    }
    this.#makeRoom(this.#held, { key, chars, limit: MAX_CHARS });
    this.#append(signal, { key, chars, sender: id });
  }

  /** Returns the signals that wait for `peerId`, in the order in which they came. */
  for(room: RoomName, peerId: PeerId): WaitingSignal[] {
    this.expire();
    const found: Entry[] = [];
    for (const { entries } of this.#rooms.get(room)?.senders.values() ?? []) {
      for (const entry of entries) {
        if (entry.peerId === peerId) continue;
        if (entry.targetPeerId === null || entry.targetPeerId === peerId) found.push(entry);
      }
    }
    return found.sort((a, b) => a.seq - b.seq);
  }

  /** Removes the signals whose time is over. */
  expire(): void {
    const nowMs = this.#clock.now();
    while (this.#oldest !== null && this.#oldest.endsMs <= nowMs) this.#remove(this.#oldest);
  }

  /** Drops signals until `chars` more of the address `key` are within `limit`. */
  #makeRoom(
    held: HeldByAddress<Entry>,
    { key, chars, limit }: { key: string; chars: number; limit: number },
  ): void {
    while (held.total + chars > limit) this.#drop(held.firstToGo(key, chars)!);
  }

  #append(
    signal: WaitingSignal,
    { key, chars, sender }: { key: string; chars: number; sender: string },
  ): void {
    const endsMs = this.#clock.now() + TTL_MS;
    const ends = { newer: null, older: this.#newest, inNode: null, inRoom: null };
    const entry: Entry = { ...signal, seq: ++this.#seq, endsMs, chars, sender, ...ends };
    if (this.#newest === null) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
    entry.inNode = this.#held.add(key, entry, chars);
    // Looked up again: if the dropped signals were the last ones of the room, it was removed.
    const room = this.#roomOf(signal.room);
    entry.inRoom = room.held.add(key, entry, chars);
    const own = room.senders.get(sender) ?? { entries: [], chars: 0 };
    room.senders.set(sender, own);
    own.entries.push(entry);
    own.chars += chars;
    this.#count++;
  }

  #roomOf(name: RoomName): RoomSignals {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const room = { senders: new Map(), held: new HeldByAddress<Entry>() };
    this.#rooms.set(name, room);
    return room;
  }

  #drop(entry: Entry): void {
    this.#dropped++;
    this.#remove(entry);
  }

  /**
   * Removes `entry`, which is always its sender's oldest: every caller removes the oldest of an address, of
   * a sender or of all.
   */
  #remove(entry: Entry): void {
    if (entry.older === null) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === null) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    this.#held.remove(entry.inNode!);
    this.#count--;
    const room = this.#rooms.get(entry.room)!;
    room.held.remove(entry.inRoom!);
    const sender = room.senders.get(entry.sender)!;
    sender.entries.shift();
    sender.chars -= entry.chars;
    if (sender.entries.length === 0) room.senders.delete(entry.sender);
    if (room.senders.size === 0) this.#rooms.delete(entry.room);
  }
}
