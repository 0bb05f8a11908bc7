import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { PERMISSIONS } from "../../scripts/compile.ts";

Deno.test("a node from the sources may do what the executable may, and no more", () => {
  const { command } = config.tasks.start;
  assert.ok(command.endsWith(`deno run ${PERMISSIONS.join(" ")} build/main.js`), command);
});
