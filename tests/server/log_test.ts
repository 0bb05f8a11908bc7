import assert from "node:assert/strict";
import { createLog, type LogFormat, type LogLevel } from "../../server/log.ts";

function linesOf(level: LogLevel, format: LogFormat): string[] {
  const lines: string[] = [];
  const now = () => new Date("2026-11-21T00:00:00Z");
  const log = createLog({ level, format, now, write: (line) => lines.push(line) });
  log.error("Broken", {}, new Error("why"));
  log.warn("Odd", { port: 80 });
  log.info("Fine", { path: "/a b" });
  log.debug("Detail");
  return lines;
}

Deno.test("a log keeps what is at least as urgent as its level", () => {
  assert.deepEqual(
    (["error", "warn", "info", "debug"] as const).map((level) => linesOf(level, "text").length),
    [1, 2, 3, 4],
  );
});

Deno.test("a line of text has its time, level, message and fields", () => {
  const [error, warn, info] = linesOf("debug", "text");
  assert.match(error!, /^2026-11-21T00:00:00Z error Broken \n {2}Error: why/);
  assert.equal(warn, "2026-11-21T00:00:00Z warn  Odd port=80");
  assert.equal(info, '2026-11-21T00:00:00Z info  Fine path="/a b"');
});

Deno.test("a line for machines is JSON", () => {
  const [error, warn] = linesOf("debug", "json").map((line) => JSON.parse(line));
  assert.deepEqual(warn, {
    time: "2026-11-21T00:00:00.000Z",
    level: "warn",
    message: "Odd",
    port: 80,
  });
  assert.match(error.cause, /^Error: why/);
});
