/** One path to the node, from its dial to its end, without an uplink around it. */
import assert from "node:assert/strict";
import { FakeClock, settle } from "../../fakes/clock.ts";
import { FarEnd, transportTo } from "../../fakes/far_end.ts";
import { TARGET } from "../../fakes/uplink.ts";
import type { ErrorBody } from "../../../transport/errors.ts";
import { CLOSE_CODES } from "../../../transport/protocol/mod.ts";
import type { CloseReason, Path, Transport } from "../../../transport/transport.ts";
import { Attempt } from "../../../transport/uplink/attempt.ts";
import type { JoinTarget } from "../../../transport/uplink/join.ts";

/** An attempt that has begun to dial, with a record of its callbacks. */
function begin(transport?: Transport<JoinTarget>) {
  const clock = new FakeClock();
  const ends: FarEnd[] = [];
  const calls: string[] = [];
  const errors: ErrorBody[] = [];
  const late: Path[] = [];
  const attempt = new Attempt({
    clock,
    transport: transport ?? transportTo("websocket", (end) => ends.push(end)),
    target: TARGET,
  }, {
    onStandby: () => calls.push("standby"),
    onFailure: (error) => errors.push(error),
    onLeave: () => calls.push("leave"),
    onLatePath: (path) => late.push(path),
  });
  attempt.dial();
  const [end = new FarEnd("lan", { onFrame() {}, onClose() {} })] = ends;
  return { clock, attempt, end, calls, errors, late };
}

/** Makes an attempt the active one, and records what comes on it. */
function activate(attempt: Attempt) {
  const frames: string[] = [];
  const closed: CloseReason[] = [];
  const held = attempt.activate({
    onFrame: ({ type }) => frames.push(type),
    onClose: (reason) => closed.push(reason),
  });
  return { frames, closed, held: held.map(({ type }) => type) };
}

Deno.test("attempt is on standby from the welcome on, and ignores what comes before it", async () => {
  const { clock, attempt, end, calls } = begin();
  await settle();
  end.typing(true);
  assert.equal(attempt.isOnStandby, false);
  end.welcome();
  end.typing(false);
  assert.deepEqual(calls, ["standby"]);
  assert.equal(attempt.isOnStandby, true);
  assert.deepEqual(activate(attempt).held, ["welcome", "typing"]);
  assert.equal(clock.pending, 0);
});

Deno.test("attempt hands on the frames and the close of an active path", async () => {
  const { attempt, end, calls, errors } = begin();
  await settle();
  end.welcome();
  const { frames, closed } = activate(attempt);
  end.typing(true);
  end.close(CLOSE_CODES.replaced);
  assert.deepEqual(frames, ["typing"]);
  assert.deepEqual(closed.map(({ code }) => code), [CLOSE_CODES.replaced]);
  assert.deepEqual(calls, ["standby", "leave"]);
  assert.deepEqual(errors, []);
});

Deno.test("attempt fails when the node does not welcome it within 10 s", async () => {
  const { clock, attempt, end, errors, calls } = begin();
  await clock.advance(9_900);
  assert.deepEqual(errors, []);
  await clock.advance(200);
  assert.deepEqual(errors.map(({ code }) => code), ["peer-gone"]);
  assert.deepEqual(calls, ["leave"]);
  assert.equal(end.code, CLOSE_CODES.abandoned);
  attempt.end();
  assert.deepEqual(calls, ["leave"], "it had ended");
});

Deno.test("attempt fails with the node's reason when its path closes before it is active", async () => {
  const { clock, end, errors } = begin();
  await settle();
  end.close(CLOSE_CODES.roomFull);
  assert.deepEqual(errors.map(({ code }) => code), ["room-full"]);
  assert.equal(clock.pending, 0);
});

Deno.test("attempt fails when its transport throws", async () => {
  const { errors } = begin({ tier: "websocket", dial: () => Promise.reject(new Error("no")) });
  await settle();
  assert.deepEqual(errors, [{ code: "internal", message: "no" }]);
});

Deno.test("attempt that ended says nothing more, and hands over a path that opens late", async () => {
  const opened = Promise.withResolvers<Path>();
  const { attempt, errors, late, calls } = begin({ tier: "lan", dial: () => opened.promise });
  attempt.end();
  const path: Path = { tier: "lan", isOpen: true, send: () => true, close() {} };
  opened.resolve(path);
  await settle();
  assert.deepEqual(late, [path]);
  assert.deepEqual([calls, errors], [["leave"], []]);
});

Deno.test("attempt is stale after a second of dialling, and no more when it was welcomed", async () => {
  const { clock, attempt, end } = begin();
  await clock.advance(999);
  assert.equal(attempt.isStale, false);
  await clock.advance(1);
  assert.equal(attempt.isStale, true);
  end.welcome();
  assert.equal(attempt.isStale, false);
  attempt.end();
});

Deno.test("attempt ends with the code of a connection that is given up, or the one it is given", async () => {
  for (const [given, code] of [[undefined, CLOSE_CODES.abandoned], [1000, 1000]] as const) {
    const { attempt, end } = begin();
    await settle();
    attempt.end(given);
    assert.equal(end.code, code);
  }
});
