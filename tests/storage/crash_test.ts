/** The state after a process was killed, or the disk has refused writes. */
import assert from "node:assert/strict";
import type { SqliteStore } from "../../storage/mod.ts";
import { message, openStore, readAll, room, withTempPath } from "./temp_store.ts";

const HELPER = new URL("./append_until_killed.ts", import.meta.url).pathname;
const isWindows = Deno.build.os === "windows";

/**
 * Starts the appending process through `sh`, which may set limits first, and returns its lines. Lines
 * that were written before the kill still arrive after it, so `kill` may be called again and then does
 * nothing.
 */
function startAppending(path: string, options: { run: string; size?: number; before?: string }) {
  const { run, size = 10, before = "" } = options;
  const command = `${before} exec "$0" run -A --no-check "$1" "$2" "$3" "$4"`;
  const child = new Deno.Command("sh", {
    args: ["-c", command, Deno.execPath(), HELPER, path, run, `${size}`],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let isKilled = false;
  const kill = () => {
    if (!isKilled) child.kill("SIGKILL");
    isKilled = true;
  };
  return { child, kill, lines: readLines(child.stdout) };
}

/** Whole lines only: the last one may be cut short by the kill. */
async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string[]> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield lines;
  }
}

function storedTimes(store: SqliteStore): Map<string, number> {
  return new Map(readAll(store, room("lobby")).map((row) => [row.id, row.timestampUs]));
}

async function assertAllStored(path: string, lines: readonly string[]): Promise<void> {
  const store = await openStore(path);
  const times = storedTimes(store);
  for (const line of lines) {
    const [outcome, id = "", timestampUs] = line.split(" ");
    if (outcome === "stored") assert.equal(times.get(id), Number(timestampUs), line);
  }
  assert.equal(store.search("x", { room: null, limit: 1, offset: 0 }).rows.length, 1);
  assert.equal(store.stats().messages, times.size);
  assert((await store.append(message())).ok);
  await store.close();
}

Deno.test({
  name: "a killed process leaves every acknowledged message and no lock behind",
  ignore: isWindows,
  fn: () =>
    withTempPath(async (path) => {
      const acknowledged: string[] = [];
      for (let round = 0; round < 3; round++) {
        const enough = acknowledged.length + 1 + Math.random() * 3000;
        const { child, kill, lines } = startAppending(path, { run: `run${round}` });
        let isFirst = true;
        for await (const some of lines) {
          if (isFirst) await assert.rejects(openStore(path), { message: /in use by another node/ });
          isFirst = false;
          acknowledged.push(...some);
          if (acknowledged.length > enough) kill();
        }
        assert.equal((await child.status).signal, "SIGKILL");
        await assertAllStored(path, acknowledged);
      }
    }),
});

Deno.test({
  name: "a full disk refuses writes, and they are taken again when there is room",
  // A limit on the size of files, which is lifted while the process runs, stands for a full disk.
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withTempPath(async (path) => {
      const before = `trap "" XFSZ; ulimit -S -f 4096;`;
      const { child, kill, lines } = startAppending(path, { run: "full", size: 20_000, before });
      const all: string[] = [];
      let isLifted = false;
      let storedAfter = 0;
      for await (const some of lines) {
        all.push(...some);
        if (!isLifted && some.some((line) => line.startsWith("refused"))) {
          await liftLimit(child.pid);
          isLifted = true;
        } else if (isLifted) storedAfter += some.filter((one) => one.startsWith("stored")).length;
        if (storedAfter > 200) kill();
      }
      assert.equal((await child.status).signal, "SIGKILL");
      const refused = all.filter((line) => line.startsWith("refused"));
      assert(refused.length > 0);
      assert(refused.every((line) => line.includes(" store-failed ")), refused[0] ?? "");
      await assertAllStored(path, all);
    }),
});

async function liftLimit(pid: number): Promise<void> {
  const args = ["--pid", `${pid}`, "--fsize=unlimited"];
  const { success } = await new Deno.Command("prlimit", { args }).output();
  assert(success);
}
