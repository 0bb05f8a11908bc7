import assert from "node:assert/strict";
import { until } from "../fakes/until.ts";
import { FOREIGN_URL, withNode } from "./node_under_test.ts";
import { type Frame, OTHER_TOKEN, SocketPeer, TOKEN } from "./socket_peer.ts";

type Item = Frame & { readonly seq: number };

const ours = (room: string, peer_id: string) => ({ room, peer_id, token: TOKEN, protocol: "1" });

function signalUrl(url: string, query: Record<string, string>): string {
  return `${url}/signal?${new URLSearchParams(query)}`;
}

async function poll(url: string, query: Record<string, string>): Promise<Item[]> {
  const response = await fetch(signalUrl(url, query));
  const body = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  return body;
}

async function post(url: string, query: Record<string, string>, body: unknown) {
  const response = await fetch(signalUrl(url, query), {
    method: "POST",
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

Deno.test("a poller and a socket are in one room", () =>
  withNode(async ({ url, room }) => {
    const ann = await SocketPeer.join(url, ours(room, "ann"));
    const query = ours(room, "bob");
    const [welcome] = await poll(url, { ...query, after: "0" });
    assert.equal(welcome?.type, "welcome");
    assert.equal((await ann.next()).payload.tier, "http-polling");
    let after = String(welcome!.seq);
    const held = poll(url, { ...query, after, wait: "5" });
    ann.send({ type: "chat", payload: { id: "m1", text: "hi" } });
    const [chat] = await held;
    assert.deepEqual([chat?.type, chat?.payload.text], ["chat", "hi"]);
    after = String(chat!.seq);
    const frames = [
      { type: "chat", payload: { id: "m2", text: "back" } },
      { type: "typing", payload: { typing: false } },
      { type: "nonsense" },
    ];
    assert.deepEqual(await post(url, query, frames), { status: 200, body: {} });
    const answers = await poll(url, { ...query, after, wait: "5" });
    assert.deepEqual(answers.map(({ type }) => type).toSorted(), ["ack", "error"]);
    await ann.nextOf("chat");
    await post(url, query, { type: "leave" });
    assert.equal((await ann.nextOf("peer_left")).peer_id, "bob");
    await ann.close();
  }));

Deno.test("an answer that was lost is given again, and forgotten once it arrived", () =>
  withNode(async ({ url, room }) => {
    const query = ours(room, "bob");
    const first = await poll(url, { ...query, after: "0" });
    const ann = await SocketPeer.join(url, ours(room, "ann"));
    for (let n = 0; n < 3; n++) ann.send({ type: "relay", payload: n });
    await ann.drain();
    const after = String(first.at(-1)!.seq);
    const lost = await poll(url, { ...query, after });
    assert.deepEqual(lost.map(({ type }) => type), ["peer_joined", "relay", "relay", "relay"]);
    assert.deepEqual(await poll(url, { ...query, after }), lost);
    assert.deepEqual(await poll(url, { ...query, after: String(lost[1]!.seq) }), lost.slice(2));
    assert.deepEqual(await poll(url, { ...query, after: String(lost[3]!.seq) }), []);
    await ann.close();
  }));

Deno.test("an older client polls without a token and names itself in the frame", () =>
  withNode(async ({ url, room }) => {
    const ann = await SocketPeer.join(url, { room, peer_id: "ann" });
    const query = { room, peer_id: "old" };
    assert.deepEqual((await poll(url, query)).map(({ type }) => type), ["welcome"]);
    await ann.nextOf("peer_joined");
    const offer = { ...query, type: "offer", payload: { sdp: "v=0" }, target_peer_id: "ann" };
    assert.equal((await post(url, {}, offer)).status, 200);
    assert.deepEqual((await ann.next()).payload, { sdp: "v=0" });
    ann.send({ type: "answer", payload: { sdp: "v=0" }, target_peer_id: "old" });
    const [answer] = await poll(url, { ...query, wait: "5" });
    assert.deepEqual([answer?.type, answer?.peer_id], ["answer", "ann"]);
    await ann.close();
  }));

Deno.test("nobody polls or posts as another", () =>
  withNode(async ({ url, room }) => {
    const query = ours(room, "ann");
    await poll(url, query);
    const { token: _, ...bare } = query;
    for (const wrong of [{ ...query, token: OTHER_TOKEN }, bare]) {
      const polled = await fetch(signalUrl(url, wrong));
      assert.deepEqual([polled.status, (await polled.json()).error.code], [409, "peer-id-taken"]);
      const posted = await post(url, wrong, { type: "leave" });
      assert.deepEqual([posted.status, posted.body.error.code], [403, "bad-token"]);
    }
    const body = { room, peer_id: "ann", text: "I am Ann" };
    const send = (extra: object) =>
      fetch(`${url}/send`, { method: "POST", body: JSON.stringify({ ...body, ...extra }) });
    const forged = await send({});
    assert.deepEqual([forged.status, (await forged.json()).error.code], [409, "peer-id-taken"]);
    const true_ = await send({ token: TOKEN });
    assert.equal(true_.status, 200);
    await true_.text();
    const absent = await post(url, ours(room, "nobody"), { type: "leave" });
    assert.deepEqual([absent.status, absent.body.error.code], [409, "not-joined"]);
  }));

/** Queries of a client that brings no token, but names fields that older clients do not know. */
const NEWER: readonly Record<string, string>[] = [
  { instance: "page1" },
  { protocol: "1" },
  { instance: "page1", protocol: "1" },
];

for (const own of NEWER) {
  Deno.test(`nobody without its token polls as one that named ${Object.keys(own).join(", ")}`, () =>
    withNode(async ({ url, room }) => {
      const query = { room, peer_id: "ann", ...own };
      const [welcome] = await poll(url, { ...query, after: "0" });
      const bob = await SocketPeer.join(url, ours(room, "bob"));
      const known = bob.welcome.peers.find((peer: { peer_id: string }) => peer.peer_id === "ann");
      bob.send({ type: "relay", target_peer_id: "ann", payload: "for Ann alone" });
      await bob.drain();
      // The node tells the instance to everyone in the room.
      assert.equal(known.instance, own.instance ?? "");
      for (const stranger of [query, { room, peer_id: "ann" }]) {
        const polled = await fetch(signalUrl(url, stranger));
        assert.deepEqual([polled.status, (await polled.json()).error.code], [409, "peer-id-taken"]);
        const posted = await post(url, stranger, { type: "leave" });
        assert.deepEqual([posted.status, posted.body.error.code], [403, "bad-token"]);
      }
      const { token } = welcome!.payload;
      const frames = await poll(url, { ...query, token, after: String(welcome!.seq), wait: "5" });
      assert.equal(frames.find(({ type }) => type === "relay")?.payload, "for Ann alone");
      await bob.close();
    }));
}

Deno.test("a client that has shown its token once has to from then on", () =>
  withNode(async ({ url, room }) => {
    const query = { room, peer_id: "old" };
    const [welcome] = await poll(url, query);
    await poll(url, query);
    await poll(url, { ...query, token: welcome!.payload.token });
    const polled = await fetch(signalUrl(url, query));
    assert.deepEqual([polled.status, (await polled.json()).error.code], [409, "peer-id-taken"]);
  }));

Deno.test("a poll that can't be read is refused with the reason", () =>
  withNode(async ({ url, room }) => {
    const bad = [{ room, peer_id: "" }, { ...ours(room, "a"), after: "x" }, {
      ...ours(room, "a"),
      wait: "-1",
    }];
    for (const query of bad as Record<string, string>[]) {
      const response = await fetch(signalUrl(url, query));
      assert.deepEqual([response.status, (await response.json()).error.code], [400, "bad-request"]);
    }
    await poll(url, ours(room, "a"));
    assert.equal((await post(url, ours(room, "a"), "x".repeat(2_000_000))).status, 413);
    assert.equal((await post(url, ours(room, "a"), Array(257).fill({}))).status, 400);
  }));

Deno.test("moving from polling to a WebSocket loses and repeats nothing", () =>
  withNode(async ({ url, room }) => {
    const query = { ...ours(room, "bob"), instance: "page1" };
    const ann = await SocketPeer.join(url, ours(room, "ann"));
    const [welcome] = await poll(url, { ...query, after: "0" });
    ann.send({ type: "relay", payload: 1 });
    await ann.drain();
    const after = String(welcome!.seq);
    const [one] = await poll(url, { ...query, after });
    ann.send({ type: "relay", payload: 2 });
    await ann.drain();
    const socket = await SocketPeer.join(url, query);
    ann.send({ type: "relay", payload: 3 });
    assert.deepEqual(
      [one?.payload, (await socket.next()).payload, (await socket.next()).payload],
      [1, 2, 3],
    );
    const [updated, ...rest] = await ann.drain();
    assert.deepEqual([updated?.type, updated?.payload.tier], ["peer_updated", "websocket"]);
    assert.deepEqual(rest, []);
    const stale = await fetch(signalUrl(url, { ...query, after }));
    assert.equal(stale.status, 409, "an abandoned poll does not take the place back");
    await stale.text();
    await socket.close();
    await ann.close();
  }));

Deno.test("another page that takes the place ends the polling of the first", () =>
  withNode(async ({ url, room }) => {
    const query = ours(room, "bob");
    const first = { ...query, instance: "page1" };
    const [welcome] = await poll(url, { ...first, after: "0" });
    const after = String(welcome!.seq);
    const held = poll(url, { ...first, after, wait: "9" }).catch(() => null);
    // Nothing shows from outside that the node holds a poll. Both orders must have the same result.
    const [again] = await poll(url, { ...query, instance: "page2", after: "0" });
    assert.equal(again?.type, "welcome");
    const told = await held;
    if (told !== null) assert.equal(told[0]?.payload.code, "replaced");
    const refused = await fetch(signalUrl(url, { ...first, after }));
    assert.deepEqual([refused.status, (await refused.json()).error.code], [409, "replaced"]);
  }));

Deno.test("a member that polls no more is announced as gone", {
  ignore: FOREIGN_URL !== undefined,
}, () =>
  withNode(async ({ url, room }) => {
    const ann = await SocketPeer.join(url, { room, peer_id: "ann" });
    await poll(url, ours(room, "bob"));
    const left = await ann.nextOf("peer_left");
    assert.deepEqual([left.peer_id, left.payload.reason], ["bob", "timed-out"]);
    await ann.close();
  }, { heartbeatIntervalMs: 100, peerTimeoutMs: 250 }));

Deno.test("two naive pollers at high rate get every message exactly once", () =>
  withNode(async ({ url, room }) => {
    const each = 400;
    const pollers = ["ann", "bob"].map((peerId) => {
      const seen: { text: string; timestamp: number }[] = [];
      let since = 0;
      let isDone = false;
      const talk = async () => {
        for (let n = 0; n < each; n++) {
          const body = JSON.stringify({ room, peer_id: peerId, text: `${peerId} ${n}` });
          const response = await fetch(`${url}/send`, { method: "POST", body });
          assert.equal(response.status, 200);
          await response.text();
        }
      };
      const listen = async () => {
        while (!isDone) {
          const wait = seen.length % 2 === 0 ? "&wait=1" : "";
          const response = await fetch(`${url}/history?room=${room}&since=${since}${wait}`);
          for (const row of await response.json()) {
            seen.push(row);
            since = row.timestamp;
          }
        }
      };
      const stop = () => isDone = true;
      return { seen, talk, listen, stop };
    });
    const listening = Promise.all(pollers.map((poller) => poller.listen()));
    await Promise.all(pollers.map((poller) => poller.talk()));
    await until(() => pollers.every(({ seen }) => seen.length >= 2 * each), "all messages came");
    for (const { stop } of pollers) stop();
    await listening;
    const expected = ["ann", "bob"].flatMap((peer) =>
      Array.from({ length: each }, (_, n) => `${peer} ${n}`)
    );
    for (const { seen } of pollers) {
      assert.deepEqual(seen.map(({ text }) => text).toSorted(), expected.toSorted());
      assert.deepEqual(seen, pollers[0]!.seen);
    }
  }));
