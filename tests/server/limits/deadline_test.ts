import assert from "node:assert/strict";
import { Deadline } from "../../../server/limits/deadline.ts";
import { FakeClock } from "../../fakes/clock.ts";

Deno.test("whoever takes too long is told so, in time", async () => {
  const clock = new FakeClock();
  const deadline = new Deadline(clock, 1_000);
  const late: string[] = [];
  deadline.begin(() => late.push("a"));
  await clock.advance(600);
  deadline.begin(() => late.push("b"));
  await clock.advance(399);
  assert.deepEqual(late, []);
  await clock.advance(1);
  assert.deepEqual(late, ["a"]);
  await clock.advance(600);
  assert.deepEqual(late, ["a", "b"]);
});

Deno.test("whoever is done is never late", async () => {
  const clock = new FakeClock();
  const deadline = new Deadline(clock, 1_000);
  const waiting = deadline.begin(() => assert.fail("it was done"));
  deadline.end(waiting);
  deadline.end(waiting);
  await clock.advance(2_000);
});

Deno.test("nobody is late after the end", async () => {
  const clock = new FakeClock();
  const deadline = new Deadline(clock, 1_000);
  deadline.begin(() => assert.fail("it was closed"));
  deadline.close();
  await clock.advance(2_000);
});
