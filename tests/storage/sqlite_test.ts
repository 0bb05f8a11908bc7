/** The SQLite store: the conformance suite, and tests of its own, such as restarts and a full queue. */
import assert from "node:assert/strict";
import { usFromTimestamp } from "../../transport/protocol/mod.ts";
import { sinceText, testMessageStore } from "../conformance/message_store.ts";
import { message, openStore, room, withStore, withTempPath, WRITER } from "./temp_store.ts";

testMessageStore(
  "SQLite store",
  (clock, use) => withStore((store) => use(store), { epochMs: () => clock.ms }),
);

Deno.test("timestamps go on increasing after a restart with the clock set back", () =>
  withTempPath(async (path) => {
    const times: number[] = [];
    for (const ms of [2_000_000, 1_000_000, 500_000]) {
      const store = await openStore(path, { epochMs: () => ms });
      const result = await store.append(message());
      assert(result.ok);
      times.push(result.timestampUs);
      assert.equal(store.latestUs(room("lobby")), result.timestampUs);
      await store.close();
    }
    assert.deepEqual(times, [2_000_000_000, 2_000_000_001, 2_000_000_002]);
  }));

Deno.test("a restart keeps messages, names and the search index", () =>
  withTempPath(async (path) => {
    const first = await openStore(path);
    const one = message({ text: "remember the milk" });
    await first.append(one);
    await first.close();
    const second = await openStore(path);
    assert.equal(
      second.search("milk", { room: one.room, limit: 1, offset: 0 }).rows[0]?.id,
      one.id,
    );
    const again = await second.append(one);
    assert(again.ok && again.isDuplicate);
    await second.close();
  }));

Deno.test("a store that was closed is one file without a log, apart from its lock", () =>
  withTempPath(async (path) => {
    const store = await openStore(path);
    await store.append(message());
    await store.close();
    const names = [...Deno.readDirSync(path.slice(0, -"/chat.db".length))].map((entry) =>
      entry.name
    );
    assert.deepEqual(names.sort(), ["chat.db", "chat.db-lock"]);
  }));

Deno.test("search ranks few matches and gives the newest of many", () =>
  withStore(async (store) => {
    const find = (limit: number) => store.search("word", { room: room("lobby"), limit, offset: 0 });
    await store.append(message({ text: "word word" }));
    await store.append(message({ text: "a long text in which that word is one of many" }));
    assert.deepEqual(find(1).rows.map((row) => row.text), ["word word"]);
    assert.equal(find(1).total, 2);
    const many = Array.from({ length: 1500 }, (_, index) => message({ text: `word ${index}` }));
    await Promise.all(many.map((one) => store.append(one)));
    assert.deepEqual(find(2).rows.map((row) => row.text), ["word 1499", "word 1498"]);
    assert.equal(find(2).total, 1000);
  }));

Deno.test("more messages than the queue's limit are refused, those taken are stored", () =>
  withStore(async (store) => {
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, () => store.append(message())),
    );
    const refused = results.filter((result) => result.status === "rejected");
    assert.equal(refused.length, 20);
    assert(refused.every((result) => result.reason.code === "store-failed"));
    assert.equal(store.since(room("lobby"), 0, 100).length, 10);
  }, { queueLimit: 10 }));

Deno.test("a writer that does not start fails the write, and the next write tries again", () => {
  let starts = 0;
  const writer = () =>
    ++starts === 1 ? new URL("data:text/javascript,throw new Error('no')") : WRITER;
  return withStore(async (store) => {
    await assert.rejects(store.append(message()), { code: "store-failed" });
    assert((await store.append(message())).ok);
  }, { writer });
});

Deno.test("a writer that dies fails what it had, and the next write starts another", () => {
  let worker: Worker | undefined;
  const writer = () => worker = new Worker(WRITER, { type: "module" });
  return withStore(async (store) => {
    await store.append(message());
    const lost = store.append(message());
    worker?.dispatchEvent(new ErrorEvent("error", { message: "out of memory", cancelable: true }));
    await Promise.allSettled([lost]);
    assert((await store.append(message())).ok);
  }, { writer });
});

Deno.test("a page of messages ends early rather than fill the memory", async () => {
  await withStore(async (store) => {
    const text = "x".repeat(60_000);
    const lobby = room("lobby");
    for (let n = 0; n < 40; n++) await store.append(message({ text }));
    const { rows, total } = store.messages(lobby, { limit: 40, offset: 0 });
    assert.deepEqual([rows.length, total], [18, 40]);
    const older = store.messages(lobby, {
      limit: 40,
      offset: 0,
      beforeUs: rows.at(-1)!.timestampUs,
    });
    assert.ok(older.rows[0]!.timestampUs < rows.at(-1)!.timestampUs);
    assert.equal(store.since(lobby, 0, 40).length, 18);
    assert.equal(store.before(lobby, 9e15, 40).length, 18);
    assert.equal(store.before(lobby, 9e15, 1).length, 1, "a statement that was left is used again");
  });
});

Deno.test("sinceJson ends early rather than fill the memory, and goes on from there", async () => {
  await withStore(async (store) => {
    const text = "x".repeat(60_000);
    const ids = Array.from({ length: 1_100 }, (_, index) => `m${index}`);
    for (const id of ids) await store.append(message({ id, text }));
    const read: string[] = [];
    for (let sinceUs = 0, answers = 0;; answers++) {
      const page = JSON.parse(sinceText(store, room("lobby"), sinceUs, 10_000));
      if (page.length === 0) return assert.deepEqual([answers > 1, read], [true, ids]);
      read.push(...page.map(({ id }: { id: string }) => id));
      sinceUs = usFromTimestamp(page.at(-1).timestamp);
    }
  });
});
