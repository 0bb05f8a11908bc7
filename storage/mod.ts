/** The storage: the interface that a node asks for, and the SQLite that answers. */
export type * from "./message_store.ts";
export { checkDatabase } from "./database_check.ts";
export { openSqliteStore, SqliteStore, type SqliteStoreOptions } from "./sqlite.ts";
export type { WriterSource } from "./writer_thread.ts";
