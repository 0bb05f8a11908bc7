/** `.ci/run` with a stand-in for `scripts/deno`: its steps, its last line and its exit code. */
import assert from "node:assert/strict";
import { ROOT } from "../../scripts/files.ts";

interface Outcome {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Runs `.ci/run` with tasks that end with the given exit codes. */
async function runWith({ check, test }: { check: number; test: number }): Promise<Outcome> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/.ci`);
    await Deno.mkdir(`${folder}/scripts`);
    await Deno.copyFile(`${ROOT}/.ci/run`, `${folder}/.ci/run`);
    const tasks = [
      `[ "$*" = "task check" ] && { echo checked; exit ${check}; }`,
      `[ "$*" = "task test" ] && { echo "7 passed, ${test} failed"; exit ${test}; }`,
    ];
    const script = ["#!/bin/sh", ...tasks, "exit 99", ""].join("\n");
    await Deno.writeTextFile(`${folder}/scripts/deno`, script, { mode: 0o755 });
    const { code, stdout } = await new Deno.Command(`${folder}/.ci/run`).output();
    return { code, lines: new TextDecoder().decode(stdout).trimEnd().split("\n") };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function scriptTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, ignore: Deno.build.os === "windows" });
}

scriptTest("the tests run after a check that passed, and end the run", async () => {
  const passed = await runWith({ check: 0, test: 0 });
  assert.deepEqual(passed, { code: 0, lines: ["checked", "7 passed, 0 failed"] });
  const failed = await runWith({ check: 0, test: 1 });
  assert.deepEqual(failed, { code: 1, lines: ["checked", "7 passed, 1 failed"] });
});

scriptTest("a check that failed counts as one failed test, and no test runs", async () => {
  const { code, lines } = await runWith({ check: 1, test: 0 });
  assert.equal(code, 1);
  assert.deepEqual(lines, ["checked", "", "0 passed, 1 failed"]);
});
