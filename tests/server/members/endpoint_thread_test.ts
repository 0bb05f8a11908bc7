/** The queue for the endpoint's thread, and channels that take nothing. */
import assert from "node:assert/strict";
import { silentLog } from "../../../server/log.ts";
import {
  type DataChannelConnection,
  WebRtcEndpoint,
} from "../../../server/members/webrtc_endpoint.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { FakeWorker } from "../../fakes/endpoint_worker.ts";

const OFFER = { type: "offer", sdp: "v=0" } as const;
const GIVE_UP_MS = 15_000;

function start() {
  const clock = new FakeClock();
  const worker = new FakeWorker();
  const endpoint = new WebRtcEndpoint({
    createWorker: () => worker as unknown as Worker,
    clock,
    log: silentLog,
    giveUpMs: GIVE_UP_MS,
  });
  return { clock, worker, endpoint };
}

/** Opens a connection, as the thread would report it. */
function open({ worker, endpoint }: ReturnType<typeof start>) {
  const told: string[] = [];
  let connection: DataChannelConnection | null = null;
  const id = endpoint.begin("192.0.2.1", {
    onSignal: () => {},
    onOpen: (opened) => connection = opened,
    onFrame: () => {},
    onDrained: () => told.push("drained"),
    onClose: () => told.push("closed"),
  });
  assert.ok(id !== null);
  endpoint.signal(id, { signal: OFFER, receivedBytes: 5, iceServers: [] });
  worker.tell({ op: "taken" });
  worker.tell({ op: "open", connection: id, tier: "webrtc-stun" });
  assert.ok(connection !== null);
  return { id, connection: connection as DataChannelConnection, told };
}

Deno.test("what is sent while the thread works off a batch goes in the next one", () => {
  const at = start();
  const { connection } = open(at);
  const before = at.worker.batches.length;
  for (const text of ["a", "b", "c"]) assert.equal(connection.send(text), true);
  assert.equal(at.worker.batches.length, before + 1);
  at.worker.tell({ op: "taken" });
  const texts = at.worker.batches.slice(before).map((batch) =>
    batch.map((request) => request.op === "send" && request.text)
  );
  assert.deepEqual(texts, [["a"], ["b", "c"]]);
});

Deno.test("a thread that takes nothing holds so much, and members begin anew when it does again", () => {
  const at = start();
  const { connection, told } = open(at);
  const frame = "x".repeat(256 * 1024);
  let taken = 0;
  while (connection.send(frame)) taken++;
  assert.ok(taken * frame.length < 10 * 1024 * 1024, `${taken} frames`);
  assert.equal(connection.send("later"), false);
  at.worker.tell({ op: "taken" });
  assert.deepEqual(told, ["drained"]);
  assert.equal(connection.send("now"), true);
});

Deno.test("a channel that stays full for too long is given up", async () => {
  const at = start();
  const { id, connection, told } = open(at);
  at.worker.tell({ op: "lagging", connection: id });
  assert.equal(connection.send("dropped"), false);
  await at.clock.advance(GIVE_UP_MS);
  assert.deepEqual(told, ["closed"]);
  assert.equal(at.endpoint.size, 0);
});

Deno.test("a channel that has room again in time stays", async () => {
  const at = start();
  const { id, connection, told } = open(at);
  at.worker.tell({ op: "lagging", connection: id });
  await at.clock.advance(GIVE_UP_MS - 1);
  at.worker.tell({ op: "drained", connection: id });
  await at.clock.advance(GIVE_UP_MS);
  assert.deepEqual(told, ["drained"]);
  assert.equal(connection.send("hello"), true);
});

Deno.test("closing lets the thread take what was sent before", async () => {
  const at = start();
  const { connection } = open(at);
  connection.send("first");
  connection.send("last words");
  const closed = at.endpoint.close();
  assert.equal(at.worker.isTerminated, false);
  at.worker.tell({ op: "taken" });
  at.worker.tell({ op: "taken" });
  assert.equal(at.worker.isTerminated, false);
  await at.clock.advance(100);
  await closed;
  assert.equal(at.worker.isTerminated, true);
  assert.deepEqual(at.worker.requests.map(({ op }) => op), ["signal", "send", "send", "close"]);
});

Deno.test("closing does not wait for a thread that has stopped", async () => {
  const at = start();
  open(at).connection.send("never taken");
  const closed = at.endpoint.close();
  await at.clock.advance(1_000);
  await closed;
  assert.equal(at.worker.isTerminated, true);
});
