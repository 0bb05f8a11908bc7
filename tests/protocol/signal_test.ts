import assert from "node:assert/strict";
import { FOREIGN_URL, withNode } from "./node_under_test.ts";
import { RawSocket } from "./raw_socket.ts";
import { OTHER_TOKEN, SocketPeer, TOKEN } from "./socket_peer.ts";

const ours = (room: string, peer_id: string) => ({ room, peer_id, token: TOKEN, protocol: "1" });

Deno.test("two older clients negotiate through the node, on either port", () =>
  withNode(async ({ url, secondUrl, room }) => {
    const ann = await SocketPeer.join(url, { room, peer_id: "ann" });
    const bob = await SocketPeer.join(secondUrl, { room, peer_id: "bob" });
    assert.equal((await ann.nextOf("peer_joined")).peer_id, "bob");
    const offer = { type: "offer", sdp: "v=0\r\n".repeat(800) };
    ann.send({ peer_id: "ann", type: "offer", payload: offer, target_peer_id: "bob" });
    assert.deepEqual(await bob.next(), {
      peer_id: "ann",
      type: "offer",
      payload: offer,
      target_peer_id: "bob",
    });
    bob.send({ peer_id: "bob", type: "answer", payload: { sdp: "v=0" }, target_peer_id: "ann" });
    bob.send({ peer_id: "bob", type: "ice", payload: { candidate: "c" } });
    bob.send({ peer_id: "ann", type: "typing", payload: { typing: true } });
    for (const type of ["answer", "ice", "typing"]) {
      const frame = await ann.next();
      assert.deepEqual([frame.type, frame.peer_id], [type, "bob"]);
    }
    await bob.close();
    assert.equal((await ann.nextOf("peer_left")).peer_id, "bob");
    await ann.close();
  }));

Deno.test("a signal larger than one can be is refused, one for later waits", () =>
  withNode(async ({ url, room }) => {
    const ann = await SocketPeer.join(url, ours(room, "ann"));
    ann.send({ type: "ice", payload: { candidate: "x".repeat(250_000) } });
    assert.equal((await ann.nextOf("error")).payload.code, "bad-frame");
    ann.send({ type: "ice", target_peer_id: "bob", payload: { candidate: "c" } });
    await ann.drain();
    const bob = await SocketPeer.join(url, ours(room, "bob"));
    assert.deepEqual((await bob.nextOf("ice")).payload, { candidate: "c" });
    await ann.close();
    await bob.close();
  }));

Deno.test("a place is held by its token: another's is refused, the same one takes it over", () =>
  withNode(async ({ url, room }) => {
    const bob = await SocketPeer.join(url, ours(room, "bob"));
    const ann = await SocketPeer.join(url, ours(room, "ann"));
    assert.equal((await bob.next()).type, "peer_joined");
    for (const token of [{ token: OTHER_TOKEN }, {}]) {
      const thief = await SocketPeer.open(url, { room, peer_id: "ann", protocol: "1", ...token });
      assert.equal((await thief.next()).payload.code, "peer-id-taken");
      const { code, reason } = await thief.closed;
      assert.equal(code, 4403);
      assert.match(reason, /somebody else/);
    }
    const again = await SocketPeer.join(url, ours(room, "ann"));
    assert.equal((await ann.closed).code, 4409);
    assert.deepEqual(await bob.drain(), [], "nobody left and nobody came");
    bob.send({ type: "relay", target_peer_id: "ann", payload: 1 });
    assert.equal((await again.next()).type, "relay");
    await again.close();
    await bob.close();
  }));

