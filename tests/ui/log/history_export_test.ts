import assert from "node:assert/strict";
import type { StoredMessage } from "../../../transport/protocol/mod.ts";
import { exportFileName, formatHistory, readHistory } from "../../../ui/log/history_export.ts";

const row = (id: number, text = `text ${id}`) =>
  ({
    id: `m${id}`,
    peer_id: "ann",
    name: "Ann",
    text,
    sent_at: null,
    timestamp: 1_700_000_000 + id / 1e6,
  }) as StoredMessage;

/** A node that answers three rows at a time. */
function nodeWith(rows: readonly StoredMessage[]): typeof fetch {
  return (input) => {
    const since = Number(new URL(String(input)).searchParams.get("since"));
    const page = rows.filter(({ timestamp }) => timestamp > since).slice(0, 3);
    return Promise.resolve(Response.json(page));
  };
}

const quiet = () => ({ signal: new AbortController().signal, onProgress: () => {} });
const source = (fetch: typeof globalThis.fetch) => ({ fetch, nodeUrl: "http://n", room: "den" });

Deno.test("the whole history is read, page by page, each message once", async () => {
  const rows = Array.from({ length: 10 }, (_, i) => row(i));
  const counts: number[] = [];
  const messages = await readHistory(source(nodeWith(rows)), {
    ...quiet(),
    onProgress: (count) => counts.push(count),
  });
  assert.deepEqual(messages, rows);
  assert.deepEqual(counts, [3, 6, 9, 10]);
});

Deno.test("a node that refuses or talks nonsense ends the export with a reason", async () => {
  const answer = (response: Response) => source(() => Promise.resolve(response));
  await assert.rejects(readHistory(answer(new Response("", { status: 429 })), quiet()), /429/);
  await assert.rejects(readHistory(answer(Response.json([{ a: 1 }])), quiet()), /not a history/);
});

Deno.test("the JSON is what the node has", () => {
  const rows = [row(1), row(2, 'a "quote"\n<b>')];
  assert.deepEqual(JSON.parse(formatHistory(rows, "json")), rows);
  assert.deepEqual(JSON.parse(formatHistory([], "json")), []);
});

Deno.test("the text has a line a message, with the lines of a text below it", () => {
  const lines = formatHistory([row(1), row(2, "one\ntwo")], "text").split("\n");
  assert.match(lines[0]!, /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] Ann: text 1$/);
  assert.equal(lines[2], "    two");
});

Deno.test("a file's name is safe whatever the room's is", () => {
  assert.equal(exportFileName("../../etc/passwd", "json"), "e-goat-etc_passwd.json");
  assert.equal(exportFileName("Café 1", "text"), "e-goat-Café_1.txt");
  assert.equal(exportFileName("///", "text"), "e-goat-room.txt");
});
