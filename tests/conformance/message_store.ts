/**
 * The contract of every `MessageStore`. An implementation's test calls `testMessageStore` with a
 * function that makes a fresh store. The test controls that store's clock.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { MessageStore, NewMessage } from "../../storage/message_store.ts";
import { storedMessage, timestampFromUs } from "../../transport/protocol/mod.ts";
import { message, peer, room } from "../storage/temp_store.ts";
import * as z from "zod/mini";

/** Runs `use` with a fresh store that reads `clock.ms`, and cleans up after it. */
export type WithStore = (
  clock: { ms: number },
  use: (store: MessageStore) => Promise<void>,
) => Promise<void>;

const START_MS = 1_795_219_836_123;
const ALL = { limit: 100, offset: 0 };

const messageText = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 })
  .map((text) => text.replaceAll("\0", "-"));

async function appendAll(store: MessageStore, messages: NewMessage[]): Promise<number[]> {
  const results = await Promise.all(messages.map((one) => store.append(one)));
  return results.map((result) => result.ok ? result.timestampUs : 0);
}

export function testMessageStore(label: string, withStore: WithStore): void {
  const test = (name: string, use: (store: MessageStore, clock: { ms: number }) => Promise<void>) =>
    Deno.test(`${label}: ${name}`, () => {
      const clock = { ms: START_MS };
      return withStore(clock, (store) => use(store, clock));
    });

  testAppend(test);
  testReads(test);
  testSearch(test);
}

type TestStore = (
  name: string,
  use: (store: MessageStore, clock: { ms: number }) => Promise<void>,
) => void;

function testAppend(test: TestStore): void {
  test("a message that was appended is read as it was, with the node's time", async (store) => {
    const one = message({ text: "hi", sentAtUs: 1_700_000_000_000_001 });
    const result = await store.append(one);
    assert(result.ok);
    assert.equal(result.isDuplicate, false);
    assert.equal(result.timestampUs, START_MS * 1000);
    assert.deepEqual(store.since(one.room, 0, 10), [{ ...one, timestampUs: result.timestampUs }]);
    assert.equal(store.latestUs(one.room), result.timestampUs);
  });

  test("the same message again is a duplicate with the first one's timestamp", async (store) => {
    const one = message();
    const [first, second] = await Promise.all([store.append(one), store.append(one)]);
    const third = await store.append(one);
    assert(first.ok && second.ok && third.ok);
    assert.deepEqual([first, second, third].map((r) => r.isDuplicate), [false, true, true]);
    assert.equal(second.timestampUs, first.timestampUs);
    assert.equal(third.timestampUs, first.timestampUs);
    assert.equal(store.since(one.room, 0, 10).length, 1);
    assert.equal(store.room(one.room)?.messages, 1);
  });

  test("another text under a known id is a conflict and changes nothing", async (store) => {
    const one = message({ text: "first" });
    await store.append(one);
    const result = await store.append({ ...one, text: "second" });
    assert.deepEqual(result, { ok: false, reason: "id-conflict" });
    assert.deepEqual(store.since(one.room, 0, 10).map((row) => row.text), ["first"]);
  });

  test("the same id in two rooms is two messages", async (store) => {
    const one = message();
    await appendAll(store, [one, { ...one, room: room("other"), text: "else" }]);
    assert.deepEqual(store.since(room("other"), 0, 10).map((row) => row.text), ["else"]);
    assert.equal(store.since(one.room, 0, 10).length, 1);
  });

  test(
    "timestamps increase strictly in the order of the calls, whatever the clock does",
    (store, clock) =>
      fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({ stepMs: fc.integer({ min: -5000, max: 5000 }), wait: fc.boolean() }),
            {
              minLength: 1,
              maxLength: 40,
            },
          ),
          async (steps) => {
            const before = store.latestUs(room("lobby"));
            const results: Promise<number[]>[] = [];
            for (const { stepMs, wait } of steps) {
              clock.ms += stepMs;
              results.push(appendAll(store, [message()]));
              if (wait) await results.at(-1);
            }
            const times = [before, ...(await Promise.all(results)).flat()];
            assert(times.every((us, index) => index === 0 || us > times[index - 1]!));
            const stored = store.since(room("lobby"), before, 1000).map((row) => row.timestampUs);
            assert.deepEqual(stored, times.slice(1));
          },
        ),
        { numRuns: 15 },
      ),
  );

  test("each of 32 writers reads its own write as soon as it is acknowledged", async (store) => {
    await Promise.all(Array.from({ length: 32 }, async (_, writer) => {
      for (let round = 0; round < 10; round++) {
        const one = message({ peerId: peer(`writer-${writer}`) });
        const result = await store.append(one);
        assert(result.ok);
        assert.equal(store.since(one.room, result.timestampUs - 1, 1)[0]?.id, one.id);
        assert(store.latestUs(one.room) >= result.timestampUs);
      }
    }));
    assert.equal(store.stats().messages, 320);
  });

  test("a closed store refuses a write and stays closed", async (store) => {
    const taken = store.append(message());
    await store.close();
    await store.close();
    assert((await taken).ok);
    await assert.rejects(store.append(message()), { code: "shutting-down" });
  });
}

