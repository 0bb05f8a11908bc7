import assert from "node:assert/strict";
import { chooseFiles, parseArguments } from "../../scripts/test.ts";

const FILES = [
  "tests/conformance/transport.ts",
  "tests/e2e/chat_test.ts",
  "tests/network/nat/nat_test.ts",
  "tests/server/room_test.ts",
  "tests/server/rooms_test.ts",
  "tests/ui/people_test.tsx",
];

Deno.test("unit tests are all that need neither Chromium nor the executable", () => {
  assert.deepEqual(chooseFiles(FILES, "unit", []), [
    "tests/server/room_test.ts",
    "tests/server/rooms_test.ts",
    "tests/ui/people_test.tsx",
  ]);
});

Deno.test("browser and network tests are the others", () => {
  assert.deepEqual(chooseFiles(FILES, "e2e", []), [
    "tests/e2e/chat_test.ts",
    "tests/network/nat/nat_test.ts",
  ]);
});

Deno.test("files and folders narrow the tests down", () => {
  assert.deepEqual(chooseFiles(FILES, "unit", ["tests/server/room_test.ts", "tests/ui/"]), [
    "tests/server/room_test.ts",
    "tests/ui/people_test.tsx",
  ]);
});

Deno.test("both kinds are run unless one is asked for", () => {
  assert.deepEqual(parseArguments([]), { unit: true, e2e: true, paths: [], options: [] });
  assert.deepEqual(parseArguments(["--e2e"]), { unit: false, e2e: true, paths: [], options: [] });
});

Deno.test("what is no test's path goes to deno test, with and without -- before it", () => {
  for (const separator of [[], ["--"]]) {
    const args = ["--unit", ...separator, "./tests/server", "--filter", "room"];
    assert.deepEqual(parseArguments(args), {
      unit: true,
      e2e: false,
      paths: ["tests/server"],
      options: ["--filter", "room"],
    });
  }
});
