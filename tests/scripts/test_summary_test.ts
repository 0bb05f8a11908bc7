import assert from "node:assert/strict";
import {
  addCounts,
  countTests,
  findFailures,
  formatCounts,
  isSuccess,
  NO_TESTS,
} from "../../scripts/test_summary.ts";

Deno.test("a run's summary is read with colours, steps and ignored tests", () => {
  const output = "x ... ok (1ms)\n\n\x1b[0m\x1b[32mok\x1b[0m | 12 passed (3 steps) | 0 failed " +
    "| 2 ignored (1 step) | 4 filtered out \x1b[0m\x1b[38;5;245m(1s)\x1b[0m\n";
  assert.deepEqual(countTests(output, 0), { passed: 12, failed: 0, skipped: 2 });
});

Deno.test("failed tests are counted as Deno counts them", () => {
  const output = "\nFAILED | 3 passed | 2 failed (1 step) (7ms)\n\nerror: Test failed\n";
  assert.deepEqual(countTests(output, 1), { passed: 3, failed: 2, skipped: 0 });
});

Deno.test("what a test prints is not taken for the run's summary", () => {
  const output = "ok | 99 passed | 0 failed (1s)\n\nok | 1 passed | 0 failed (2ms)\n";
  assert.deepEqual(countTests(output, 0), { passed: 1, failed: 0, skipped: 0 });
});

Deno.test("a run that crashed before its summary counts as one failure", () => {
  assert.deepEqual(countTests("x ... ok\n", 133), { passed: 0, failed: 1, skipped: 0 });
});

Deno.test("a run that left without a summary counts as one failure, whatever its exit code", () => {
  assert.deepEqual(countTests("", 0), { passed: 0, failed: 1, skipped: 0 });
});

Deno.test("a run that passed all and still ended badly counts as one failure", () => {
  const output = "ok | 5 passed | 0 failed (1s)\n";
  assert.deepEqual(countTests(output, 1), { passed: 5, failed: 1, skipped: 0 });
});

Deno.test("the last line names skipped tests only when there are some", () => {
  const some = addCounts({ passed: 1, failed: 2, skipped: 3 }, {
    passed: 4,
    failed: 0,
    skipped: 0,
  });
  assert.equal(formatCounts(some), "5 passed, 2 failed, 3 skipped");
  assert.equal(formatCounts({ passed: 5, failed: 0, skipped: 0 }), "5 passed, 0 failed");
});

Deno.test("a run in which nothing ran is no success", () => {
  assert.equal(isSuccess(NO_TESTS), false);
  assert.equal(isSuccess({ passed: 1, failed: 0, skipped: 9 }), true);
  assert.equal(isSuccess({ passed: 9, failed: 1, skipped: 0 }), false);
});

Deno.test("what failed is found with its reason, whatever stood before", () => {
  const output = "a ... ok (1ms)\nb ... FAILED (1ms)\n\n\x1b[0m\x1b[1m ERRORS \x1b[0m\n\n" +
    "b => ./b_test.ts:2:6\n\x1b[31merror\x1b[0m: Error: boom\n\n FAILURES \n\n" +
    "b => ./b_test.ts:2:6\n\nFAILED | 1 passed | 1 failed (31ms)\n\nerror: Test failed\n";
  assert.equal(
    findFailures(output),
    "ERRORS \n\nb => ./b_test.ts:2:6\nerror: Error: boom\n\n FAILURES \n\nb => ./b_test.ts:2:6",
  );
});

Deno.test("a run in which nothing failed has no failures to tell", () => {
  assert.equal(findFailures("a ... ok (1ms)\n\nok | 1 passed | 0 failed (2ms)\n"), "");
});

Deno.test("a run that crashed while it told its failures tells what it got to", () => {
  assert.equal(
    findFailures(" ERRORS \n\nb => ./b_test.ts:2:6\n"),
    "ERRORS \n\nb => ./b_test.ts:2:6",
  );
});
