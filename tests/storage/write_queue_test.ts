/** Group commit: what shares a commit, what is refused, and what a failed commit costs. */
import assert from "node:assert/strict";
import { WriteQueue } from "../../storage/write_queue.ts";
import type { Batch, MessageTuple } from "../../storage/writer_protocol.ts";
import type { Committed } from "../../storage/writer_thread.ts";
import { settle } from "../fakes/clock.ts";

/** A disk that takes a batch when the test says so. */
class Disk {
  readonly batches: Batch[] = [];
  readonly stored: string[] = [];
  readonly queue: WriteQueue;
  #answers: PromiseWithResolvers<Committed>[] = [];

  constructor(limit = 10_000) {
    this.queue = new WriteQueue({
      write: (batch) => {
        this.batches.push(batch);
        const answer = Promise.withResolvers<Committed>();
        this.#answers.push(answer);
        return answer.promise;
      },
      nowUs: () => 5,
      limit,
      onStored: (room, timestampUs) => this.stored.push(`${room} ${timestampUs}`),
    });
  }

  append(text: string, room = "den"): ReturnType<WriteQueue["append"]> {
    return this.queue.append(message(text, room));
  }

  /** The oldest batch is on disk; its messages get timestamps from 1 on unless `outcomes` says else. */
  commit({ outcomes, refusal = null }: Partial<Committed> = {}): Promise<void> {
    const { messages } = this.batches[this.batches.length - this.#answers.length]!;
    this.#answers.shift()!.resolve({
      type: "committed",
      seconds: 0.25,
      outcomes: outcomes ?? messages.map((_, index) => index + 1),
      refusal,
    });
    return settle();
  }

  fail(error: Error): Promise<void> {
    this.#answers.shift()!.reject(error);
    return settle();
  }

  /** Texts of each batch. */
  get texts(): string[][] {
    return this.batches.map(({ messages }) => messages.map(([, , , , text]) => text));
  }
}

function message(text: string, room = "den"): MessageTuple {
  return [room, crypto.randomUUID(), "ann", "Ann", text, null];
}

