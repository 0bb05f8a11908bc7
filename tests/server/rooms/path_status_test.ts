/** `/transport/status`: the paths between members, as far as their sessions have reported them. */
import assert from "node:assert/strict";
import { createApp } from "../../../server/http/app.ts";
import { LagWatch } from "../../../server/members/lag_watch.ts";
import { DIRECT_ONLY_LIMIT, MESH_LIMIT } from "../../../transport/paths/neighbours.ts";
import { LIMITS } from "../../../transport/protocol/mod.ts";
import { AS_ADMIN } from "../../fakes/admin.ts";
import { RoomWorld, TOKEN } from "./room_world.ts";

interface Path {
  peer_id: string;
  tier: string | null;
  reason: string | null;
  why: string | null;
  help: string | null;
}

interface MemberRow {
  peer_id: string;
  name: string;
  tier: string;
  strategy: string;
  paths: Path[];
  more: number;
}

async function start() {
  const world = await RoomWorld.create();
  const app = createApp(world.parts, new LagWatch(world.clock, 15_000));
  const get = async (query = "") => await app.request(`/transport/status${query}`, AS_ADMIN);
  const members = async (): Promise<Record<string, MemberRow>> => {
    const { room } = await (await get("?room=kitchen")).json();
    return Object.fromEntries(room.members.map((row: MemberRow) => [row.peer_id, row]));
  };
  const join = (peerId: string, query: Record<string, string> = {}) =>
    world.join(peerId, { protocol: "1", token: TOKEN, instance: `${peerId}-1`, ...query });
  return { world, get, members, join };
}

const report = (paths: unknown[]) => ({ type: "path_report", payload: { paths } });

Deno.test("the status of a room tells each member's tier, strategy and paths, in words", async () => {
  const { members, join } = await start();
  const ann = join("ann", { name: "Ann" });
  join("bob", { name: "Bob", strategy: "relay-safe" });
  join("cy", { name: "Cy", strategy: "http-only" });
  ann.send(report([{ peer_id: "bob", tier: "websocket", reason: "peer-relay-only" }]));
  assert.deepEqual(ann.connection.types().filter((type) => type === "error"), []);
  const { ann: row, cy } = await members();
  assert.deepEqual([row?.name, row?.tier, row?.strategy, row?.more], [
    "Ann",
    "websocket",
    "auto",
    0,
  ]);
  assert.deepEqual(row?.paths.map(({ help: _, ...path }) => path), [
    {
      peer_id: "bob",
      tier: "websocket",
      reason: "peer-relay-only",
      why: "Bob keeps their address to themselves, and no TURN server is set to relay.",
    },
    {
      peer_id: "cy",
      tier: "websocket",
      reason: "peer-strategy",
      why: "Cy has chosen settings that allow no direct connections.",
    },
  ]);
  assert.deepEqual(cy?.paths.map(({ reason }) => reason), ["strategy", "strategy"]);
});

Deno.test("where nothing is said through the node, a path without a report is none", async () => {
  const { members, join } = await start();
  join("ann", { strategy: "p2p-only" });
  join("bob");
  const { ann, bob } = await members();
  assert.equal(ann?.paths[0]?.tier, null);
  assert.deepEqual([bob?.paths[0]?.tier, bob?.paths[0]?.reason], ["websocket", "peer-direct-only"]);
});

Deno.test("codes of a newer session are shown as they are", async () => {
  const { members, join } = await start();
  const ann = join("ann");
  join("bob");
  ann.send(report([{ peer_id: "bob", tier: "quantum", reason: "carrier-pigeon" }]));
  const [path] = (await members()).ann!.paths;
  assert.deepEqual([path?.tier, path?.reason], ["quantum", "carrier-pigeon"]);
  assert.match(path!.why!, /carrier-pigeon/);
});

Deno.test("the status of the node counts what was told, and names nobody", async () => {
  const { get, join } = await start();
  const ann = join("ann");
  join("bob");
  ann.send(report([{ peer_id: "bob", tier: "webrtc-turn", reason: "no-direct-route" }]));
  const text = await (await get()).text();
  const { paths, reasons } = JSON.parse(text);
  assert.deepEqual(paths, { "webrtc-turn": 1 });
  assert.deepEqual(reasons, { "no-direct-route": 1 });
  assert.doesNotMatch(text, /ann|bob|kitchen/);
});

