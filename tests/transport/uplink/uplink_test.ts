import assert from "node:assert/strict";
import { memoryWorld } from "../../fakes/connections.ts";
import { startUplink, WELCOME } from "../../fakes/uplink.ts";
import {
  encodeFrame,
  type MemberFrame,
  parseMemberFrame,
  type Tier,
} from "../../../transport/protocol/mod.ts";
import type { Path } from "../../../transport/transport.ts";

/** An uplink to a node that welcomes it and answers pings, with a record of its events. */
function world() {
  const { clock, network } = memoryWorld();
  const dialled: Tier[] = [];
  const far: { path: Path; got: string[] }[] = [];
  network.accept = (_target, path, tier) => {
    dialled.push(tier);
    const end = { path, got: [] as string[] };
    far.push(end);
    path.send(encodeFrame({ type: "welcome", payload: WELCOME }));
    return {
      onFrame(text) {
        end.got.push(text);
        const frame = parseMemberFrame(text);
        if (frame.type === "ping") {
          path.send(encodeFrame({ type: "pong", payload: frame.payload }));
        }
      },
      onClose() {},
    };
  };
  const transports = [network.transport("websocket"), network.transport("http-polling")];
  return { clock, network, dialled, far, ...startUplink(clock, transports) };
}

const relayedIn = (frame: MemberFrame) => frame.type === "relay" ? [frame.payload] : [];

Deno.test("uplink takes the WebSocket and never tries polling when it opens at once", async () => {
  const { clock, uplink, dialled } = world();
  await clock.advance(2_000);
  assert.equal(uplink.view.tier, "websocket");
  assert.deepEqual(dialled, ["websocket"]);
  uplink.close();
});

Deno.test("uplink starts polling at once when the WebSocket is refused", async () => {
  const { clock, network, uplink } = world();
  network.blockedTiers.add("websocket");
  await clock.advance(100);
  assert.equal(uplink.view.tier, "http-polling");
  uplink.close();
});

Deno.test("uplink starts polling after a short head start when the WebSocket hangs", async () => {
  const { clock, network, uplink } = world();
  const { accept } = network;
  network.accept = (target, path, tier) =>
    tier === "websocket" ? { onFrame() {}, onClose() {} } : accept!(target, path, tier);
  await clock.advance(250);
  assert.equal(uplink.view.state, "connecting");
  await clock.advance(150);
  assert.equal(uplink.view.tier, "http-polling");
  uplink.close();
});

Deno.test("uplink measures its round trip", async () => {
  const { clock, uplink } = world();
  await clock.advance(100);
  assert.equal(uplink.view.rttMs, 20);
  uplink.close();
});

Deno.test("uplink answers the node's ping", async () => {
  const { clock, uplink, far } = world();
  await clock.advance(100);
  far[0]?.path.send(encodeFrame({ type: "ping" }));
  await clock.advance(50);
  assert.ok(far[0]?.got.some((text) => parseMemberFrame(text).type === "pong"));
  uplink.close();
});

Deno.test("uplink that was reset connects again within half a second", async () => {
  const { clock, network, uplink, counts } = world();
  await clock.advance(100);
  network.pipes[0]?.reset();
  assert.equal(uplink.view.state, "offline");
  assert.ok(uplink.view.retryAtMs);
  await clock.advance(500);
  assert.equal(uplink.view.state, "online");
  assert.equal(counts.welcomes, 2);
  uplink.close();
});

Deno.test("uplink waits longer between tries, and tries at once when asked", async () => {
  const { clock, network, uplink } = world();
  await clock.advance(100);
  const { accept } = network;
  network.accept = null;
  network.pipes[0]?.reset();
  await clock.advance(120_000);
  const waitMs = (uplink.view.retryAtMs ?? 0) - clock.epochMs();
  assert.ok(waitMs <= 10_000, `${waitMs} ms is the longest wait`);
  network.accept = accept;
  uplink.check();
  await clock.advance(100);
  assert.equal(uplink.view.state, "online");
  uplink.close();
});

Deno.test("uplink that is silent is given up and dialled again", async () => {
  const { clock, network, uplink, dialled } = world();
  await clock.advance(100);
  network.pipes[0]?.cut();
  await clock.advance(12_000);
  assert.equal(uplink.view.state, "online");
  assert.equal(dialled.length, 2);
  uplink.close();
});

Deno.test("uplink finds out within seconds, when told that the network changed", async () => {
  const { clock, network, uplink, dialled } = world();
  await clock.advance(100);
  network.pipes[0]?.cut();
  uplink.check();
  await clock.advance(3_000);
  assert.equal(dialled.length, 2);
  assert.equal(uplink.view.state, "online");
  uplink.close();
});

