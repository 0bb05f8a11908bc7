/** A database that may not grow further refuses messages, tells why, and goes on with everything else. */
import assert from "node:assert/strict";
import { openDatabase } from "../../storage/sqlite_database.ts";
import { SizeLimit } from "../../storage/size_limit.ts";
import { message, openStore, readAll, room, withTempPath } from "./temp_store.ts";

const MAX_BYTES = 24e6;

const refusal = {
  code: "store-failed",
  message: /^Cannot store the message: .*24 MB of --max-db-size.*: restart .* larger one/,
};

async function bytesOf(path: string): Promise<number> {
  const sizes = ["", "-wal"].map(async (suffix) => (await Deno.stat(path + suffix)).size);
  return (await Promise.all(sizes)).reduce((a, b) => a + b);
}

Deno.test("a database takes no message beyond --max-db-size, and a larger one does again", () =>
  withTempPath(async (path) => {
    const store = await openStore(path, { maxBytes: MAX_BYTES });
    const text = "word ".repeat(10_000);
    const stored: string[] = [];
    let refused: unknown = null;
    while (refused === null) {
      const some = Array.from({ length: 10 }, () => message({ text }));
      const results = await Promise.allSettled(some.map((one) => store.append(one)));
      results.forEach((result, index) => {
        if (result.status === "fulfilled") stored.push(some[index]!.id);
        else refused = result.reason;
      });
      assert.ok(await bytesOf(path) <= MAX_BYTES);
    }
    await assert.rejects(Promise.reject(refused), refusal);
    assert.ok(stored.length >= 90, `${stored.length} stored`);
    await assert.rejects(store.probe(), refusal, "the node says that it takes nothing");
    const known = readAll(store, room("lobby"));
    assert.deepEqual(known.map(({ id }) => id), stored);
    assert.ok((await store.append(known[0]!)).ok, "what is stored is acknowledged again");
    await store.close();
    const larger = await openStore(path, { maxBytes: 2 * MAX_BYTES });
    await larger.probe();
    assert.ok((await larger.append(message({ text }))).ok);
    await larger.close();
  }));

Deno.test("a database that is larger than --max-db-size already is read", () =>
  withTempPath(async (path) => {
    const store = await openStore(path);
    await store.append(message({ text: "before" }));
    await store.close();
    const small = await openStore(path, { maxBytes: 1e6 });
    assert.deepEqual(small.since(room("lobby"), 0, 9).map(({ text }) => text), ["before"]);
    await assert.rejects(small.append(message()), { code: "store-failed" });
    await small.close();
  }));

Deno.test("what is stored is acknowledged again, though new messages beside it are refused", () =>
  withTempPath(async (path) => {
    const store = await openStore(path);
    const [known, other] = [message(), message()];
    const first = await store.append(known);
    assert(first.ok);
    await store.append(other);
    await store.close();
    const full = await openStore(path, { maxBytes: 1e6 });
    const fresh = message();
    const results = await Promise.allSettled([
      ...[known, fresh, { ...other, text: "else" }, fresh, message({ room: "new" }), known]
        .map((one) => full.append(one)),
      full.probe(),
    ]);
    const told = results.map((result) =>
      result.status === "rejected" ? result.reason.code : result.value
    );
    const again = { ok: true, timestampUs: first.timestampUs, isDuplicate: true };
    const conflict = { ok: false, reason: "id-conflict" };
    const no = "store-failed";
    assert.deepEqual(told, [again, no, conflict, no, no, again, no]);
    assert.equal(full.stats().messages, 2);
    assert.equal(full.stats().rooms, 1);
    await full.close();
  }));

Deno.test("a log that cannot be made smaller now hides no refusal", () =>
  withTempPath(async (path) => {
    await (await openStore(path)).close();
    const database = openDatabase(path);
    const limit = new SizeLimit(database, { maxBytes: 1e6, logBytes: 1e5 });
    assert.match(limit.refusal(2e6) ?? "", /1 MB of --max-db-size/);
    // SQLite refuses a checkpoint inside a transaction.
    database.exec("BEGIN IMMEDIATE; PRAGMA user_version = 9");
    limit.onRefused();
    database.exec("ROLLBACK");
    assert.equal(limit.refusal(1e5), null);
    database.close();
  }));
