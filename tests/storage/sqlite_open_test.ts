/** Opening a database: which files are refused, with which words, and that these files stay unchanged. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { isPublicError } from "../../transport/errors.ts";
import { APPLICATION_ID, latestVersion, migrate, MIGRATIONS } from "../../storage/migrations.ts";
import { openDatabase, readPragma } from "../../storage/sqlite_database.ts";
import { message, openStore, room, withStore, withTempPath } from "./temp_store.ts";

/**
 * Opens the file, and expects a refusal of one line that names the file, and that the file stays
 * unchanged.
 */
async function assertRefused(path: string, code: string, words: RegExp): Promise<void> {
  const before = await Deno.readFile(path);
  await assert.rejects(openStore(path), (error) => {
    assert(isPublicError(error), String(error));
    assert.equal(error.code, code);
    assert.match(error.message, words);
    assert(error.message.includes(path) && !error.message.includes("\n"), error.message);
    return true;
  });
  assert.deepEqual(await Deno.readFile(path), before);
}

async function makeDatabase(path: string, messages = 200): Promise<void> {
  const store = await openStore(path);
  await Promise.all(Array.from({ length: messages }, () => store.append(message())));
  await store.close();
}

Deno.test("a fresh database is ours, of today's version, in WAL mode and private", () =>
  withStore(async (_store, path) => {
    const database = openDatabase(path, { readOnly: true });
    assert.equal(readPragma(database, "application_id"), APPLICATION_ID);
    assert.equal(readPragma(database, "user_version"), latestVersion());
    assert.equal(database.prepare("PRAGMA journal_mode").get()?.["journal_mode"], "wal");
    database.close();
    const { mode } = await Deno.stat(path);
    if (Deno.build.os !== "windows") assert.equal(mode! & 0o777, 0o600);
  }));

Deno.test("folders on the way to a database are made", () =>
  withTempPath(async (path) => {
    const deep = join(dirname(path), "a", "b", "chat.db");
    const store = await openStore(deep);
    assert((await store.append(message())).ok);
    await store.close();
  }));

Deno.test("an empty file becomes a database", () =>
  withTempPath(async (path) => {
    await Deno.writeFile(path, new Uint8Array());
    const store = await openStore(path);
    assert((await store.append(message())).ok);
    await store.close();
  }));

Deno.test("a database whose making was cut short is finished", () =>
  withTempPath(async (path) => {
    const database = openDatabase(path);
    database.exec("PRAGMA journal_mode = WAL");
    database.close();
    const store = await openStore(path);
    assert((await store.append(message())).ok);
    await store.close();
  }));

Deno.test("migrations are numbered from 1 without gaps", () => {
  assert.deepEqual(MIGRATIONS.map((step) => step.version), MIGRATIONS.map((_, index) => index + 1));
});

Deno.test("later migrations run once, on what is there; a failing one changes nothing", () =>
  withTempPath(async (path) => {
    await makeDatabase(path, 3);
    const next = latestVersion() + 1;
    const added = [...MIGRATIONS, {
      version: next,
      sql: "CREATE TABLE extra (x); INSERT INTO extra VALUES (1)",
    }];
    const broken = [...added, {
      version: next + 1,
      sql: "CREATE TABLE more (x); CREATE TABLE more (x)",
    }];
    const database = openDatabase(path);
    assert.throws(() => migrate(database, broken), /already exists/);
    assert.equal(readPragma(database, "user_version"), latestVersion());
    assert.throws(() => database.prepare("SELECT * FROM extra"));
    migrate(database, added);
    migrate(database, added);
    assert.equal(readPragma(database, "user_version"), next);
    assert.equal(database.prepare("SELECT count(*) AS n FROM extra").get()?.["n"], 1);
    assert.equal(database.prepare("SELECT count(*) AS n FROM messages").get()?.["n"], 3);
    database.close();
  }));

Deno.test("a database of the first version keeps its messages and loses its signals", () =>
  withTempPath(async (path) => {
    const database = openDatabase(path);
    migrate(database, MIGRATIONS.slice(0, 1));
    database.exec(`INSERT INTO rooms VALUES (1, 'lobby', 1, 5, 5);
      INSERT INTO messages VALUES (5, 1, 'm', 'ada', 'Ada', 'hello', NULL);
      INSERT INTO signals VALUES (1, 'lobby', 'ada', '', '{}', 1)`);
    database.close();
    const store = await openStore(path);
    assert.deepEqual(store.since(room("lobby"), 0, 9).map(({ text }) => text), ["hello"]);
    assert((await store.append(message())).ok);
    await store.close();
    const after = openDatabase(path, { readOnly: true });
    const left = after.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'signals%'").all();
    after.close();
    assert.deepEqual(left, []);
  }));

