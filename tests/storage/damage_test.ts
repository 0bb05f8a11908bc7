/**
 * Damage deep inside a database: the caller that meets it gets an error, other rooms go on, and `e-goat
 * check` finds it.
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { checkDatabase } from "../../storage/mod.ts";
import { usFromTimestamp } from "../../transport/protocol/mod.ts";
import { WriteQueue } from "../../storage/write_queue.ts";
import type { Batch } from "../../storage/writer_protocol.ts";
import { sinceText } from "../conformance/message_store.ts";
import { makeDamaged, MESSAGES, overwrite, ROOMS } from "./damage.ts";
import { message, openStore, readAll, readAllBackwards, room, withTempPath } from "./temp_store.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

Deno.test("a read that meets damage names the room, and all else goes on", () =>
  withTempPath(async (path) => {
    await makeDamaged(path);
    const store = await openStore(path);
    const damaged = room("damaged");
    const refusal = {
      name: "UserError",
      code: "database-damaged",
      message:
        /^Room "damaged" cannot be read: .*damaged.*Rooms that are whole go on; "e-goat check"/,
    };
    assert.throws(() => readAll(store, damaged), refusal);
    assert.throws(() => readAllBackwards(store, damaged), refusal);
    const readable = JSON.parse(sinceText(store, damaged, 0, 100));
    assert.ok(readable.length > 0, "what is before it is read");
    const lastUs = usFromTimestamp(readable.at(-1).timestamp);
    assert.throws(() => sinceText(store, damaged, lastUs, 100), refusal);
    assert.throws(() => store.messages(damaged, { limit: 100, offset: 0 }), refusal);
    assert.equal(store.before(damaged, 9e15, 5).length, 5, "what is after it is read");
    for (const name of ROOMS) {
      assert((await store.append(message({ room: name }))).ok, name);
      if (name === "damaged") continue;
      assert.equal(readAll(store, room(name)).length, MESSAGES + 1);
      assert.equal(JSON.parse(sinceText(store, room(name), 0, 100)).length, MESSAGES + 1);
    }
    await store.close();
  }));

Deno.test("a room that cannot be written costs the others of its batch nothing", async () => {
  const written: string[] = [];
  const write = ({ messages }: Batch) => {
    const rooms = messages.map(([room]) => room);
    if (rooms.includes("damaged")) {
      return Promise.reject(new Error("database disk image is malformed"));
    }
    written.push(...rooms);
    return Promise.resolve({
      type: "committed" as const,
      outcomes: rooms.map(() => 5),
      refusal: null,
      seconds: 0,
    });
  };
  const queue = new WriteQueue({ write, nowUs: () => 5, limit: 100, onStored() {} });
  const append = (name: string) => queue.append([name, "m", "ada", "Ada", "hi", null]);
  const lost = assert.rejects(append("damaged"), {
    code: "store-failed",
    message: /the database is damaged .*"e-goat check"/,
  });
  const stored = [append("whole-1"), queue.probe(), append("whole-2")];
  await Promise.all([lost, ...stored]);
  assert.deepEqual(written, ["whole-1", "whole-2"]);
});

/** The result of `check` for the database at `path`. */
function check(path: string): { isWhole: boolean; lines: string } {
  const lines: string[] = [];
  const isWhole = checkDatabase(path, { print: (line) => lines.push(line) });
  return { isWhole, lines: lines.join("\n") };
}

async function filesBeside(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(dirname(path))) names.push(name);
  return names.sort();
}

Deno.test("check finds a whole database whole, and changes nothing, beside a node too", () =>
  withTempPath(async (path) => {
    const store = await openStore(path);
    await Promise.all(ROOMS.map((room) => store.append(message({ room }))));
    const beside = check(path);
    assert.equal(beside.isWhole, true, beside.lines);
    assert((await store.append(message())).ok);
    await store.close();
    const [before, names] = [await Deno.readFile(path), await filesBeside(path)];
    const { isWhole, lines } = check(path);
    assert.equal(isWhole, true, lines);
    assert.match(lines, /ok +Rooms: 4 of 4 whole\nEverything is whole\.$/);
    assert.deepEqual(await Deno.readFile(path), before);
    assert.deepEqual(await filesBeside(path), names);
  }));

Deno.test("check names the rooms that are damaged and leaves the file alone", () =>
  withTempPath(async (path) => {
    await makeDamaged(path);
    const before = await Deno.readFile(path);
    const { isWhole, lines } = check(path);
    assert.equal(isWhole, false);
    assert.match(lines, /damaged +Room "damaged": 39 of 40 messages can be read/);
    assert.match(lines, /damaged +Rooms: 2 of 3 whole/);
    assert.match(lines, /damaged +Pages and indexes\n/);
    assert.doesNotMatch(lines, /whole-1|whole-2/);
    assert.deepEqual(await Deno.readFile(path), before);
  }));

Deno.test("check says that the search index is damaged where it alone is", () =>
  withTempPath(async (path) => {
    const store = await openStore(path);
    const text = (index: number) =>
      Array.from({ length: 50 }, (_, at) => `w${index}x${at}`).join(" ");
    const texts = Array.from({ length: 200 }, (_, index) => message({ text: text(index) }));
    await Promise.all(texts.map((one) => store.append(one)));
    await store.close();
    // The index holds words one after the other, without their common prefixes.
    const bytes = await Deno.readFile(path);
    const at = new TextDecoder("latin1").decode(bytes).lastIndexOf("w150x");
    bytes.fill(0x7f, at - 20, at + 40);
    await Deno.writeFile(path, bytes);
    const { isWhole, lines } = check(path);
    assert.equal(isWhole, false, lines);
  }));

Deno.test("check says of a file that is none of ours what it is", () =>
  withTempPath(async (path) => {
    assert.throws(() => check(path), { code: "not-found", message: /no database at .*--db/ });
    await Deno.writeTextFile(path, "Dear diary, ".repeat(1000));
    const { isWhole, lines } = check(path);
    assert.deepEqual([isWhole, /damaged at its start: file is not a database/.test(lines)], [
      false,
      true,
    ]);
  }));

Deno.test("the program's exit code says whether all of a database is whole", () =>
  withTempPath(async (path) => {
    const run = async (...args: string[]) => {
      const command = ["run", "-A", "--no-check", MAIN, "check", ...args];
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: command })
        .output();
      return [code, new TextDecoder().decode(code === 2 ? stderr : stdout)] as const;
    };
    assert.deepEqual(await run("--host", "::1"), [
      2,
      "check takes no flag but --db <path>, not --host\n",
    ]);
    assert.equal((await run("--db", path))[0], 2);
    await makeDamaged(path);
    const [damaged, lines] = await run("--db", path);
    assert.equal(damaged, 1, lines);
    await overwrite(path, "whole-1-needle-3-");
    const [again, more] = await run("--db", path);
    assert.equal(again, 1);
    assert.match(more, /Rooms: 1 of 3 whole/);
  }));
