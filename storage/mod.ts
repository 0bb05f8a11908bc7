/** The storage: its interface, and the SQLite that implements it. */
export type * from "./message_store.ts";
export { checkDatabase } from "./database_check.ts";
export { openSqliteStore, SqliteStore, type SqliteStoreOptions } from "./sqlite.ts";
export type { WriterSource } from "./writer_thread.ts";
