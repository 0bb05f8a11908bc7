/** How a session notices gaps, and closes them. */
import assert from "node:assert/strict";
import { CatchUp } from "../../../transport/messages/catch_up.ts";
import {
  LIMITS,
  type MemberFrame,
  type MessageId,
  type PeerId,
  type StoredMessage,
} from "../../../transport/protocol/mod.ts";
import { FakeClock } from "../../fakes/clock.ts";

type Request = Extract<MemberFrame, { type: "history" }>["payload"];

/** A room's messages, each with its number as its timestamp. */
function message(n: number): StoredMessage {
  return {
    id: `m${n}` as MessageId,
    peer_id: "ada" as PeerId,
    name: "Ada",
    text: `${n}`,
    sent_at: null,
    timestamp: n,
  };
}

function range(from: number, to: number): StoredMessage[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => message(from + n));
}

function start() {
  const clock = new FakeClock();
  const requests: Request[] = [];
  const pages: { numbers: number[]; isFirst: boolean }[] = [];
  const older: { numbers: number[]; before: number }[] = [];
  const node = { isUp: true };
  const catchUp = new CatchUp({
    clock,
    send: (frame) => {
      if (!node.isUp || frame.type !== "history") return false;
      requests.push(frame.payload);
      return true;
    },
    onPage: (messages, { isFirst }) => {
      pages.push({ numbers: messages.map(({ timestamp }) => timestamp), isFirst });
    },
    onOlder: (messages, { before }) => {
      older.push({ numbers: messages.map(({ timestamp }) => timestamp), before });
    },
  });
  const answer = (messages: StoredMessage[], more = false, request = requests.at(-1)?.request) => {
    catchUp.onPage({ type: "history", payload: { request: request ?? -1, messages, more } });
  };
  /** Welcomes the session to a room of `latest` messages, and answers with all of them. */
  const settled = (latest: number) => {
    catchUp.welcome(latest);
    answer(range(1, latest));
    requests.length = pages.length = 0;
  };
  return { clock, catchUp, requests, pages, older, node, answer, settled };
}

Deno.test("a welcome asks for the last page", () => {
  const { catchUp, requests } = start();
  catchUp.welcome(7);
  assert.deepEqual(requests, [{ request: 1, limit: LIMITS.historyFrameRows }]);
});

Deno.test("the first page is told as the first, and tells whether there are older ones", () => {
  const { catchUp, pages, answer } = start();
  assert.equal(catchUp.hasOlder, false);
  catchUp.welcome(7);
  answer(range(5, 7), true);
  assert.deepEqual(pages, [{ numbers: [5, 6, 7], isFirst: true }]);
  assert.equal(catchUp.hasOlder, true);
});

Deno.test("older messages before the first page are not asked for by themselves", () => {
  const { catchUp, requests, answer } = start();
  catchUp.welcome(7);
  answer(range(5, 7), true);
  assert.equal(requests.length, 1);
});

Deno.test("an empty room is known after one answer", () => {
  const { catchUp, requests, pages, answer, clock } = start();
  catchUp.welcome(0);
  answer([]);
  assert.deepEqual(pages, [{ numbers: [], isFirst: true }]);
  assert.equal(requests.length, 1);
  assert.equal(clock.pending, 0);
});

Deno.test("a message that follows the known one asks for nothing", () => {
  const { catchUp, requests, settled } = start();
  settled(3);
  catchUp.saw(4, 3);
  catchUp.saw(5, 4);
  assert.deepEqual(requests, []);
});

Deno.test("a message whose predecessor is unknown asks for what is between", () => {
  const { catchUp, requests, pages, settled, answer } = start();
  settled(3);
  catchUp.saw(5, 4);
  assert.equal(requests[0]?.since, 3);
  answer(range(4, 5));
  assert.deepEqual(pages, [{ numbers: [4, 5], isFirst: false }]);
  assert.equal(requests.length, 1);
});

Deno.test("a message without a predecessor, from an older node, is checked by history", () => {
  const { catchUp, requests, settled } = start();
  settled(3);
  catchUp.saw(4, undefined);
  assert.equal(requests[0]?.since, 3);
});

