/**
 * Files that are removed or replaced under a node: a message that a restart would not find is not
 * acknowledged.
 */
import assert from "node:assert/strict";
import { message, openStore, withStore, withTempPath } from "./temp_store.ts";

/** The sender is told what happened. `cause`, which is for the log, tells the node's owner where. */
function refusal(what: RegExp) {
  return (error: Error & { code?: string }) => {
    assert.equal(error.code, "store-failed");
    assert.match(error.message, what);
    assert.doesNotMatch(error.message, /chat\.db|[\\/]/);
    assert.match((error.cause as Error).message, /"[^"]+[\\/]chat\.db(-wal)?" was re/);
    return true;
  };
}

const removed = refusal(/the database('s log)? file was removed while .*: put it back/);
const replaced = refusal(/the database('s log)? file was replaced while .* restart/);

for (const suffix of ["", "-wal"]) {
  Deno.test(`a message is not acknowledged when chat.db${suffix} was removed`, () =>
    withStore(async (store, path) => {
      await store.append(message());
      await Deno.remove(path + suffix);
      await assert.rejects(store.append(message()), removed);
      await assert.rejects(store.append(message()), removed, "nor the next one");
      await assert.rejects(store.probe(), removed);
    }));

  Deno.test(`a message is not acknowledged when chat.db${suffix} was replaced`, () =>
    withStore(async (store, path) => {
      await store.append(message());
      await Deno.copyFile(path + suffix, `${path}.copy`);
      await Deno.rename(`${path}.copy`, path + suffix);
      await assert.rejects(store.append(message()), replaced);
      await assert.rejects(store.probe(), replaced);
    }));
}

Deno.test("messages are taken again when the file is put back, and a restart finds every one", () =>
  withTempPath(async (path) => {
    const store = await openStore(path);
    const [before, during, after] = [message(), message(), message()];
    await store.append(before);
    await Deno.rename(path, `${path}.away`);
    await assert.rejects(store.append(during), removed);
    await Deno.rename(`${path}.away`, path);
    await store.append(during);
    await store.append(after);
    await store.close();
    const again = await openStore(path);
    const ids = again.since(before.room, 0, 9).map(({ id }) => id);
    assert.deepEqual(ids, [before.id, during.id, after.id]);
    await again.close();
  }));

Deno.test("a store that is new, and one that was never written to, take a probe", () =>
  withStore(async (store) => {
    await store.probe();
    await Promise.all([store.probe(), store.append(message()), store.probe()]);
    assert.ok(store.writerStats().commits <= 3, "those that wait share a write");
  }));

Deno.test("a probe is refused by a store that is closed", () =>
  withStore(async (store) => {
    await store.close();
    await assert.rejects(store.probe(), { code: "shutting-down" });
  }));
