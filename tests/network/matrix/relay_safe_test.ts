/** With `relay-safe`, no signaling frame of a peer reveals its address. */
import assert from "node:assert/strict";
import { BrowserClient, sentSignals } from "../peers/browser_client.ts";
import { candidateWords, leaks } from "./candidates.ts";
import type { Home } from "../lab/home.ts";
import { setUpLab } from "../lab/lab_setup.ts";
import { World } from "../lab/world.ts";

const problem = await setUpLab();
if (problem !== null) console.error(`Skipped, no network lab: ${problem}`);

const PATIENCE_MS = 60_000;

function assertHidden(signals: readonly string[], { address, wan }: Home): void {
  assert.equal(candidateWords(signals), "relay");
  assert.deepEqual(leaks(signals, [address, wan]), []);
}

Deno.test({
  name: "relay-safe: two peers on werift meet through coturn and tell no address of their own",
  ignore: problem !== null,
  async fn() {
    await using world = await World.create();
    const [a, b] = [await world.addPeer("open"), await world.addPeer("eim-apdf")];
    const options = { room: "hidden", strategy: "relay-safe" } as const;
    const sessions = [await a.join("a", options), await b.join("b", options)];
    for (const session of sessions) {
      const isThere = await session.until(
        (s) => s.last("path")?.tier === "webrtc-turn",
        PATIENCE_MS,
      );
      assert.ok(isThere, `no TURN: ${JSON.stringify(session.all("path"))}`);
    }
    for (const [i, { home }] of [a, b].entries()) {
      assertHidden(sessions[i]!.all("signal").map(({ text }) => text), home);
    }
  },
});

Deno.test({
  name: "relay-safe: two Chromiums meet through coturn and tell no address of their own",
  ignore: problem !== null,
  // Playwright reads the pipe to Chromium all the time.
  sanitizeOps: false,
  async fn() {
    await using world = await World.create();
    await using ann = await BrowserClient.start(world.lab, await world.addHome("open"));
    await using ben = await BrowserClient.start(world.lab, await world.addHome("eim-apdf"));
    const options = { room: "hidden", strategy: "relay-safe" } as const;
    const annPage = await ann.visit({ ...options, name: "Ann" });
    const benPage = await ben.visit({ ...options, name: "Ben" });
    await annPage.untilPath("Ben", /Direct through a TURN relay/);
    await benPage.untilPath("Ann", /Direct through a TURN relay/);
    assertHidden(await sentSignals(annPage), ann.home);
    assertHidden(await sentSignals(benPage), ben.home);
  },
});
