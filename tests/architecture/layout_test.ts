import assert from "node:assert/strict";
import { layoutViolations } from "./layout_rules.ts";
import { readSources } from "./source_files.ts";

/** A checkout may contain settings, databases and editors' folders. */
const IGNORED = /^\.(env|idea|vscode)(\/|$)|\.db(-wal|-shm)?$/;

Deno.test("every file is where it belongs and no longer than it may be", async () => {
  const files = await readSources([""]);
  assert.deepEqual(layoutViolations(files.filter(({ path }) => !IGNORED.test(path))), []);
});

const long = (lines: number, header = "") => `${header}\n${"x\n".repeat(lines - 1)}`;

const FORBIDDEN: readonly [path: string, source: string, reason: RegExp][] = [
  ["lib/room.ts", "", /top level is fixed and has no lib/],
  ["notes.md", "", /top level is fixed/],
  ["server/roomList.ts", "", /snake_case/],
  ["ui/web/people-map.tsx", "", /snake_case/],
  ["server/utils.ts", "", /named for its one idea/],
  ["transport/types.ts", "", /named for its one idea/],
  ["server/rooms/room.ts", long(401), /401 lines are more than 400/],
];

for (const [path, source, reason] of FORBIDDEN) {
  Deno.test(`${path} with ${source.length} characters may not be`, () => {
    const found = layoutViolations([{ path, source }]);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", reason);
  });
}

const ALLOWED: readonly [path: string, source: string][] = [
  ["main.ts", ""],
  [".ci/run", ""],
  ["transport/PROTOCOL.md", long(900)],
  ["server/rooms/room_frames.ts", long(400)],
  ["server/room_frames_test.ts", long(500, "/** Long because it is one table. */")],
  ["ui/web/public/icon-192.png", ""],
];

for (const [path, source] of ALLOWED) {
  Deno.test(`${path} with ${source.length} characters may be`, () => {
    assert.deepEqual(layoutViolations([{ path, source }]), []);
  });
}
