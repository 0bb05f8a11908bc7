import assert from "node:assert/strict";
import fc from "fast-check";
import { LIMITS } from "../../transport/protocol/mod.ts";
import { metric } from "./metric.ts";
import { type NodeUnderTest, withNode } from "./node_under_test.ts";
import { RawSocket } from "./raw_socket.ts";
import { SocketPeer, TOKEN } from "./socket_peer.ts";

const ours = (room: string, peer_id: string) => ({ room, peer_id, token: TOKEN, protocol: "1" });

async function assertAlive({ url, room }: NodeUnderTest): Promise<void> {
  const peer = await SocketPeer.join(url, ours(room, `probe-${crypto.randomUUID()}`));
  await peer.drain();
  await peer.close();
}

Deno.test("broken, oversized and binary frames are answered and the connection goes on", () =>
  withNode(async (node) => {
    const ann = await SocketPeer.join(node.url, ours(node.room, "ann"));
    const bad: [unknown, string][] = [
      ["{", "bad-frame"],
      ["null", "bad-frame"],
      ['{"type":"__proto__"}', "unknown-type"],
      ['{"type":"chat","payload":{"id":"m1","text":""}}', "bad-frame"],
      ["x".repeat(LIMITS.frameChars + 1), "frame-too-large"],
      ["x".repeat(1024 * 1024), "frame-too-large"],
      [new Uint8Array([1, 2, 3]), "bad-frame"],
    ];
    for (const [frame, code] of bad) {
      ann.send(frame);
      assert.equal((await ann.nextOf("error")).payload.code, code);
    }
    ann.send({ type: "chat", payload: { id: "m1", text: "still here" } });
    assert.equal((await ann.next()).type, "ack");
    await ann.close();
  }));

/** Keeps the node from pinging Bob, who only listens, on a slow machine. */
const UNASKED = { heartbeatIntervalMs: 60_000, peerTimeoutMs: 120_000 };

Deno.test("random frames neither stop the node nor reach anyone as something else", () =>
  withNode(async (node) => {
    const ann = await SocketPeer.join(node.url, ours(node.room, "ann"));
    const bob = await SocketPeer.join(node.url, ours(node.room, "bob"));
    await ann.drain();
    const type = fc.constantFrom("chat", "history", "ping", "pong", "offer", "relay", "receipt");
    const frame = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json(),
      fc.record({ type, payload: fc.anything(), target_peer_id: fc.anything() }).map((value) => {
        try {
          return JSON.stringify(value) ?? "";
        } catch {
          return "";
        }
      }),
    );
    for (const text of fc.sample(frame, { numRuns: 1500, seed: 7 })) ann.send(text);
    await ann.drain();
    const passed = (await bob.drain()).map(({ type, peer_id }) => `${type} from ${peer_id}`);
    for (const what of new Set(passed)) assert.match(what, /^(offer|relay|receipt|chat) from ann$/);
    await ann.close();
    await bob.close();
    await assertAlive(node);
  }, UNASKED));

Deno.test("a reader that stops reading costs the others nothing and begins anew", () =>
  withNode(async (node) => {
    const { url, room } = node;
    const query = new URLSearchParams({ room, peer_id: "slow", token: TOKEN, protocol: "1" });
    const slow = await RawSocket.open(url, `/signal?${query}`);
    assert.equal(slow.status, 101);
    const ann = await SocketPeer.join(url, ours(room, "ann"));
    const bob = await SocketPeer.join(url, ours(room, "bob"));
    const droppedBefore = await metric(node.url, "egoat_frames_dropped_total");
    const payload = "x".repeat(200 * 1024);
    let sent = 0;
    while (await metric(node.url, "egoat_frames_dropped_total") === droppedBefore) {
      assert(sent < 1000, "200 MB wait for a reader that does not read");
      ann.send({ type: "relay", payload });
      sent++;
      await bob.nextOf("relay");
    }
    await slow.readUntil((text) => text.includes('"lagged"'), "the slow one is told");
    await slow.readUntil((text) => /"lagged".*"type":"welcome"/s.test(text), "and welcomed");
    slow.close();
    await ann.close();
    await bob.close();
  }, UNASKED));
