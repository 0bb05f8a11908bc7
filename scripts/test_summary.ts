/** Reads the result of a run of `deno test` from its output. */

/** The number of tests by result; steps inside a test are not counted. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NO_TESTS: Counts = { passed: 0, failed: 0, skipped: 0 };

/** Deno's last line: `ok | 12 passed (3 steps) | 0 failed | 2 ignored (1s)`. */
const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \([^)]*\))?(?: \| (\d+) ignored)?/;

/**
 * The counts of one run. A run without a summary or with a failing exit code has at least one failure:
 * it may have crashed, or a file could not be loaded.
 */
export function countTests(output: string, exitCode: number): Counts {
  const lines = plain(output).split(/\r?\n/);
  const found = lines.map((line) => SUMMARY.exec(line.trim())).findLast((match) => match !== null);
  const [, passed, failed, skipped] = (found ?? []).map((digits) => Number(digits ?? 0));
  const counts = { passed: passed ?? 0, failed: failed ?? 0, skipped: skipped ?? 0 };
  const isSilent = found === undefined || exitCode !== 0;
  return counts.failed === 0 && isSilent ? { ...counts, failed: 1 } : counts;
}

/**
 * The failures of one run with their errors, as Deno printed them, without colours; empty when there
 * are none.
 */
export function findFailures(output: string): string {
  const lines = plain(output).split(/\r?\n/);
  const start = lines.findLastIndex((line) => line.trim() === "ERRORS");
  if (start < 0) return "";
  const end = lines.findLastIndex((line) => SUMMARY.test(line.trim()));
  return lines.slice(start, end < start ? undefined : end).join("\n").trim();
}

/** `output` as a terminal without colours would show it. */
function plain(output: string): string {
  // deno-lint-ignore no-control-regex
  return output.replace(/\x1b\[[0-9;]*m/g, "");
}

/** The sum of two runs. */
export function addCounts(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  };
}

/** The last line of a test run: `12 passed, 0 failed`, with `, 2 skipped` when there are any. */
export function formatCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** Whether the run is a success: no test failed, and at least one passed. */
export function isSuccess({ passed, failed }: Counts): boolean {
  return failed === 0 && passed > 0;
}
