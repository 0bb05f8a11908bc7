import assert from "node:assert/strict";
import { CpuShare } from "../../../server/limits/cpu_share.ts";

Deno.test("time is charged as far as the process has worked lately", () => {
  const now = { atMs: 0, cpuMs: 0 };
  const share = new CpuShare(() => ({ ...now }));
  assert.equal(share.workedMs(10), 10, "until more is known");
  now.atMs += 2_000;
  now.cpuMs += 500;
  assert.equal(share.workedMs(10), 2.5);
  now.atMs += 999;
  now.cpuMs += 999;
  assert.equal(share.workedMs(10), 2.5, "less than a second tells nothing");
  now.atMs += 1;
  now.cpuMs += 900;
  assert.equal(share.workedMs(10), 10, "threads beside it can't make it more");
});

Deno.test("a process knows what it has worked", () => {
  const share = new CpuShare();
  const worked = share.workedMs(10);
  assert.ok(worked > 0 && worked <= 10);
});
