/** Runs each attack for some seconds. `deno task attack` runs each for a minute, and then all at once. */
import assert from "node:assert/strict";
import { ATTACKS } from "./attacks.ts";
import { measure } from "./measure.ts";

const canRun = Deno.build.os === "linux" &&
  Deno.networkInterfaces().some(({ address }) => address === "::1");

for (const attack of ATTACKS) {
  Deno.test({
    name: `a node stands ${attack.name}`,
    // The test needs bash, /proc, and a second address for the canary.
    ignore: !canRun,
    fn: async () => {
      const options = { seconds: 3, restSeconds: 0 };
      const { isUp, canJoin, canary, residentBytes } = await measure([attack], options);
      assert.equal(isUp, true);
      assert.equal(canJoin, true, "new people can join");
      assert.equal(canary.lost, 0);
      assert.equal(canary.unacknowledged, 0);
      assert.ok(residentBytes < 400e6, `${Math.round(residentBytes / 1e6)} MB`);
    },
  });
}