Deno.test("names that look alike are told as the same one, rooms and peer ids exactly", () =>
  withNode(async ({ url, room }) => {
    const ann = await SocketPeer.join(url, ours(room, "ann"));
    const bob = await SocketPeer.join(url, { ...ours(room, "b\u200bob"), name: "bo\u202eb\u200b" });
    const joined = await ann.nextOf("peer_joined");
    assert.deepEqual([joined.peer_id, joined.payload.name], ["b\u200bob", "bob"]);
    bob.send({ type: "chat", payload: { id: "m1", text: "Hi", name: "\u3164bob" } });
    assert.equal((await ann.nextOf("chat")).payload.name, "bob");
    bob.send({ type: "chat", payload: { id: "m2", text: "Hi", name: "\u3164" } });
    const { payload } = await bob.nextOf("error");
    assert.deepEqual([payload.code, payload.id], ["bad-frame", "m2"]);
    assert.match(payload.message, /something to see/);
    const nameless = await SocketPeer.join(url, ours(room, "\u3164"));
    assert.equal((await ann.nextOf("peer_joined")).payload.name, "?");
    const body = { room, peer_id: "bot\u200b", text: "Hi", name: "b\u00adob" };
    const sent = await fetch(`${url}/send`, { method: "POST", body: JSON.stringify(body) });
    await sent.body?.cancel();
    const { peer_id, payload: told } = await ann.nextOf("chat");
    assert.deepEqual([peer_id, told.name], ["bot\u200b", "bob"]);
    for (const peer of [ann, bob, nameless]) await peer.close();
  }));

Deno.test("a query that can't be read is answered on the socket, with the reason", () =>
  withNode(async ({ url, room }) => {
    const bad: Record<string, string>[] = [
      {},
      { room },
      { room, peer_id: "" },
      { room, peer_id: "x".repeat(65) },
      { room: "a\nb", peer_id: "x" },
      { room, peer_id: "x", token: "short" },
    ];
    for (const query of bad) {
      const peer = await SocketPeer.open(url, query);
      assert.equal((await peer.next()).payload.code, "bad-request");
      assert.equal((await peer.closed).code, 4400);
    }
  }));

Deno.test("odd Unicode in names, rooms and text arrives as it was sent", () =>
  withNode(async ({ url, room }) => {
    const name = "🐐<b>&\u0301 👩‍👩‍👧 ".repeat(4).trim();
    const odd = `${room.slice(0, 20)} <script> ☃ ${"é".repeat(20)}`;
    const ann = await SocketPeer.join(url, { ...ours(odd, "<i>ann</i>"), name });
    const bob = await SocketPeer.join(url, ours(odd, "bob"));
    assert.equal(bob.welcome.peers[0].name, name);
    const text = "\u2028 \ufeff 👩‍👩‍👧 </script> \u0001 \\u0000";
    ann.send({ type: "chat", payload: { id: "m1", text } });
    const { payload, peer_id } = await bob.next();
    assert.deepEqual([payload.text, peer_id], [text, "<i>ann</i>"]);
    const rows = await fetch(`${url}/history?${new URLSearchParams({ room: odd })}`);
    assert.equal((await rows.json())[0].text, text);
    await ann.close();
    await bob.close();
  }));

Deno.test("a page of another site gets no WebSocket", () =>
  withNode(async ({ url, room }) => {
    const path = `/signal?room=${room}&peer_id=eve`;
    for (const origin of ["https://evil.example", "null", "http://localhost:1"]) {
      const socket = await RawSocket.open(url, path, { origin });
      assert.equal(socket.status, 403, origin);
      socket.close();
    }
    const rebound = await RawSocket.open(url, path, { host: "evil.example" });
    assert.equal(rebound.status, 403);
    rebound.close();
    const own = await RawSocket.open(url, path, { origin: url });
    assert.equal(own.status, 101);
    own.close();
  }));

Deno.test("a member that says nothing is asked, and closed when it stays silent", {
  ignore: FOREIGN_URL !== undefined,
}, () =>
  withNode(async ({ url, room }) => {
    const bob = await SocketPeer.join(url, { room, peer_id: "old" });
    const silent = await SocketPeer.join(url, ours(room, "silent"));
    assert.equal((await silent.nextOf("ping")).type, "ping");
    assert.equal((await silent.closed).code, 4408);
    const left = await bob.nextOf("peer_left");
    assert.deepEqual([left.peer_id, left.payload.reason], ["silent", "timed-out"]);
    await bob.close();
  }, { heartbeatIntervalMs: 100, peerTimeoutMs: 250 }));

Deno.test("a node that stops tells its members to come back", {
  ignore: FOREIGN_URL !== undefined,
}, async () => {
  let peer: SocketPeer | undefined;
  await withNode(async ({ url, room }) => {
    peer = await SocketPeer.join(url, ours(room, "ann"));
  });
  assert.equal((await peer!.closed).code, 4503);
});