function testReads(test: TestStore): void {
  test("since, before and messages page through a room without gaps", async (store) => {
    const texts = Array.from({ length: 25 }, (_, index) => `text ${index}`);
    const times = await appendAll(store, texts.map((text) => message({ text })));
    await store.append(message({ room: "other" }));
    const lobby = room("lobby");
    const textsOf = (rows: { text: string }[]) => rows.map((row) => row.text);
    assert.deepEqual(textsOf(store.since(lobby, times[4]!, 5)), texts.slice(5, 10));
    assert.deepEqual(textsOf(store.before(lobby, times[10]!, 5)), texts.slice(5, 10));
    assert.deepEqual(store.since(lobby, times[24]!, 5), []);
    assert.deepEqual(store.before(lobby, times[0]!, 5), []);
    const page = store.messages(lobby, { limit: 3, offset: 2 });
    assert.deepEqual(textsOf(page.rows), ["text 22", "text 21", "text 20"]);
    assert.equal(page.total, 25);
  });

  test("an empty room has nothing of anything", async (store) => {
    const none = room("none");
    assert.equal(sinceText(store, none, 0, 10), "[]");
    assert.equal(store.latestUs(none), 0);
    assert.equal(store.room(none), null);
    assert.deepEqual(store.peers(none, ALL), { rows: [], total: 0 });
    assert.deepEqual(store.messages(none, ALL), { rows: [], total: 0 });
    await store.append(message());
    assert.equal(sinceText(store, none, 0, 10), "[]");
  });

  test("sinceJson is what since says, whatever the text", (store, clock) =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ text: messageText, name: messageText, sent: fc.boolean() }), {
          minLength: 1,
          maxLength: 8,
        }),
        async (parts) => {
          const before = store.latestUs(room("lobby"));
          clock.ms += Math.random() * 1000;
          await appendAll(
            store,
            parts.map(({ text, name, sent }) =>
              message({ text, name, sentAtUs: sent ? Math.floor(Math.random() * 2e15) : null })
            ),
          );
          assertSameJson(store, before, parts.length);
        },
      ),
      { numRuns: 40 },
    ));

  test("sinceJson keeps quotes, controls, emoji, U+2028 and peer ids that look like JSON", async (store) => {
    const texts = [
      '"\\',
      "\u0001\b\f\n\r\t\u001f\u007f",
      "🐐👩‍👩‍👧‍👦",
      "\u2028\u2029",
      "</script>",
      "%s%d%%",
      "\ufffe",
    ];
    await appendAll(store, texts.map((text) => message({ text, peerId: `"${text.at(0)}%s"` })));
    await appendAll(store, [message({ text: "x".repeat(65536) })]);
    assertSameJson(store, 0, texts.length + 1);
    const valid = z.array(storedMessage).safeParse(
      JSON.parse(
        sinceText(
          store,
          room("lobby"),
          store.before(room("lobby"), 9e15, 1)[0]!.timestampUs - 1,
          1,
        ),
      ),
    );
    assert(valid.success);
  });

  test("sinceJson gives at most limit rows, the oldest", async (store) => {
    const times = await appendAll(store, Array.from({ length: 5 }, () => message()));
    const read = (sinceUs: number, limit: number) =>
      JSON.parse(sinceText(store, room("lobby"), sinceUs, limit))
        .map((row: { timestamp: number }) => row.timestamp);
    assert.deepEqual(read(times[0]!, 2), [times[1]!, times[2]!].map(timestampFromUs));
    assert.deepEqual(read(0, 5), times.map(timestampFromUs));
    assert.deepEqual(read(times[3]!, 10), [times[4]!].map(timestampFromUs));
  });

  test("rooms and peers are listed newest first with their counts", async (store) => {
    const [first] = await appendAll(store, [message({ peerId: "ada", name: "Ada" })]);
    await appendAll(store, [message({ room: "other", peerId: "bob" })]);
    const [third, last] = await appendAll(store, [
      message({ peerId: "cyd", name: "Cyd" }),
      message({ peerId: "ada", name: "Countess" }),
    ]);
    const rooms = store.rooms(ALL);
    assert.equal(rooms.total, 2);
    assert.deepEqual(rooms.rows[0], { room: "lobby", messages: 3, firstUs: first, lastUs: last });
    assert.deepEqual(store.rooms({ limit: 1, offset: 1 }).rows.map((row) => row.room), ["other"]);
    assert.deepEqual(store.peers(room("lobby"), ALL), {
      total: 2,
      rows: [
        { peerId: "ada", name: "Countess", messages: 2, lastUs: last },
        { peerId: "cyd", name: "Cyd", messages: 1, lastUs: third },
      ],
    });
    const { messages, rooms: count, databaseBytes } = store.stats();
    assert.deepEqual([messages, count], [4, 2]);
    assert(databaseBytes > 0);
  });

  test("writerStats counts commits and writes", async (store) => {
    await appendAll(store, Array.from({ length: 10 }, () => message()));
    const stats = store.writerStats();
    assert.equal(stats.writes, 10);
    assert.equal(stats.queued, 0);
    assert(stats.commits >= 1 && stats.commitSecondsTotal > 0);
  });
}

