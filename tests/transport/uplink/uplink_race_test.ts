/**
 * On a slow network the WebSocket and a poll are under way at once. The node moves its member to the one
 * that reaches it last. In every order the uplink stays up and loses no frame.
 */
import assert from "node:assert/strict";
import { FakeClock, settle } from "../../fakes/clock.ts";
import { type FarEnd, transportTo } from "../../fakes/far_end.ts";
import { startUplink } from "../../fakes/uplink.ts";
import { CLOSE_CODES, type Tier } from "../../../transport/protocol/mod.ts";

/** An uplink that has dialled both tiers, and has no answer from either. */
async function slowRace() {
  const clock = new FakeClock();
  const dialled: FarEnd[] = [];
  const transport = (tier: Tier) => transportTo(tier, (end) => dialled.push(end));
  const started = startUplink(clock, [transport("websocket"), transport("http-polling")]);
  await clock.advance(400);
  const [socket, poll] = dialled;
  assert(socket !== undefined && poll !== undefined && dialled.length === 2);
  const states = () => new Set(started.views.map(({ state }) => state));
  return { clock, dialled, socket, poll, states, ...started };
}

Deno.test("uplink waits for the poll that took the place of its WebSocket, and moves up again", async () => {
  const { clock, uplink, dialled, socket, poll, states } = await slowRace();
  socket.welcome();
  socket.close();
  poll.welcome();
  assert.equal(uplink.view.tier, "http-polling");
  await clock.advance(10);
  assert.equal(dialled.at(-1)?.tier, "websocket");
  dialled.at(-1)?.welcome();
  assert.equal(uplink.view.tier, "websocket");
  assert(poll.isClosed);
  assert(!states().has("offline"));
  uplink.close();
});

Deno.test("uplink goes on with the poll that was welcomed when the node closes its WebSocket", async () => {
  const { uplink, socket, poll, frames, counts, states } = await slowRace();
  socket.welcome();
  poll.welcome();
  poll.typing(true);
  poll.typing(false);
  assert.equal(uplink.view.tier, "websocket");
  assert.deepEqual([counts.welcomes, frames.length], [1, 0]);
  socket.close();
  assert.equal(uplink.view.tier, "http-polling");
  poll.typing(true);
  assert.deepEqual(
    frames.map((frame) => frame.type === "typing" && frame.payload.typing),
    [true, false, true],
  );
  assert.equal(counts.welcomes, 2);
  assert(!states().has("offline"));
  uplink.close();
});

Deno.test("uplink stays on its WebSocket when the node lets go of the poll", async () => {
  const { clock, uplink, dialled, socket, poll, states } = await slowRace();
  socket.welcome();
  poll.welcome();
  poll.close(1006);
  await clock.advance(1_000);
  assert.equal(uplink.view.tier, "websocket");
  assert.equal(dialled.length, 2);
  assert(!states().has("offline"));
  uplink.close();
});

Deno.test("uplink moves to a WebSocket that opens behind the poll, at once", async () => {
  const { uplink, socket, poll, states } = await slowRace();
  poll.welcome();
  assert.equal(uplink.view.tier, "http-polling");
  socket.welcome();
  assert.equal(uplink.view.tier, "websocket");
  assert(poll.isClosed);
  assert(!states().has("offline"));
  uplink.close();
});

Deno.test("uplink tries the WebSocket again when the one that hung is given up", async () => {
  const { clock, uplink, dialled, poll } = await slowRace();
  poll.welcome();
  // The hanging WebSocket is given up after 10 s, and the next one dialled 5 s later at the latest.
  for (let second = 0; second < 16; second++) {
    poll.send({ type: "pong", payload: { t: clock.now() } });
    await clock.advance(1_000);
  }
  assert.deepEqual(dialled.map(({ tier }) => tier), ["websocket", "http-polling", "websocket"]);
  assert.equal(uplink.view.tier, "http-polling");
  uplink.close();
});

Deno.test("uplink that another page replaced does not hide behind a poll", async () => {
  const { uplink, socket, poll } = await slowRace();
  socket.welcome();
  poll.welcome();
  socket.close(CLOSE_CODES.replaced);
  await settle();
  assert.equal(uplink.view.state, "offline");
  assert(poll.isClosed);
  uplink.close();
});

Deno.test("uplink gives up a poll that brings more than a burst beside its WebSocket", async () => {
  const { uplink, socket, poll } = await slowRace();
  socket.welcome();
  poll.welcome();
  for (let count = 0; count < 2_000; count++) poll.typing(true);
  assert(poll.isClosed);
  assert.equal(uplink.view.tier, "websocket");
  uplink.close();
});
