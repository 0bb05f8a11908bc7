/** A start gives unused space back to the disk, and no early end of this loses a message. */
import assert from "node:assert/strict";
import { migrate, MIGRATIONS } from "../../storage/migrations.ts";
import { checkDatabase } from "../../storage/mod.ts";
import { openDatabase } from "../../storage/sqlite_database.ts";
import { message, openStore, readAll, room, withTempPath } from "./temp_store.ts";

const HELPER = new URL("./append_until_killed.ts", import.meta.url).pathname;

/**
 * Makes a database of the first version, with `messages` messages and `signals` obsolete signals of 250
 * KB each.
 */
function makeOld(path: string, { signals, messages }: { signals: number; messages: number }): void {
  const database = openDatabase(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
  migrate(database, MIGRATIONS.slice(0, 1));
  database.exec(`BEGIN; INSERT INTO rooms VALUES (1, 'lobby', ${messages}, 1, ${messages})`);
  const insert = database.prepare("INSERT INTO messages VALUES (?, 1, ?, 'ada', 'Ada', ?, NULL)");
  const index = database.prepare("INSERT INTO search (rowid, room_id, text) VALUES (?, 1, ?)");
  for (let us = 1; us <= messages; us++) {
    const text = `goat ${us} ${"and more ".repeat(100)}`;
    insert.run(us, `m${us}`, text);
    index.run(us, text);
  }
  const signal = database.prepare("INSERT INTO signals VALUES (?, 'lobby', 'ada', '', ?, 1)");
  for (let seq = 1; seq <= signals; seq++) signal.run(seq, "x".repeat(250_000));
  database.exec("COMMIT");
  database.close();
}

const sizeOf = async (path: string) => (await Deno.stat(path)).size;

async function assertWhole(path: string, messages: number): Promise<void> {
  const store = await openStore(path);
  assert.ok(readAll(store, room("lobby")).length >= messages);
  assert.ok(store.search("goat 7 and", { room: null, limit: 9, offset: 0 }).total > 0);
  assert((await store.append(message())).ok);
  await store.close();
  const lines: string[] = [];
  assert.ok(checkDatabase(path, { print: (line) => lines.push(line) }), lines.join("\n"));
}

Deno.test("a database that signals made large is small after a start, and keeps its messages", () =>
  withTempPath(async (path) => {
    makeOld(path, { signals: 100, messages: 1000 });
    assert.ok(await sizeOf(path) > 25e6);
    const store = await openStore(path);
    assert.ok(await sizeOf(path) < 4e6, "while the node runs already");
    await store.close();
    await assertWhole(path, 1000);
  }));

Deno.test("a database with few free pages stays as it is", () =>
  withTempPath(async (path) => {
    makeOld(path, { signals: 20, messages: 10 });
    await assertWhole(path, 10);
    assert.ok(await sizeOf(path) > 5e6, "they are used up by what is said next");
  }));

/** Starts a process that opens the database and appends to it. */
function startNode(path: string, before = ""): Deno.ChildProcess {
  const command = `${before} exec "$0" run -A --no-check "$1" "$2" run 10`;
  return new Deno.Command("sh", {
    args: ["-c", command, Deno.execPath(), HELPER, path],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

Deno.test({
  name:
    "a process that is killed while the database shrinks loses nothing, and the next one does it",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withTempPath(async (path) => {
      makeOld(path, { signals: 100, messages: 6_000 });
      const before = await sizeOf(path);
      for (const logBytes of [1e6, 5e6]) {
        const child = startNode(path);
        // The copy goes into the log first. On a fast machine it may be finished before the first look.
        const hasBegun = async () =>
          (await sizeOf(`${path}-wal`).catch(() => 0)) > logBytes || await sizeOf(path) < before;
        while (!await hasBegun()) await new Promise((resolve) => setTimeout(resolve));
        child.kill("SIGKILL");
        await child.stdout.cancel();
        await child.status;
      }
      await assertWhole(path, 6_000);
      assert.ok(await sizeOf(path) < before / 2);
    }),
});

Deno.test({
  name: "a disk without room for the copy leaves the database large, and the node runs",
  // A limit on the size of files stands for a full disk.
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withTempPath(async (path) => {
      makeOld(path, { signals: 100, messages: 6_000 });
      const before = await sizeOf(path);
      const child = startNode(path, `trap "" XFSZ; ulimit -f 8192;`);
      const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
      const { value } = await reader.read();
      assert.match(value ?? "", /^stored run-/);
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
      assert.equal(await sizeOf(path), before);
      await assertWhole(path, 6_000);
      assert.ok(await sizeOf(path) < before / 2, "once there is room");
    }),
});