Deno.test("a report about somebody who is not here is not shown, nor one of before a reload", async () => {
  const { members, join } = await start();
  const ann = join("ann");
  join("bob");
  ann.send(report([
    { peer_id: "mallory", tier: "webrtc-stun", reason: null },
    { peer_id: "ann", tier: "webrtc-stun", reason: null },
    { peer_id: "bob", tier: "webrtc-stun", reason: null },
  ]));
  assert.deepEqual((await members()).ann!.paths.map(({ peer_id }) => peer_id), ["bob"]);
  join("ann", { instance: "ann-2" });
  assert.equal((await members()).ann!.paths[0]?.tier, "websocket");
});

Deno.test("the status of a room has nothing that its members are not told", async () => {
  const { get, join } = await start();
  const ann = join("ann");
  join("bob");
  ann.send(report([{ peer_id: "bob", tier: "websocket", reason: "no-turn" }]));
  const { room } = await (await get("?room=kitchen")).json();
  assert.deepEqual(Object.keys(room), ["room", "members"]);
  assert.deepEqual(Object.keys(room.members[0]), [
    ...["peer_id", "name", "tier", "strategy", "paths", "more"],
  ]);
  assert.deepEqual(Object.keys(room.members[0].paths[0]), [
    ...["peer_id", "tier", "reason", "why", "help"],
  ]);
  assert.equal((await get("?room=cellar")).status, 404);
  assert.equal((await get("?room=")).status, 400);
});

Deno.test("a large room is told in bounds, with what was reported first", async () => {
  const { members, join } = await start();
  const names = Array.from({ length: 100 }, (_, index) => `p${index}`);
  const seats = names.map((name) => join(name));
  seats[0]!.send(report([{ peer_id: "p99", tier: "webrtc-stun", reason: null }]));
  const { p0 } = await members();
  assert.equal(p0?.paths.length, LIMITS.reportedPaths);
  assert.equal(p0?.more, 99 - LIMITS.reportedPaths);
  assert.deepEqual([p0?.paths[0]?.peer_id, p0?.paths[0]?.tier], ["p99", "webrtc-stun"]);
  assert.ok(names.length > MESH_LIMIT);
  assert.equal(p0?.paths[1]?.reason, "mesh-full");
});

Deno.test("a room is large for who says nothing through the node when it is a crowd", async () => {
  const { members, join } = await start();
  join("ann", { strategy: "p2p-only" });
  for (let n = 0; n < DIRECT_ONLY_LIMIT; n++) join(`p${n}`);
  assert.equal((await members()).ann!.paths[0]?.reason, null);
  join("one-more");
  const [path] = (await members()).ann!.paths;
  assert.deepEqual([path?.tier, path?.reason], [null, "mesh-full"]);
  assert.match(path!.help!, /does not reach them/);
});

Deno.test("a report with too many paths is refused, and an older client's is not taken", async () => {
  const { members, join, world } = await start();
  const ann = join("ann");
  const old = world.join("old", {});
  const path = { peer_id: "ann", tier: "webrtc-stun", reason: null };
  ann.connection.take();
  ann.send(report(Array.from({ length: LIMITS.reportedPaths + 1 }, () => path)));
  assert.deepEqual(ann.connection.types(), ["error"]);
  old.send(report([path]));
  assert.equal((await members()).old!.paths[0]?.tier, "websocket");
});

Deno.test("a code that names something of every object is counted as any other", async () => {
  const { get, join } = await start();
  const ann = join("ann");
  join("bob");
  ann.send(report([{ peer_id: "bob", tier: "constructor", reason: "constructor" }]));
  const { paths, reasons } = await (await get()).json();
  assert.deepEqual([paths, reasons], [{ constructor: 1 }, { constructor: 1 }]);
});

Deno.test("a client without WebRTC is told of, and its paths have that reason", async () => {
  const { members, join } = await start();
  const ann = join("ann");
  join("bob", { webrtc: "off" });
  const joined = ann.connection.take().find(({ type }) => type === "peer_joined");
  assert.equal((joined?.payload as { webrtc?: boolean }).webrtc, false);
  const { ann: toBob, bob: toAnn } = await members();
  assert.equal(toBob?.paths[0]?.reason, "peer-has-no-webrtc");
  assert.equal(toAnn?.paths[0]?.reason, "webrtc-off");
});
