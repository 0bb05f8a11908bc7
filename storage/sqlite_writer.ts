/**
 * The writer's thread: a Worker's entry file. It commits one batch at a time and answers each after its
 * commit. An fsync blocks this thread alone. Bundled by itself; nothing imports it.
 */
import { Committer } from "./sqlite_committer.ts";
import { sqliteReason } from "./sqlite_database.ts";
import type { Batch, FromWriter, ToWriter } from "./writer_protocol.ts";

let committer: Committer | undefined;

function open({ path, maxBytes }: { path: string; maxBytes: number | null }): FromWriter {
  committer = new Committer(path, { maxBytes });
  return { type: "opened" };
}

function write(batch: Batch): FromWriter {
  if (committer === undefined) throw new Error("the database is not open");
  const startMs = performance.now();
  const written = committer.write(batch);
  return { type: "committed", ...written, seconds: (performance.now() - startMs) / 1000 };
}

function close(): FromWriter {
  committer?.close();
  committer = undefined;
  return { type: "closed" };
}

function answer(message: ToWriter): FromWriter {
  switch (message.type) {
    case "open":
      return open(message);
    case "batch":
      return write(message.batch);
    case "close":
      return close();
  }
}

self.onmessage = (event: MessageEvent<ToWriter>) => {
  try {
    self.postMessage(answer(event.data));
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const detail = cause instanceof Error ? cause.message : null;
    self.postMessage({ type: "failed", reason: sqliteReason(error), detail } satisfies FromWriter);
  }
};
