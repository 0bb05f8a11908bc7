import assert from "node:assert/strict";
import { parseOptions, withoutSeparator } from "../../scripts/arguments.ts";
import { ScriptError } from "../../scripts/run.ts";

Deno.test("the -- that people put before a task's arguments is none of them", () => {
  assert.deepEqual(withoutSeparator(["--", "--filter", "x"]), ["--filter", "x"]);
  assert.deepEqual(withoutSeparator(["--unit", "--", "tests/server"]), ["--unit", "tests/server"]);
  assert.deepEqual(withoutSeparator(["--", "a", "--", "b"]), ["a", "--", "b"]);
  assert.deepEqual(withoutSeparator(["--filter", "x"]), ["--filter", "x"]);
});

const OPTIONS = { only: { type: "string" }, rounds: { type: "string", default: "3" } } as const;

Deno.test("options are read with and without --, and have their defaults", () => {
  for (const args of [["--only", "send"], ["--", "--only", "send"], ["--only=send"]]) {
    assert.deepEqual({ ...parseOptions(args, OPTIONS) }, { only: "send", rounds: "3" });
  }
});

Deno.test("an option that there is not is one line that names those that there are", () => {
  for (const args of [["--onyl", "send"], ["--only"], ["send"], ["--", "--", "--only", "send"]]) {
    assert.throws(
      () => parseOptions(args, OPTIONS),
      (error) =>
        error instanceof ScriptError && /^[^\n]+: there are --only, --rounds$/.test(error.message),
      args.join(" "),
    );
  }
});
