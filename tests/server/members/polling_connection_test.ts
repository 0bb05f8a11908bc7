import assert from "node:assert/strict";
import { BudgetShare, SharedBudget } from "../../../server/limits/shared_budget.ts";
import { PollingConnection } from "../../../server/members/polling_connection.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";

const { signal } = new AbortController();

interface Item {
  seq: number;
  type: string;
  n?: number;
}

function newConnection(clock = new FakeClock(), budget = new SharedBudget(1e9)): PollingConnection {
  const address = "192.0.2.1";
  const place = new BudgetShare(new SharedBudget(9), address);
  return new PollingConnection({ instance: "", clock, budget, address, place });
}

function frame(n: number): string {
  return JSON.stringify({ type: "relay", n });
}

async function poll(
  connection: PollingConnection,
  options: { after?: number | null; waitMs?: number; signal?: AbortSignal } = {},
): Promise<Item[]> {
  const { after = null, waitMs = 0 } = options;
  return JSON.parse(await connection.poll({ after, waitMs, signal: options.signal ?? signal }));
}

const numbers = (items: Item[]) => items.map((item) => item.n);

Deno.test("a poll without after hands each frame out once", async () => {
  const connection = newConnection();
  connection.send(frame(1));
  connection.send(frame(2));
  assert.deepEqual(numbers(await poll(connection)), [1, 2]);
  assert.deepEqual(await poll(connection), []);
});

Deno.test("a poll with after gives again what it does not name", async () => {
  const connection = newConnection();
  connection.send(frame(1));
  connection.send(frame(2));
  const lost = await poll(connection, { after: 0 });
  assert.deepEqual(await poll(connection, { after: 0 }), lost);
  connection.send(frame(3));
  assert.deepEqual(numbers(await poll(connection, { after: lost[0]!.seq })), [2, 3]);
  assert.deepEqual(numbers(await poll(connection, { after: lost[1]!.seq })), [3]);
});

Deno.test("a poll is held until there is a frame", async () => {
  const clock = new FakeClock();
  const connection = newConnection(clock);
  const answer = poll(connection, { waitMs: 5000 });
  await settle();
  assert(connection.isHeld);
  connection.send(frame(1));
  connection.send(frame(2));
  assert.deepEqual(numbers(await answer), [1, 2]);
  assert(!connection.isHeld);
  assert.equal(clock.pending, 0);
});

Deno.test("a poll that waited long enough answers with nothing", async () => {
  const clock = new FakeClock();
  const connection = newConnection(clock);
  const answer = poll(connection, { waitMs: 5000 });
  await clock.advance(5000);
  assert.deepEqual(await answer, []);
});

Deno.test("a newer poll ends the one before it with nothing", async () => {
  const connection = newConnection();
  const older = poll(connection, { waitMs: 5000 });
  const newer = poll(connection, { waitMs: 5000 });
  assert.deepEqual(await older, []);
  connection.send(frame(1));
  assert.deepEqual(numbers(await newer), [1]);
});

Deno.test("a poll that its client gave up loses no frame", async () => {
  const connection = newConnection();
  const client = new AbortController();
  const given = poll(connection, { waitMs: 5000, signal: client.signal });
  await settle();
  client.abort();
  assert.deepEqual(await given, []);
  connection.send(frame(1));
  assert.deepEqual(numbers(await poll(connection)), [1]);
});

Deno.test("a queue that overflows drops everything until the next poll, which begins anew", async () => {
  const connection = newConnection();
  connection.onDrained = () => connection.send('{"type":"welcome"}');
  let taken = 0;
  while (connection.send(frame(taken))) taken++;
  assert.equal(taken, 1000);
  assert(!connection.send(frame(0)));
  const items = await poll(connection);
  assert.deepEqual(items.map((item) => item.type), ["welcome"]);
  assert(connection.send(frame(1)));
});

Deno.test("a queue is bounded in characters, too", () => {
  const connection = newConnection();
  const large = JSON.stringify({ type: "relay", payload: "x".repeat(256 * 1024) });
  let taken = 0;
  while (connection.send(large)) taken++;
  assert.equal(taken, 15);
});

Deno.test("what was not handed out yet is the next connection's, but for the old welcome", async () => {
  const connection = newConnection();
  connection.send(frame(1));
  await poll(connection, { after: 0 });
  connection.send('{"type":"welcome"}');
  connection.send(frame(2));
  assert.deepEqual(connection.takePending(), [frame(2)]);
});

Deno.test("closing tells the open poll why, and takes no more frames", async () => {
  const connection = newConnection();
  const answer = poll(connection, { waitMs: 5000 });
  await settle();
  connection.close(4409, "Taken");
  const [item] = await answer as unknown as { payload: { code: string } }[];
  assert.equal(item?.payload.code, "replaced");
  assert(!connection.send(frame(1)));
});

Deno.test("sequence numbers go on growing from one queue to the next", async () => {
  const clock = new FakeClock();
  const before = newConnection(clock);
  for (let n = 0; n < 500; n++) before.send(frame(n));
  const last = (await poll(before)).at(-1)!.seq;
  await clock.advance(1);
  const after = newConnection(clock);
  after.send(frame(1));
  assert.equal((await poll(after, { after: last })).length, 1);
});

Deno.test("a queue holds what waits in it, and nothing when it is closed", async () => {
  const budget = new SharedBudget(1e6);
  const connection = newConnection(undefined, budget);
  for (let n = 0; n < 10; n++) connection.send(frame(n));
  assert.equal(budget.total, frame(0).length * 10);
  const items = await poll(connection, { after: 0 });
  await poll(connection, { after: items[3]!.seq });
  assert.equal(budget.total, frame(0).length * 6);
  connection.close(4408, "Silent for too long");
  assert.equal(budget.total, 0);
  const other = newConnection(undefined, budget);
  other.send(frame(1));
  const last = poll(other, { after: 0, waitMs: 1_000 });
  other.close(4503, "The node is shutting down");
  await last;
  assert.equal(budget.total, 0);
});

Deno.test("where all queues together are full, one begins anew as if it were full itself", async () => {
  const budget = new SharedBudget(100);
  const connection = newConnection(undefined, budget);
  let drained = 0;
  connection.onDrained = () => drained++;
  const sent = [1, 2, 3, 4, 5].map((n) => connection.send(frame(n)));
  assert.deepEqual(sent, [true, true, false, false, false]);
  assert.deepEqual(await poll(connection), []);
  assert.deepEqual([drained, budget.total], [1, 0]);
});
