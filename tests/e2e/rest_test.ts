/** Guarantees for programs that only know `POST /send` and `GET /history`. */
import assert from "node:assert/strict";
import { NodeProcess } from "./node_process.ts";

interface Row {
  readonly id: string;
  readonly peer_id: string;
  readonly text: string;
  readonly timestamp: number;
}

interface Sent {
  readonly id: string;
  readonly timestamp: number;
}

async function send(node: NodeProcess, body: Record<string, string>): Promise<Sent> {
  const response = await fetch(`${node.url}/send`, { method: "POST", body: JSON.stringify(body) });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer;
}

async function history(node: NodeProcess, room: string, since = 0): Promise<Row[]> {
  return await (await fetch(`${node.url}/history?room=${room}&since=${since}`)).json();
}

const COUNT = 2000;

/** Sends all messages of `me`, and meanwhile asks for messages newer than the last one seen. */
async function talk(node: NodeProcess, me: string): Promise<Row[]> {
  const seen: Row[] = [];
  const write = async () => {
    for (let n = 0; n < COUNT; n++) {
      await send(node, { room: "lobby", peer_id: me, text: `${me} ${n}` });
    }
  };
  const poll = async () => {
    while (seen.length < 2 * COUNT) {
      seen.push(...await history(node, "lobby", seen.at(-1)?.timestamp));
    }
  };
  await Promise.all([write(), poll()]);
  return seen;
}

Deno.test("two naive pollers at high rate get every message exactly once", async () => {
  await using node = await NodeProcess.start({ args: ["--rate-limit", "0"] });
  const [ann, ben] = await Promise.all([talk(node, "ann"), talk(node, "ben")]);
  assert.deepEqual(ann, ben);
  const texts = ann.map(({ text }) => text);
  for (const me of ["ann", "ben"]) {
    const own = texts.filter((text) => text.startsWith(me));
    assert.deepEqual(own, Array.from({ length: COUNT }, (_, n) => `${me} ${n}`));
  }
  assert.equal(texts.length, 2 * COUNT);
  assert.deepEqual(await history(node, "lobby", ann.at(-1)!.timestamp), []);
});

const WRITERS = 32;
const ROUNDS = 10;

/** Sends until the node is gone; returns the acknowledged messages. */
async function writeUntilGone(
  node: NodeProcess,
  writer: string,
  onStored: () => void,
): Promise<[string, Sent][]> {
  const stored: [string, Sent][] = [];
  for (let n = 0;; n++) {
    const text = `${writer} ${n}`;
    try {
      stored.push([text, await send(node, { room: "lobby", peer_id: writer, text })]);
      onStored();
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return stored;
    }
  }
}

Deno.test(`a node that is killed while ${WRITERS} write has all that it acknowledged, ${ROUNDS} times over`, async () => {
  await using node = await NodeProcess.start({ args: ["--rate-limit", "0"] });
  const acknowledged = new Map<string, Sent>();
  for (let round = 0; round < ROUNDS; round++) {
    let left = 1 + Math.floor(Math.random() * 1000);
    let killed: Promise<void> | null = null;
    const onStored = () => {
      if (--left === 0) killed = node.kill();
    };
    const writers = Array.from({ length: WRITERS }, (_, n) => `round ${round} writer ${n}`);
    const stored = await Promise.all(
      writers.map((writer) => writeUntilGone(node, writer, onStored)),
    );
    await killed;
    for (const [text, sent] of stored.flat()) acknowledged.set(text, sent);

    await node.restart();
    const rows = new Map<string, Row>();
    for (let since = 0;;) {
      const page = await history(node, "lobby", since);
      if (page.length === 0) break;
      for (const row of page) {
        assert(!rows.has(row.text), `"${row.text}" is there twice`);
        rows.set(row.text, row);
      }
      since = page.at(-1)!.timestamp;
    }
    for (const [text, sent] of acknowledged) {
      const row = rows.get(text);
      assert.deepEqual(
        { id: row?.id, timestamp: row?.timestamp },
        { id: sent.id, timestamp: sent.timestamp },
        `"${text}" was acknowledged in or before round ${round}`,
      );
    }
  }
});