Deno.test("uplink survives a check when all is well", async () => {
  const { clock, uplink, dialled } = world();
  await clock.advance(100);
  uplink.check();
  await clock.advance(20_000);
  assert.equal(dialled.length, 1);
  uplink.close();
});

Deno.test("uplink on polling moves up as soon as WebSockets work, without a gap", async () => {
  const { clock, network, uplink, views, dialled, far } = world();
  network.blockedTiers.add("websocket");
  await clock.advance(1_000);
  network.blockedTiers.clear();
  views.length = 0;
  const sent = [...Array(60).keys()];
  for (const payload of sent) {
    assert.equal(uplink.send({ type: "relay", payload }), true);
    await clock.advance(100);
  }
  assert.equal(uplink.view.tier, "websocket");
  assert.ok(views.every(({ state }) => state === "online"));
  assert.deepEqual(dialled, ["http-polling", "websocket"]);
  const got = far.map((end) => end.got.map((text) => parseMemberFrame(text)).flatMap(relayedIn));
  assert.deepEqual(got.flat(), sent, "once, and in order");
  assert.ok(got.every((frames) => frames.length > 0), "on the first path, then on the second");
  uplink.close();
});

Deno.test("uplink says who took its place", async () => {
  const { clock, far, counts, uplink } = world();
  await clock.advance(100);
  far[0]?.path.close(4409, "replaced");
  await clock.advance(50);
  assert.equal(counts.replaced, 1);
  uplink.close();
});

Deno.test("uplink tells why it can't connect, in the node's words", async () => {
  const { clock, network, uplink } = world();
  network.accept = (_target, path) => {
    path.close(4413, 'Cannot join room "lab": it is full (256 peers)');
    return { onFrame() {}, onClose() {} };
  };
  await clock.advance(1_000);
  assert.equal(uplink.view.error?.code, "room-full");
  assert.match(uplink.view.error?.message ?? "", /it is full/);
  uplink.close();
});

Deno.test("uplink ignores frames that it can't read", async () => {
  const { clock, far, frames, uplink } = world();
  await clock.advance(100);
  frames.length = 0;
  for (const text of ["", "{", "[]", '{"type":1}', '{"type":"from-the-future"}']) {
    far[0]?.path.send(text);
  }
  await clock.advance(50);
  assert.deepEqual(frames, []);
  assert.equal(uplink.view.state, "online");
  uplink.close();
});

Deno.test("uplink says goodbye when it is closed, and leaves no timer", async () => {
  const { clock, far, uplink } = world();
  await clock.advance(100);
  uplink.close();
  uplink.close();
  await clock.advance(1_000);
  assert.ok(far[0]?.got.some((text) => parseMemberFrame(text).type === "leave"));
  assert.equal(clock.pending, 0);
  assert.equal(uplink.view.state, "closed");
});

Deno.test("uplink says no goodbye on a connection that it gives up", async () => {
  const { clock, network, uplink } = world();
  const { accept } = network;
  const codes: number[] = [];
  let isMute = true;
  network.accept = (target, path, tier) => {
    const heard = accept!(target, path, tier);
    const isDeaf = isMute;
    return {
      onFrame: (text) => isDeaf || heard.onFrame(text),
      onClose: ({ code }) => codes.push(code),
    };
  };
  await clock.advance(5_000);
  isMute = false;
  await clock.advance(10_000);
  assert.equal(uplink.view.state, "online");
  assert.deepEqual(codes, [4499], "the one that never answered");
  uplink.close();
  await clock.advance(100);
  assert.deepEqual(codes, [4499, 1000]);
});

Deno.test("uplink says no goodbye on a connection that opens too late", async () => {
  const { clock, network, uplink } = world();
  const codes: number[] = [];
  const late = Promise.withResolvers<void>();
  const dial = network.transport("websocket");
  uplink.close();
  const slow: typeof dial = {
    tier: "websocket",
    async dial(target, handlers) {
      await late.promise;
      // The connection opens although its dialler has given it up.
      return await dial.dial(target, handlers, { signal: new AbortController().signal });
    },
  };
  const { accept } = network;
  network.accept = (target, path, tier) => ({
    ...accept!(target, path, tier),
    onClose: ({ code }) => codes.push(code),
  });
  const other = startUplink(clock, [slow]);
  await clock.advance(10_100);
  late.resolve();
  await clock.advance(100);
  assert.deepEqual(codes, [4499]);
  other.uplink.close();
});
