/**
 * A `MessageStore` in memory, for tests of the layers above it. `append` resolves in the order of the
 * calls. With `hold` and `failWith` a test decides when and whether it resolves.
 */
import { UserError } from "../../transport/errors.ts";
import type { PeerId, RoomName } from "../../transport/protocol/mod.ts";
import { timestampFromUs } from "../../transport/protocol/mod.ts";
import type {
  AppendResult,
  MessageRow,
  MessagesPage,
  MessageStore,
  NewMessage,
  Page,
  PeerRow,
  RoomRow,
  StoreStats,
  WriterStats,
} from "../../storage/message_store.ts";

export class MemoryStore implements MessageStore {
  readonly #rooms = new Map<RoomName, MessageRow[]>();
  readonly #ids = new Map<string, MessageRow>();
  readonly #nowMs: () => number;
  #held: (() => void)[] | null = null;
  #failure: Error | null = null;
  #isClosed = false;

  /** `nowMs` is milliseconds since 1970. */
  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  /** Keeps appends from resolving until the returned function is called. */
  hold(): () => void {
    this.#held = [];
    return () => {
      const held = this.#held ?? [];
      this.#held = null;
      for (const run of held) run();
    };
  }

  /** Makes every append fail, until called with null. */
  failWith(error: Error | null): void {
    this.#failure = error;
  }

  append(message: NewMessage): Promise<AppendResult> {
    if (this.#isClosed) {
      return Promise.reject(new UserError("shutting-down", "The store is closed"));
    }
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const result = this.#insert(message);
    if (this.#held === null) return Promise.resolve(result);
    const { promise, resolve } = Promise.withResolvers<AppendResult>();
    this.#held.push(() => resolve(result));
    return promise;
  }

  probe(): Promise<void> {
    if (this.#isClosed) {
      return Promise.reject(new UserError("shutting-down", "The store is closed"));
    }
    return this.#failure === null ? Promise.resolve() : Promise.reject(this.#failure);
  }

  #insert(message: NewMessage): AppendResult {
    const key = `${message.room}\0${message.id}`;
    const known = this.#ids.get(key);
    if (known !== undefined) {
      if (known.text !== message.text || known.peerId !== message.peerId) {
        return { ok: false, reason: "id-conflict" };
      }
      return { ok: true, timestampUs: known.timestampUs, isDuplicate: true };
    }
    const timestampUs = Math.max(this.#nowMs() * 1000, this.latestUs(message.room) + 1);
    const row = { ...message, timestampUs };
    this.#ids.set(key, row);
    const rows = this.#rooms.get(message.room) ?? [];
    rows.push(row);
    this.#rooms.set(message.room, rows);
    return { ok: true, timestampUs, isDuplicate: false };
  }

  #rows(room: RoomName): MessageRow[] {
    return this.#rooms.get(room) ?? [];
  }

  since(room: RoomName, sinceUs: number, limit: number): MessageRow[] {
    return this.#rows(room).filter((row) => row.timestampUs > sinceUs).slice(0, limit);
  }

  before(room: RoomName, beforeUs: number, limit: number): MessageRow[] {
    return this.#rows(room).filter((row) => row.timestampUs < beforeUs).slice(-limit);
  }

  *sinceJson(room: RoomName, sinceUs: number, limit: number): Generator<string> {
    const rows = this.since(room, sinceUs, limit).map((row) => ({
      id: row.id,
      peer_id: row.peerId,
      name: row.name,
      text: row.text,
      sent_at: row.sentAtUs === null ? null : timestampFromUs(row.sentAtUs),
      timestamp: timestampFromUs(row.timestampUs),
    }));
    yield JSON.stringify(rows);
  }

  latestUs(room: RoomName): number {
    return this.#rows(room).at(-1)?.timestampUs ?? 0;
  }

  rooms(page: Page): { rows: RoomRow[]; total: number } {
    const rows = [...this.#rooms.keys()].map((room) => this.room(room)!)
      .sort((a, b) => b.lastUs - a.lastUs);
    return cut(rows, page);
  }

  room(room: RoomName): RoomRow | null {
    const rows = this.#rows(room);
    const [first] = rows;
    const last = rows.at(-1);
    if (first === undefined || last === undefined) return null;
    return { room, messages: rows.length, firstUs: first.timestampUs, lastUs: last.timestampUs };
  }

  peers(room: RoomName, page: Page): { rows: PeerRow[]; total: number } {
    const peers = new Map<PeerId, PeerRow>();
    for (const { peerId, name, timestampUs } of this.#rows(room)) {
      const messages = (peers.get(peerId)?.messages ?? 0) + 1;
      peers.set(peerId, { peerId, name, messages, lastUs: timestampUs });
    }
    return cut([...peers.values()].sort((a, b) => b.lastUs - a.lastUs), page);
  }

  messages(
    room: RoomName,
    { beforeUs = Infinity, ...page }: MessagesPage,
  ): { rows: MessageRow[]; total: number } {
    const rows = this.#rows(room);
    const older = rows.filter((row) => row.timestampUs < beforeUs).reverse();
    return { rows: cut(older, page).rows, total: rows.length };
  }

  search(query: string, options: Page & { room: RoomName | null }) {
    const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const rows = [...this.#rooms.values()].flat().filter((row) =>
      (options.room === null || row.room === options.room) &&
      words.every((word) => row.text.toLowerCase().includes(word))
    );
    return cut(rows, options);
  }

  stats(): StoreStats {
    return { messages: this.#ids.size, rooms: this.#rooms.size, databaseBytes: 0 };
  }

  writerStats(): WriterStats {
    const writes = this.#ids.size;
    const counts = { commits: writes, writes, lastBatchSize: 1, queued: 0 };
    return { ...counts, commitSecondsTotal: 0 };
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }
}

function cut<T>(rows: T[], { limit, offset }: Page): { rows: T[]; total: number } {
  return { rows: rows.slice(offset, offset + limit), total: rows.length };
}
