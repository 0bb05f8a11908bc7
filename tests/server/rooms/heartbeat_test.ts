/** One beat for one member: what it is sent, and when it counts as gone. */
import assert from "node:assert/strict";
import { RENEW_ICE_SERVERS_MS } from "../../../server/ice/ice_servers.ts";
import { checkPulse } from "../../../server/rooms/heartbeat.ts";
import type { Tier } from "../../../transport/protocol/mod.ts";
import { RoomWorld, TOKEN } from "./room_world.ts";

/** A member, and its pulse so many ms after it was last heard. */
async function start(query: Record<string, string> = { protocol: "1", token: TOKEN }) {
  const world = await RoomWorld.create({ turnUrls: ["turn:turn.example"], turnSecret: "secret" });
  const { member, connection } = world.join("ann", query);
  connection.take();
  const { settings } = world.parts;
  const after = (silentMs: number) => {
    const beat = { nowMs: member.lastHeardMs + silentMs, latestUs: 1_500_000 };
    return checkPulse(member, beat, { settings, clock: world.clock });
  };
  return { member, connection, after, settings };
}

Deno.test("a silent member is pinged once an interval, and then times out", async () => {
  const { connection, after, settings } = await start();
  const { heartbeatIntervalMs, peerTimeoutMs } = settings;
  assert.equal(after(heartbeatIntervalMs - 1), null);
  assert.deepEqual(connection.take(), []);
  assert.equal(after(heartbeatIntervalMs), null);
  assert.deepEqual(connection.take(), [{ type: "ping", payload: { latest: 1.5 } }]);
  assert.equal(after(heartbeatIntervalMs + 1), null);
  assert.deepEqual(connection.take(), []);
  assert.equal(after(peerTimeoutMs), "timed-out");
});

Deno.test("a member that is away keeps its place for its grace alone", async () => {
  const { member, after } = await start();
  member.connection = null;
  member.graceMs = 700;
  assert.equal(after(699), null);
  assert.equal(after(700), "lost");
});

Deno.test("a held poll is there, and a member between two polls is not pinged", async () => {
  const { member, connection, after, settings } = await start();
  connection.isHeld = true;
  assert.equal(after(settings.peerTimeoutMs), null);
  connection.isHeld = false;
  member.tier = "http-polling" satisfies Tier;
  assert.equal(after(settings.peerTimeoutMs - 1), null);
  assert.deepEqual(connection.take(), []);
  assert.equal(after(settings.peerTimeoutMs), "timed-out");
});

Deno.test("an older client on a WebSocket is left to the WebSocket's own pings", async () => {
  const { connection, after, settings } = await start({});
  assert.equal(after(settings.peerTimeoutMs), null);
  assert.deepEqual(connection.take(), []);
});

Deno.test("a member that stays gets new ICE servers before the old ones expire", async () => {
  const { member, connection, after } = await start();
  member.lastHeardMs += RENEW_ICE_SERVERS_MS;
  assert.equal(after(0), null);
  assert.deepEqual(connection.types(), ["ice_servers"]);
});
