/**
 * Signaling frames that wait for who is not here yet, in memory and for a minute. A node that starts
 * again has no members and so nothing to say to them. Owns how much they may take: where a room or the
 * node is full, the oldest signal of the address that has the most there goes for a newer one, since
 * the offering side tries again.
 */
import type { PeerId, RoomName } from "../transport/protocol.ts";
import type { Clock } from "../transport/transport.ts";
import { addressKey } from "./by_address.ts";
import { type Held, HeldByAddress } from "./held_by_address.ts";

/** A frame, and whom it is for. */
export interface WaitingSignal {
  readonly room: RoomName;
  /** The sender. */
  readonly peerId: PeerId;
  /** The IP address that it came from. */
  readonly address: string;
  /** Null: for everyone who comes, as older clients say it. */
  readonly targetPeerId: PeerId | null;
  /** The frame as it goes to the target. */
  readonly frame: string;
}

/** Milliseconds an offer waits for its target: after that the offering side has tried again. */
const TTL_MS = 60_000;

/** Of one member, in UTF-16 units: two dozen offers of 1 KB, each with half a dozen candidates. */
const MAX_MEMBER_CHARS = 64 * 1024;
/** Of one room, which is also what somebody who joins it is sent at most. */
const MAX_ROOM_CHARS = 256 * 1024;
/** Of the node: 64 rooms that are full. */
const MAX_CHARS = 16 * 1024 * 1024;
/** What a frame takes beside its text, so that many small ones are bounded too. */
const FRAME_CHARS = 256;

/** A link of the list in which all of them are, by age. */
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

/** What one sender has waiting in a room, the oldest first. */
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

  /** Those that wait. */
  get count(): number {
    return this.#count;
  }

  /** Those let go since the start, before their time. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Keeps `signal` for a minute; lets go of others where that is more than may be kept. */
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

  /** What waits for `peerId`, in the order in which it came. */
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

  /** Lets go of those whose time is over. */
  expire(): void {
    const nowMs = this.#clock.now();
    while (this.#oldest !== null && this.#oldest.endsMs <= nowMs) this.#remove(this.#oldest);
  }

  /** Lets go of signals until `chars` more of the address `key` are within `limit`. */
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
    // Asked for anew: what had to go may have been all that there was of it.
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

  /** `entry` is its sender's oldest: whatever lets go of an address's begins with the oldest. */
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
