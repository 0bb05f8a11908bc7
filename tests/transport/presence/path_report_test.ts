/** A session's reports to its node about its paths, and how seldom they are sent. */
import assert from "node:assert/strict";
import { roomStatus } from "../../../server/rooms/path_status.ts";
import { PathReporter, reportOf } from "../../../transport/presence/path_report.ts";
import { LIMITS, type MemberFrame, type PeerId } from "../../../transport/protocol/mod.ts";
import type { PathView, PeerView } from "../../../transport/view.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { ROOM, World } from "../../fakes/session_world.ts";

function peer(id: string, path: Pick<PathView, "tier" | "reason">): PeerView {
  return {
    peerId: id as PeerId,
    name: id,
    joinedAtMs: 0,
    path: { rttMs: 5, sinceMs: 0, ...path },
    isTyping: false,
  };
}

const direct = peer("ada", { tier: "webrtc-stun", reason: null });
const blocked = peer("bob", { tier: "websocket", reason: "udp-blocked" });
const distant = peer("cy", { tier: "websocket", reason: "mesh-full" });

function start(isWanted = true) {
  const clock = new FakeClock();
  const sent: MemberFrame[] = [];
  const state = { peers: [] as PeerView[], isOnline: true };
  const reporter = new PathReporter({
    clock,
    peers: () => state.peers,
    send: (frame) => {
      if (state.isOnline) sent.push(frame);
      return state.isOnline;
    },
  });
  reporter.welcome({ isWanted });
  return { clock, sent, state, reporter };
}

Deno.test("whoever has nothing to tell sends nothing", async () => {
  const { clock, sent, state, reporter } = start();
  state.peers = [distant, peer("dov", { tier: "websocket", reason: "strategy" })];
  reporter.changed();
  await clock.advance(60_000);
  assert.deepEqual(sent, []);
  assert.equal(clock.pending, 0);
});

Deno.test("what a node can't know is told once, and again when it has changed", async () => {
  const { clock, sent, state, reporter } = start();
  state.peers = [direct, blocked, distant];
  for (let change = 0; change < 20; change++) {
    reporter.changed();
    await clock.advance(100);
  }
  const paths = [
    { peer_id: "ada", tier: "webrtc-stun", reason: null },
    { peer_id: "bob", tier: "websocket", reason: "udp-blocked" },
  ];
  assert.deepEqual(sent, [{ type: "path_report", payload: { paths } }]);
  state.peers = [distant];
  reporter.changed();
  await clock.advance(2_000);
  assert.deepEqual(sent.slice(1), [{ type: "path_report", payload: { paths: [] } }]);
});

Deno.test("a path that flaps makes one frame a second at most", async () => {
  const { clock, sent, state, reporter } = start();
  for (let change = 0; change < 100; change++) {
    state.peers = change % 3 === 0 ? [direct] : [blocked];
    reporter.changed();
    await clock.advance(100);
  }
  assert.ok(sent.length > 1 && sent.length <= 10, `${sent.length} frames in 10 s`);
});

Deno.test("a node that is back is told anew, and an older one nothing", async () => {
  const { clock, sent, state, reporter } = start();
  state.peers = [direct];
  reporter.changed();
  await clock.advance(2_000);
  state.isOnline = false;
  state.peers = [blocked];
  reporter.changed();
  await clock.advance(2_000);
  assert.equal(sent.length, 1);
  state.isOnline = true;
  reporter.welcome({ isWanted: true });
  await clock.advance(2_000);
  assert.equal(sent.length, 2);
  const older = start(false);
  older.state.peers = [direct];
  older.reporter.changed();
  await older.clock.advance(2_000);
  assert.deepEqual(older.sent, []);
});

Deno.test("a report is bounded, and leaves out what the node knows by itself", () => {
  const many = Array.from({ length: 100 }, (_, i) => ({ ...direct, peerId: `p${i}` as PeerId }));
  assert.equal(reportOf(many).paths.length, LIMITS.reportedPaths);
  assert.deepEqual(reportOf([peer("ada", { tier: "websocket", reason: "webrtc-off" })]).paths, []);
});

Deno.test("a node knows from its sessions by which paths they reach one another, and why", async () => {
  const world = new World();
  const ann = world.open("Ann");
  const bob = world.open("Bob");
  await world.clock.advance(5_000);
  const pathsOf = (name: string) => {
    const { members } = roomStatus(world.node.room(ROOM)!);
    return members.find((member) => member.name === name)!.paths
      .map(({ tier, reason, why }) => ({ tier, reason, why }));
  };
  assert.deepEqual(pathsOf("Ann"), [{ tier: "webrtc-stun", reason: null, why: null }]);
  world.network.allowsDirect = false;
  for (const pipe of world.network.pipes) if (pipe.tier === "webrtc-stun") pipe.reset();
  await world.clock.advance(120_000);
  const why = `The networks between Ann and Bob need a relay, and no TURN server is set.`;
  assert.deepEqual(pathsOf("Ann"), [{ tier: "websocket", reason: "no-turn", why }]);
  ann.reload();
  await world.clock.advance(500);
  assert.equal(pathsOf("Ann")[0]?.reason, null);
  assert.equal(bob.session.peers.length, 1);
  world.close();
});