Deno.test("a database of a newer version is refused and left alone", () =>
  withTempPath(async (path) => {
    await makeDatabase(path, 3);
    const database = openDatabase(path);
    database.exec(`PRAGMA user_version = ${latestVersion() + 7}`);
    database.close();
    await assertRefused(path, "database-too-new", /newer version.*--db/);
  }));

Deno.test("a file that is no database is refused and left alone", () =>
  withTempPath(async (path) => {
    await Deno.writeTextFile(path, "Dear diary, ".repeat(1000));
    await assertRefused(path, "database-damaged", /not a database.*--db/);
    await Deno.writeTextFile(path, "x");
    await assertRefused(path, "database-damaged", /not a database.*--db/);
  }));

Deno.test("another program's database is refused and left alone", () =>
  withTempPath(async (path) => {
    const database = openDatabase(path);
    database.exec("CREATE TABLE messages (id INTEGER PRIMARY KEY, room TEXT, text TEXT)");
    database.close();
    await assertRefused(path, "database-damaged", /not one of E-Goat's.*--db/);
  }));

Deno.test("a database of ours that has lost a table or an index is refused and left alone", () =>
  withTempPath(async (path) => {
    for (const lost of ["TABLE peers", "TABLE search", "INDEX messages_id", "TABLE messages"]) {
      await Deno.remove(path).catch(() => {});
      await makeDatabase(path, 3);
      const database = openDatabase(path);
      database.exec(`DROP ${lost}`);
      database.close();
      await assertRefused(path, "database-damaged", /is damaged: it has lost its "\w+".*--db/);
    }
  }));

Deno.test("a database of ours without a version is refused and left alone", () =>
  withTempPath(async (path) => {
    await makeDatabase(path, 3);
    const database = openDatabase(path);
    database.exec("PRAGMA user_version = 0");
    database.close();
    await assertRefused(path, "database-damaged", /its version is missing.*--db/);
  }));

Deno.test("a damaged database is refused and left alone, wherever the damage is", () =>
  withTempPath(async (path) => {
    await makeDatabase(path);
    const whole = await Deno.readFile(path);
    await Deno.writeFile(path, whole.slice(0, whole.length / 2));
    await assertRefused(path, "database-damaged", /(is damaged|is not a database).*--db/);
    const damages = {
      magic: [0, 16],
      schema: [100, 4096],
      middle: [whole.length / 2, whole.length / 2 + 8192],
    };
    for (const [start, end] of Object.values(damages)) {
      const damaged = whole.slice().fill(0xa5, start, end);
      await Deno.writeFile(path, damaged);
      await assertRefused(path, "database-damaged", /(is damaged|is not a database).*--db/);
    }
  }));

Deno.test("a folder, or a folder that can't be made, is refused with one line", () =>
  withTempPath(async (path) => {
    await Deno.mkdir(path);
    await assert.rejects(openStore(path), { code: "store-failed", message: /Cannot use.*--db$/ });
    const file = join(dirname(path), "file");
    await Deno.writeTextFile(file, "");
    const below = join(file, "chat.db");
    await assert.rejects(openStore(below), { code: "store-failed", message: /Cannot use.*--db$/ });
  }));

Deno.test({
  name: "a database that may not be written is refused with one line",
  // The superuser may write everything.
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  fn: () =>
    withTempPath(async (path) => {
      await makeDatabase(path, 1);
      await Deno.chmod(path, 0o400);
      await assertRefused(path, "store-failed", /Cannot use.*--db/);
    }),
});

Deno.test("a database in use is refused to a second node, and free after close", () =>
  withStore(async (store, path) => {
    await store.append(message());
    await assert.rejects(openStore(path), {
      code: "store-failed",
      message: /in use by another node.*--db/,
    });
    assert((await store.append(message())).ok);
    await store.close();
    const next = await openStore(path);
    assert.equal(next.since(room("lobby"), 0, 10).length, 2);
    await next.close();
  }));

Deno.test("a database in use is known by any of its names", () =>
  withStore(async (_store, path) => {
    const link = join(dirname(path), "link.db");
    await Deno.symlink(path, link);
    await assert.rejects(openStore(link), { message: /in use by another node/ });
  }));

Deno.test({
  name: "a database with a second name is refused under each, also while a node has it",
  // On Windows the runtime does not tell the number of hard links.
  ignore: Deno.build.os === "windows",
  fn: () =>
    withTempPath(async (path) => {
      const store = await openStore(path);
      await store.append(message());
      const other = join(dirname(path), "other.db");
      await Deno.link(path, other);
      await assertRefused(
        other,
        "store-failed",
        /has 2 names \(hard links\).*: remove all but one/,
      );
      assert((await store.append(message())).ok, "the node that has it goes on");
      await store.close();
      await assertRefused(path, "store-failed", /has 2 names/);
      await Deno.remove(other);
      const again = await openStore(path);
      assert.equal(again.since(room("lobby"), 0, 9).length, 2);
      await again.close();
    }),
});