Deno.test("the first message of a room follows nothing", () => {
  const { catchUp, requests, settled } = start();
  settled(0);
  catchUp.saw(1, 0);
  assert.deepEqual(requests, []);
});

Deno.test("the same message again asks for nothing and does not move the cursor back", () => {
  const { catchUp, requests, settled } = start();
  settled(3);
  catchUp.saw(4, 3);
  catchUp.saw(4, 3);
  catchUp.saw(2, undefined);
  catchUp.saw(5, 4);
  assert.deepEqual(requests, []);
});

Deno.test("a lost last message is noticed by the latest timestamp of a ping", () => {
  const { catchUp, requests, settled } = start();
  settled(3);
  catchUp.exists(3);
  assert.equal(requests.length, 0);
  catchUp.exists(4);
  assert.equal(requests[0]?.since, 3);
});

Deno.test("what arrives while a page is under way does not ask twice", () => {
  const { catchUp, requests, settled, answer } = start();
  settled(3);
  catchUp.saw(5, 4);
  catchUp.saw(6, 5);
  catchUp.exists(6);
  assert.equal(requests.length, 1);
  answer(range(4, 5));
  assert.equal(requests.length, 2);
  assert.equal(requests[1]?.since, 5);
  answer(range(6, 6));
  assert.equal(requests.length, 2);
});

Deno.test("pages follow each other until there is no more", () => {
  const { catchUp, requests, settled, answer, pages } = start();
  settled(3);
  catchUp.welcome(9);
  answer(range(4, 5), true);
  answer(range(6, 7), true);
  answer(range(8, 9), false);
  assert.deepEqual(requests.map(({ since }) => since), [3, 5, 7]);
  assert.deepEqual(pages.map(({ isFirst }) => isFirst), [false, false, false]);
});

Deno.test("a reconnect that missed nothing asks for nothing", () => {
  const { catchUp, requests, settled } = start();
  settled(3);
  catchUp.welcome(3);
  assert.deepEqual(requests, []);
});

Deno.test("a reconnect asks from the cursor on", () => {
  const { catchUp, requests, settled } = start();
  settled(3);
  catchUp.welcome(8);
  assert.deepEqual(requests.map(({ since }) => since), [3]);
});

Deno.test("a node with an older database is followed from where it is", () => {
  const { catchUp, requests, settled } = start();
  settled(9);
  catchUp.welcome(4);
  assert.deepEqual(requests, []);
  catchUp.saw(5, 4);
  assert.deepEqual(requests, []);
  catchUp.saw(7, 6);
  assert.deepEqual(requests.map(({ since }) => since), [5]);
});

Deno.test("a lost answer is asked for again", async () => {
  const { catchUp, requests, settled, clock, answer } = start();
  settled(3);
  catchUp.exists(4);
  await clock.advance(8_000);
  assert.deepEqual(requests.map(({ since }) => since), [3, 3]);
  answer(range(4, 4));
  assert.equal(clock.pending, 0);
});

Deno.test("an answer that comes after it was asked for again is dropped, the second one counts", async () => {
  const { catchUp, requests, settled, clock, answer, pages } = start();
  settled(3);
  catchUp.exists(4);
  await clock.advance(8_000);
  answer(range(4, 4), false, requests[0]?.request);
  assert.deepEqual(pages, []);
  answer(range(4, 4));
  assert.deepEqual(pages.map(({ numbers }) => numbers), [[4]]);
});

Deno.test("an answer to the connection before is dropped", () => {
  const { catchUp, requests, answer, pages } = start();
  catchUp.welcome(3);
  catchUp.welcome(3);
  answer(range(1, 3), false, requests[0]?.request);
  assert.deepEqual(pages, []);
  answer(range(1, 3), false, requests[1]?.request);
  assert.equal(pages.length, 1);
});

Deno.test("with no connection it waits for the next welcome", async () => {
  const { catchUp, requests, settled, node, clock } = start();
  settled(3);
  node.isUp = false;
  catchUp.exists(4);
  assert.equal(clock.pending, 0);
  node.isUp = true;
  catchUp.welcome(4);
  assert.equal(requests.length, 1);
  await clock.advance(0);
});

