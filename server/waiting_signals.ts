/**
 * Signaling frames that wait for who is not here yet, in memory and for a minute. A node that starts
 * again has no members and so nothing to say to them. Owns how much they may take: the oldest are let
 * go for newer ones, since whoever offers tries again.
 */
import type { PeerId, RoomName } from "../transport/protocol.ts";
import type { Clock } from "../transport/transport.ts";

/** A frame, and whom it is for. */
export interface WaitingSignal {
  readonly room: RoomName;
  /** The sender. */
  readonly peerId: PeerId;
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
  newer: Entry | null;
  older: Entry | null;
}

/** What one sender has waiting in a room, the oldest first. */
interface SenderSignals {
  readonly entries: Entry[];
  chars: number;
}

interface RoomSignals {
  readonly senders: Map<PeerId, SenderSignals>;
  chars: number;
}

export class WaitingSignals {
  readonly #clock: Pick<Clock, "now">;
  readonly #rooms = new Map<RoomName, RoomSignals>();
  #oldest: Entry | null = null;
  #newest: Entry | null = null;
  #seq = 0;
  #chars = 0;
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

  /** Keeps `signal` for a minute; lets go of the oldest where that is more than may be kept. */
  add(signal: WaitingSignal): void {
    this.expire();
    const chars = charsOf(signal);
    if (chars > MAX_MEMBER_CHARS) {
      this.#dropped++;
      return;
    }
    const room = this.#roomOf(signal.room);
    const sender = room.senders.get(signal.peerId);
    while (sender !== undefined && sender.chars + chars > MAX_MEMBER_CHARS) {
      this.#drop(sender.entries[0]!);
    }
    while (room.chars + chars > MAX_ROOM_CHARS) this.#drop(oldestOf(room));
    while (this.#chars + chars > MAX_CHARS) this.#drop(this.#oldest!);
    this.#append(signal, chars);
  }

  /** What waits for `peerId`, in the order in which it came. */
  for(room: RoomName, peerId: PeerId): WaitingSignal[] {
    this.expire();
    const senders = this.#rooms.get(room)?.senders ?? [];
    const found: Entry[] = [];
    for (const [from, { entries }] of senders) {
      if (from === peerId) continue;
      for (const entry of entries) {
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

  /** The room of that name; one that is new is known once it holds something. */
  #roomOf(name: RoomName): RoomSignals {
    return this.#rooms.get(name) ?? { senders: new Map(), chars: 0 };
  }

  #append(signal: WaitingSignal, chars: number): void {
    const endsMs = this.#clock.now() + TTL_MS;
    const entry: Entry = { ...signal, seq: ++this.#seq, endsMs, newer: null, older: this.#newest };
    if (this.#newest === null) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
    // Asked for anew: what had to go may have been all that there was of it.
    const room = this.#roomOf(signal.room);
    this.#rooms.set(signal.room, room);
    const sender = room.senders.get(signal.peerId) ?? { entries: [], chars: 0 };
    room.senders.set(signal.peerId, sender);
    sender.entries.push(entry);
    sender.chars += chars;
    room.chars += chars;
    this.#chars += chars;
    this.#count++;
  }

  #drop(entry: Entry): void {
    this.#dropped++;
    this.#remove(entry);
  }

  /** `entry` is its sender's oldest: whatever lets go begins with the oldest. */
  #remove(entry: Entry): void {
    if (entry.older === null) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === null) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    const chars = charsOf(entry);
    this.#chars -= chars;
    this.#count--;
    const room = this.#rooms.get(entry.room)!;
    room.chars -= chars;
    const sender = room.senders.get(entry.peerId)!;
    sender.entries.shift();
    sender.chars -= chars;
    if (sender.entries.length === 0) room.senders.delete(entry.peerId);
    if (room.senders.size === 0) this.#rooms.delete(entry.room);
  }
}

function charsOf({ frame }: WaitingSignal): number {
  return frame.length + FRAME_CHARS;
}

function oldestOf({ senders }: RoomSignals): Entry {
  let oldest: Entry | null = null;
  for (const { entries } of senders.values()) {
    const [first] = entries;
    if (first !== undefined && (oldest === null || first.seq < oldest.seq)) oldest = first;
  }
  return oldest!;
}