/** Code and message of what a promise was refused with. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  const { code, message } = await promise.then(() => assert.fail("it was taken"), (error) => error);
  return `${code}: ${message}`;
}

Deno.test("what comes in one turn shares a commit, what comes during it shares the next", async () => {
  const disk = new Disk();
  const first = [disk.append("1"), disk.append("2")];
  await settle();
  const second = [disk.append("3"), disk.append("4")];
  await settle();
  assert.deepEqual(disk.texts, [["1", "2"]], "one batch at a time");
  await disk.commit();
  assert.deepEqual(await Promise.all(first), [
    { ok: true, timestampUs: 1, isDuplicate: false },
    { ok: true, timestampUs: 2, isDuplicate: false },
  ]);
  assert.deepEqual(disk.texts, [["1", "2"], ["3", "4"]]);
  await disk.commit();
  assert.equal((await Promise.all(second)).length, 2);
});

Deno.test("a message is announced before its sender is answered, a repeated one never", async () => {
  const disk = new Disk();
  const answers = [disk.append("new"), disk.append("again"), disk.append("other text")];
  const told = answers[0]!.then(() => [...disk.stored]);
  await settle();
  await disk.commit({ outcomes: [7, -3, 0] });
  assert.deepEqual(await told, ["den 7"]);
  assert.deepEqual(await Promise.all(answers), [
    { ok: true, timestampUs: 7, isDuplicate: false },
    { ok: true, timestampUs: 3, isDuplicate: true },
    { ok: false, reason: "id-conflict" },
  ]);
  assert.deepEqual(disk.stored, ["den 7"]);
});

Deno.test("a commit holds 1,000 messages at most, or 2 MiB of text and the message that crosses it", async () => {
  const many = new Disk();
  for (let n = 0; n < 1_500; n++) void many.append(`${n}`);
  await settle();
  await many.commit();
  await many.commit();
  assert.deepEqual(many.texts.map(({ length }) => length), [1_000, 500]);

  const large = new Disk();
  for (let n = 0; n < 8; n++) void large.append("x".repeat(700_000));
  await settle();
  for (let n = 0; n < 3; n++) await large.commit();
  assert.deepEqual(large.texts.map(({ length }) => length), [3, 3, 2], "2.1 MB, and the rest");
});

Deno.test("one message above the bound of a commit goes alone", async () => {
  const disk = new Disk();
  const answers = [disk.append("x".repeat(5_000_000)), disk.append("small")];
  await settle();
  await disk.commit();
  await disk.commit();
  await Promise.all(answers);
  assert.deepEqual(disk.texts.map(({ length }) => length), [1, 1]);
});

Deno.test("who finds as many waiting as may wait is refused, and taken once they are on disk", async () => {
  const disk = new Disk(2);
  const taken = [disk.append("1"), disk.append("2")];
  assert.match(await refusal(disk.append("3")), /^store-failed: .*2 others wait for the disk/);
  await settle();
  await disk.commit();
  await Promise.all(taken);
  const later = disk.append("3");
  await settle();
  await disk.commit();
  assert.equal((await later).ok, true);
});

Deno.test("64 MiB of text may wait, however few messages they are", async () => {
  const disk = new Disk();
  const megabyte = "x".repeat(1024 * 1024);
  const taken = Array.from({ length: 64 }, () => disk.append(megabyte));
  assert.match(await refusal(disk.append("x")), /^store-failed: .*64 others wait/);
  await settle();
  while (disk.texts.flat().length < 64) await disk.commit();
  await disk.commit();
  await Promise.all(taken);
  assert.equal(disk.queue.stats().queued, 0);
});

Deno.test("a commit that fails costs what was in it, with the reason, and nothing after it", async () => {
  const disk = new Disk();
  const lost = [disk.append("1"), disk.append("2")];
  await settle();
  const kept = disk.append("3");
  await disk.fail(new Error("the disk is full"));
  const reasons = await Promise.all(lost.map(refusal));
  const reason = "store-failed: Cannot store the message: the disk is full";
  assert.deepEqual(reasons, [reason, reason]);
  await disk.commit();
  assert.equal((await kept).ok, true);
  assert.deepEqual(disk.stored, ["den 1"]);
});

Deno.test("what a commit refuses of new messages leaves those that were there before acknowledged", async () => {
  const disk = new Disk();
  const [fresh, known] = [disk.append("new"), disk.append("again")];
  await settle();
  await disk.commit({ outcomes: [null, -4], refusal: "the database has its full size" });
  assert.match(await refusal(fresh), /store-failed: .*the database has its full size/);
  assert.deepEqual(await known, { ok: true, timestampUs: 4, isDuplicate: true });
});

Deno.test("those who ask whether something can be written share one write", async () => {
  const disk = new Disk();
  const asked = [disk.queue.probe(), disk.queue.probe()];
  await settle();
  assert.deepEqual(disk.batches, [{ nowUs: 5, messages: [], isProbe: true }]);
  const later = disk.queue.probe();
  await disk.commit();
  await Promise.all(asked);
  assert.equal(disk.batches.length, 2, "who asks during a write is answered by the next");
  const refused = refusal(later);
  await disk.fail(new Error("the disk is full"));
  assert.match(await refused, /the disk is full/);
});

Deno.test("a queue that closes takes nothing more, and ends when what it took is on disk", async () => {
  const disk = new Disk();
  const taken = disk.append("1");
  await settle();
  let hasClosed = false;
  const closed = disk.queue.close().then(() => hasClosed = true);
  assert.match(await refusal(disk.append("2")), /^shutting-down: /);
  assert.match(await refusal(disk.queue.probe()), /^shutting-down: /);
  await settle();
  assert.equal(hasClosed, false);
  await disk.commit();
  await Promise.all([taken, closed]);
  assert.deepEqual(disk.texts, [["1"]]);
});

Deno.test("statistics count commits, what they wrote and how long they took", async () => {
  const disk = new Disk();
  for (const text of ["1", "2", "3"]) void disk.append(text);
  await settle();
  assert.equal(disk.queue.stats().queued, 3);
  await disk.commit();
  const { commits, writes, lastBatchSize, commitSecondsTotal, queued } = disk.queue.stats();
  assert.deepEqual(
    { commits, writes, lastBatchSize, commitSecondsTotal, queued },
    { commits: 1, writes: 3, lastBatchSize: 3, commitSecondsTotal: 0.25, queued: 0 },
  );
});