Deno.test("a node that claims more than it has is asked once for each claim", () => {
  const { catchUp, requests, settled, answer } = start();
  settled(3);
  catchUp.exists(99);
  answer([]);
  assert.equal(requests.length, 1);
});

Deno.test("loadOlder asks for the page before, and says whether there are still older ones", async () => {
  const { catchUp, requests, answer, older } = start();
  catchUp.welcome(9);
  answer(range(7, 9), true);
  const loading = catchUp.loadOlder(7, {});
  assert.deepEqual(requests.at(-1), { request: 2, before: 7, limit: LIMITS.historyFrameRows });
  answer(range(4, 6), true);
  assert.equal(await loading, true);
  const last = catchUp.loadOlder(4, {});
  answer(range(1, 3), false);
  assert.equal(await last, false);
  assert.equal(catchUp.hasOlder, false);
  assert.deepEqual(older, [
    { numbers: [4, 5, 6], before: 7 },
    { numbers: [1, 2, 3], before: 4 },
  ]);
});

Deno.test("what was let go of here counts as older messages that the node has", () => {
  const { catchUp, settled } = start();
  settled(9);
  assert.equal(catchUp.hasOlder, false);
  catchUp.evicted();
  assert.equal(catchUp.hasOlder, true);
});

Deno.test("loadOlder and catching up do not take each other's answers", async () => {
  const { catchUp, requests, settled, answer } = start();
  settled(9);
  const loading = catchUp.loadOlder(1, {});
  catchUp.exists(10);
  const [older, newer] = requests;
  answer(range(10, 10), false, newer?.request);
  answer([], false, older?.request);
  assert.equal(await loading, false);
  assert.equal(requests.length, 2);
});

Deno.test("aborting loadOlder rejects with the reason, and its answer is dropped", async () => {
  const { catchUp, settled, answer, pages, clock } = start();
  settled(9);
  const controller = new AbortController();
  const loading = catchUp.loadOlder(1, { signal: controller.signal });
  controller.abort();
  await assert.rejects(loading, { name: "AbortError" });
  answer(range(0, 0));
  assert.deepEqual(pages, []);
  assert.equal(clock.pending, 0);
});

Deno.test("loadOlder with an aborted signal asks for nothing", async () => {
  const { catchUp, settled, requests } = start();
  settled(9);
  await assert.rejects(catchUp.loadOlder(1, { signal: AbortSignal.abort() }), {
    name: "AbortError",
  });
  assert.deepEqual(requests, []);
});

Deno.test("loadOlder without a connection fails at once, saying what to expect", async () => {
  const { catchUp, settled, node, clock } = start();
  settled(9);
  node.isUp = false;
  await assert.rejects(catchUp.loadOlder(1, {}), { code: "peer-gone", message: /unreachable/ });
  assert.equal(clock.pending, 0);
});

Deno.test("loadOlder fails when the node does not answer in time", async () => {
  const { catchUp, settled, clock } = start();
  settled(9);
  const failure = assert.rejects(catchUp.loadOlder(1, {}), { code: "peer-gone" });
  await clock.advance(8_000);
  await failure;
});

Deno.test("asking for older ones again ends the first request", async () => {
  const { catchUp, settled, answer } = start();
  settled(9);
  const first = assert.rejects(catchUp.loadOlder(1, {}), { code: "replaced" });
  const second = catchUp.loadOlder(1, {});
  await first;
  answer([], false);
  assert.equal(await second, false);
});

Deno.test("a new connection ends a request for older ones", async () => {
  const { catchUp, settled } = start();
  settled(9);
  const failure = assert.rejects(catchUp.loadOlder(1, {}), { code: "peer-gone" });
  catchUp.welcome(9);
  await failure;
});

Deno.test("closing leaves no timer and nobody waiting", async () => {
  const { catchUp, settled, clock } = start();
  settled(9);
  catchUp.exists(10);
  const failure = assert.rejects(catchUp.loadOlder(1, {}), { code: "peer-gone" });
  catchUp.close();
  await failure;
  assert.equal(clock.pending, 0);
});
