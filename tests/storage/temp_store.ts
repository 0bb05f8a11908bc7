/** Stores for tests, in folders of their own: opened with the real writer, and removed afterwards. */
import { join } from "node:path";
import { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from "../../storage/mod.ts";
import type { MessageRow, MessageStore, NewMessage } from "../../storage/message_store.ts";
import { messageId, peerId, type RoomName, roomName } from "../../transport/protocol/mod.ts";

export const WRITER = new URL("../../storage/sqlite_writer.ts", import.meta.url);

/** Opens the store at `path` with the writer of the source tree. */
export function openStore(
  path: string,
  options: Partial<SqliteStoreOptions> = {},
): Promise<SqliteStore> {
  return openSqliteStore(path, { writer: () => WRITER, ...options });
}

/** Runs `use` with a path in a new folder, which is removed afterwards. */
export async function withTempPath(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "egoat-storage-" });
  try {
    await use(join(folder, "chat.db"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs `use` with an open store, which is closed and removed afterwards. */
export function withStore(
  use: (store: SqliteStore, path: string) => Promise<void>,
  options: Partial<SqliteStoreOptions> = {},
): Promise<void> {
  return withTempPath(async (path) => {
    const store = await openStore(path, options);
    try {
      await use(store, path);
    } finally {
      await store.close();
    }
  });
}

/** All messages of a room, page by page. */
export function readAll(store: MessageStore, of: RoomName): MessageRow[] {
  const rows: MessageRow[] = [];
  for (;;) {
    const page = store.since(of, rows.at(-1)?.timestampUs ?? 0, 1e6);
    if (page.length === 0) return rows;
    rows.push(...page);
  }
}

/** All messages of a room, page by page from the newest on, as for a reader who scrolls up. */
export function readAllBackwards(store: MessageStore, of: RoomName): MessageRow[] {
  const rows: MessageRow[] = [];
  for (;;) {
    const page = store.before(of, rows[0]?.timestampUs ?? 9e15, 1e6);
    if (page.length === 0) return rows;
    rows.unshift(...page);
  }
}

export const room = (text: string) => roomName.parse(text);
export const peer = (text: string) => peerId.parse(text);

let made = 0;

/** A message with an id of its own. */
export function message(part: { [Key in keyof NewMessage]?: NewMessage[Key] | string } = {}) {
  return {
    room: room("lobby"),
    id: messageId.parse(`message-${++made}`),
    peerId: peer("ada"),
    name: "Ada",
    text: "hello",
    sentAtUs: null,
    ...part,
  } as NewMessage;
}