function testSearch(test: TestStore): void {
  test("search wants every word and takes the last one as a prefix", async (store) => {
    await appendAll(store, [
      message({ text: "Lunch tomorrow at the café?" }),
      message({ text: "tomorrow then" }),
      message({ room: "other", text: "lunch tomatoes" }),
    ]);
    const found = (query: string, inRoom: string | null = "lobby") =>
      store.search(query, { ...ALL, room: inRoom === null ? null : room(inRoom) });
    assert.deepEqual(found("LUNCH tom").rows.map((row) => row.text), [
      "Lunch tomorrow at the café?",
    ]);
    assert.equal(found("tom lunch").total, 0);
    assert.equal(found("cafe").total, 1);
    assert.equal(found("lunch tom", null).total, 2);
    assert.equal(found("tom").total, 2);
    assert.equal(found("lunch", "nowhere").total, 0);
    assert.equal(found("tomorrow dinner").total, 0);
    assert.equal(store.search("tom", { room: null, limit: 1, offset: 2 }).rows.length, 1);
    assert.equal(store.search("tom", { room: null, limit: 1, offset: 2 }).total, 3);
  });

  test("search finds no message by its room's number or by FTS5's own words", async (store) => {
    await appendAll(store, [message({ text: "plain" })]);
    for (const query of ["1", "room_id : 1", "text : plain", "NOT plainer", "plain OR x"]) {
      assert.equal(store.search(query, { ...ALL, room: null }).total, 0, query);
    }
  });

  test("search takes any input without an error", async (store) => {
    await appendAll(store, [message({ text: 'well-known: a "quoted" c++ word' })]);
    const find = (query: string) => store.search(query, { ...ALL, room: null }).total;
    for (
      const query of ['"quoted"', "well-known", "c++", "known: a", "wor*", "- word", "🐐 word"]
    ) {
      assert.equal(find(query), 1, query);
    }
    for (
      const query of [
        "",
        " ",
        '"',
        "*",
        "^",
        "(",
        "-",
        "\0",
        "🐐",
        "\ud800",
        "NEAR(",
        "a".repeat(9999),
      ]
    ) {
      assert.equal(find(query), 0, query);
    }
    find("word ".repeat(5000));
    fc.assert(fc.property(fc.string({ unit: "binary" }), (query) => find(query) >= 0));
  });
}

function assertSameJson(store: MessageStore, sinceUs: number, count: number): void {
  const rows = store.since(room("lobby"), sinceUs, 100);
  assert.equal(rows.length, count);
  const expected = rows.map((row) => ({
    id: row.id,
    peer_id: row.peerId,
    name: row.name,
    text: row.text,
    sent_at: row.sentAtUs === null ? null : timestampFromUs(row.sentAtUs),
    timestamp: timestampFromUs(row.timestampUs),
  }));
  assert.deepEqual(JSON.parse(sinceText(store, room("lobby"), sinceUs, 100)), expected);
}

/** The whole output of `sinceJson`. */
export function sinceText(
  store: MessageStore,
  ...asked: Parameters<MessageStore["sinceJson"]>
): string {
  return [...store.sinceJson(...asked)].join("");
}
