import assert from "node:assert/strict";
import { SharedBudget } from "../../../server/limits/shared_budget.ts";
import { LargeAnswers, type Reader } from "../../../server/http/large_answer.ts";
import { isPublicError } from "../../../transport/errors.ts";
import { FakeClock } from "../../fakes/clock.ts";

const MEGABYTE = 1024 * 1024;

function world() {
  const clock = new FakeClock();
  const budget = new SharedBudget(16 * MEGABYTE);
  const answers = new LargeAnswers({ clock, budget });
  const cut: string[] = [];
  const failures: string[] = [];
  const reader = (address = "192.0.2.1"): Reader => ({
    address,
    charge() {},
    failed: (error) => failures.push(String(error)),
    cut: () => cut.push(address),
  });
  return { clock, budget, answers, cut, failures, reader };
}

/** Counts how many of `pieces` were asked for. */
function counted(pieces: readonly string[]) {
  const made = { count: 0 };
  function* make() {
    for (const piece of pieces) {
      made.count++;
      yield piece;
    }
  }
  return { made, pieces: make() };
}

Deno.test("a large answer is the text of its pieces, made as they are read", async () => {
  const { answers, budget, reader } = world();
  const parts = Array.from({ length: 20 }, (_, n) => `${n}🐐`.repeat(20_000));
  const { made, pieces } = counted(parts);
  const response = answers.respond(pieces, reader());
  assert.ok(made.count <= 2, "nothing is made before it is wanted");
  assert.ok(budget.total > 0);
  assert.equal(await response.text(), parts.join(""));
  assert.equal(made.count, 20);
  assert.equal(budget.total, 0);
});

Deno.test("a small answer holds nothing", async () => {
  const { answers, budget, reader } = world();
  const response = answers.respond(["[1,2]"].values(), reader());
  assert.equal(budget.total, 0);
  assert.equal(await response.text(), "[1,2]");
});

Deno.test("who does not read is cut, and gives back what it held", async () => {
  const { answers, budget, clock, cut, reader } = world();
  const { pieces } = counted(Array.from({ length: 5 }, () => "x".repeat(200_000)));
  const response = answers.respond(pieces, reader());
  const stream = response.body!.getReader();
  await stream.read();
  await clock.advance(19_000);
  await stream.read();
  await clock.advance(19_000);
  assert.deepEqual(cut, []);
  await clock.advance(1_001);
  assert.deepEqual(cut, ["192.0.2.1"]);
  assert.equal(budget.total, 0);
});

Deno.test("an answer whose reader is gone holds nothing, and makes nothing", async () => {
  const { answers, budget, clock, cut, reader } = world();
  const { made, pieces } = counted(Array.from({ length: 5 }, () => "x".repeat(200_000)));
  await answers.respond(pieces, reader()).body!.cancel();
  await clock.advance(60_000);
  assert.deepEqual([budget.total, cut.length, made.count], [0, 0, 1]);
});

Deno.test("an address has its share of what may be held, and others have theirs", () => {
  const { answers, reader } = world();
  let made = 0;
  function* pages() {
    made++;
    yield "x".repeat(100_000);
  }
  const ask = (address: string) => {
    try {
      answers.respond(pages(), reader(address), { needsPlace: true });
      return "answered";
    } catch (error) {
      return isPublicError(error) ? error.code : "thrown";
    }
  };
  const greedy = Array.from({ length: 12 }, () => ask("192.0.2.1"));
  assert.equal(greedy.filter((answer) => answer === "answered").length, 8);
  assert.equal(greedy.at(-1), "rate-limited");
  assert.equal(made, 8, "nothing is made for who gets none");
  assert.equal(
    answers.respond(["[]"].values(), reader()).status,
    200,
    "what is small needs no room",
  );
  assert.equal(ask("192.0.2.2"), "answered");
});

Deno.test("an answer that cannot be made to its end breaks off", async () => {
  const { answers, budget, failures, reader } = world();
  function* pieces() {
    yield "x".repeat(100_000);
    throw new Error("damaged");
  }
  const response = answers.respond(pieces(), reader());
  await assert.rejects(response.text(), /damaged/);
  assert.deepEqual([budget.total, failures], [0, ["Error: damaged"]]);
});
