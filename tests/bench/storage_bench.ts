/**
 * Measures the store on this machine's disk: opening, a bare fsync, appends by 1, 32 and 500 writers,
 * history, empty polls, search. Prints one line per figure.
 * `deno run -A tests/bench/storage_bench.ts [folder]`
 */
import { join } from "node:path";
import { v7 } from "uuid";
import type { SqliteStore } from "../../storage/mod.ts";
import { messageId, peerId, type RoomName } from "../../transport/protocol/mod.ts";
import { sinceText } from "../conformance/message_store.ts";
import { message, openStore, room } from "../storage/temp_store.ts";

const WORDS = "the quick brown fox jumps over a lazy dog when lunch is ready tomorrow at noon"
  .split(" ");
const LOBBY = room("lobby");

function makeText(index: number): string {
  return Array.from(
    { length: 16 },
    (_, at) => WORDS[(index * 7 + at * (index % 5 + 1)) % WORDS.length],
  )
    .join(" ") + ` ${index}`;
}

function print(label: string, figures: string): void {
  console.log(`${label.padEnd(44)} ${figures}`);
}

function percentiles(timesMs: number[]): string {
  const sorted = timesMs.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return `p50 ${at(0.5).toFixed(3)} ms, p99 ${at(0.99).toFixed(3)} ms, max ${at(1).toFixed(1)} ms`;
}

function repeat(label: string, times: number, run: () => unknown): void {
  const timesMs = Array.from({ length: times }, () => {
    const startMs = performance.now();
    run();
    return performance.now() - startMs;
  });
  print(label, percentiles(timesMs));
}

function benchFsync(folder: string): void {
  const file = Deno.openSync(join(folder, "fsync"), { write: true, create: true });
  const page = new Uint8Array(4096);
  repeat("write and fsync 4 KiB", 300, () => {
    file.writeSync(page);
    file.syncDataSync();
  });
  file.close();
}

async function benchOpen(folder: string): Promise<void> {
  const timesMs: number[] = [];
  for (let index = 0; index < 10; index++) {
    const startMs = performance.now();
    const store = await openStore(join(folder, `fresh-${index}.db`));
    timesMs.push(performance.now() - startMs);
    await store.close();
  }
  print("open a fresh database", percentiles(timesMs));
}

async function benchAppend(store: SqliteStore, writers: number, inRoom: RoomName, count: number) {
  const timesMs: number[] = [];
  const before = store.writerStats();
  let made = 0;
  const startMs = performance.now();
  await Promise.all(Array.from({ length: writers }, async (_, writer) => {
    while (made < count) {
      const index = made++;
      const id = messageId.parse(v7());
      const text = makeText(index);
      const oneMs = performance.now();
      await store.append(message({ room: inRoom, id, text, peerId: peerId.parse(`w${writer}`) }));
      timesMs.push(performance.now() - oneMs);
    }
  }));
  const seconds = (performance.now() - startMs) / 1000;
  const { commits, writes, commitSecondsTotal } = store.writerStats();
  const batch = (writes - before.writes) / (commits - before.commits);
  const commitMs = (commitSecondsTotal - before.commitSecondsTotal) / (commits - before.commits) *
    1e3;
  print(
    `append, ${writers} writers`,
    `${Math.round(count / seconds)}/s, ${percentiles(timesMs)}; ` +
      `${batch.toFixed(1)} a commit, ${commitMs.toFixed(2)} ms a commit`,
  );
}

function benchReads(store: SqliteStore): void {
  const latestUs = store.latestUs(LOBBY);
  repeat("sinceJson, 10,000 rows", 50, () => sinceText(store, LOBBY, 0, 10_000));
  repeat(
    "since and JSON.stringify, 10,000 rows",
    50,
    () => JSON.stringify(store.since(LOBBY, 0, 10_000)),
  );
  repeat("before, 50 rows", 500, () => store.before(LOBBY, latestUs, 50));
  repeat("sinceJson, 1 row", 500, () => sinceText(store, LOBBY, latestUs - 1, 100));
  repeat("sinceJson, nothing new", 5000, () => sinceText(store, LOBBY, latestUs, 100));
  repeat(
    "search, every message matches",
    30,
    () => store.search("the q", { room: LOBBY, limit: 50, offset: 0 }),
  );
  repeat(
    "search, one matches",
    200,
    () => store.search("tomorrow 4711", { room: LOBBY, limit: 50, offset: 0 }),
  );
  repeat("rooms", 200, () => store.rooms({ limit: 50, offset: 0 }));
}

const folder = await Deno.makeTempDir({
  prefix: "egoat-bench-",
  ...(Deno.args[0] ? { dir: Deno.args[0] } : {}),
});
try {
  benchFsync(folder);
  await benchOpen(folder);
  const path = join(folder, "chat.db");
  const store = await openStore(path);
  const startMs = performance.now();
  await store.startWriter();
  print("start the writer", `${(performance.now() - startMs).toFixed(1)} ms`);
  await benchAppend(store, 32, room("warm"), 5000);
  await benchAppend(store, 1, room("single"), 5000);
  await benchAppend(store, 32, LOBBY, 100_000);
  await benchAppend(store, 500, room("many"), 50_000);
  benchReads(store);
  print(
    "size",
    `${(store.stats().databaseBytes / 1e6).toFixed(1)} MB, ${store.stats().messages} messages`,
  );
  const closeMs = performance.now();
  await store.close();
  print("close", `${(performance.now() - closeMs).toFixed(1)} ms`);
} finally {
  await Deno.remove(folder, { recursive: true });
}
