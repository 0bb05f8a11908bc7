import assert from "node:assert/strict";
import { until } from "../fakes/until.ts";
import { metric } from "./metric.ts";
import { withProcess } from "./own_process.ts";
import { SocketPeer, TOKEN } from "./socket_peer.ts";

/** Joins until the heap has its final size. Measured, it stays the same over the next 50,000. */
const WARM_UP = 12_000;
const MEASURED = 8000;

/** 8,000 members that were never released would take 160 MB. */
const MAX_GROWTH_BYTES = 40 * 1024 * 1024;

/** Members that join and leave at the same time. */
const WORKERS = 32;

async function churn(url: string, { count, wave }: { count: number; wave: string }) {
  const room = crypto.randomUUID();
  const workers = Array.from({ length: WORKERS }, async (_, worker) => {
    for (let i = worker; i < count; i += WORKERS) {
      // Half of the members share one busy room. Each of the others has its own room.
      const where = i % 2 === 0 ? room : `${room}-${i}`;
      const query = { room: where, peer_id: `${wave}-${i}`, token: TOKEN, protocol: "1" };
      const peer = await SocketPeer.open(url, query);
      if (i % 3 === 0) peer.send({ type: "leave" });
      else await peer.close();
      await peer.closed;
    }
  });
  await Promise.all(workers);
}

Deno.test("joining and leaving in masses leaves nothing behind", () =>
  withProcess(async (url) => {
    const watched = { room: crypto.randomUUID(), peer_id: "watcher" };
    const watcher = await SocketPeer.join(url, watched);
    await churn(url, { count: WARM_UP, wave: "warm" });
    const before = await metric(url, "egoat_resident_bytes");
    await churn(url, { count: MEASURED, wave: "measured" });
    await until(async () => await metric(url, "egoat_members") === 1, "only the watcher is left");
    await until(async () => await metric(url, "egoat_rooms") === 1, "only its room is left");
    const grown = await metric(url, "egoat_resident_bytes") - before;
    assert(grown < MAX_GROWTH_BYTES, `${grown} bytes more after ${MEASURED} joins and leaves`);
    assert.deepEqual(await watcher.drain(), [], "nobody else's room was heard");
    await watcher.close();
  }));

Deno.test("a room hears of everyone who joins and leaves in masses", () =>
  withProcess(async (url) => {
    const room = crypto.randomUUID();
    const watcher = await SocketPeer.join(url, { room, peer_id: "watcher" });
    const peerIds = Array.from({ length: 1000 }, (_, i) => `p${i}`);
    const waiting = [...peerIds];
    const workers = Array.from({ length: WORKERS }, async () => {
      for (let peer_id = waiting.pop(); peer_id !== undefined; peer_id = waiting.pop()) {
        const query = { room, peer_id, token: TOKEN, protocol: "1" };
        const peer = await SocketPeer.join(url, query);
        peer.send({ type: "leave" });
        await peer.closed;
      }
    });
    await Promise.all(workers);
    await until(async () => await metric(url, "egoat_members") === 1, "only the watcher is left");
    const heard = (await watcher.drain()).map(({ type, peer_id }) => `${type} ${peer_id}`);
    const expected = peerIds.flatMap((peer) => [`peer_joined ${peer}`, `peer_left ${peer}`]);
    assert.deepEqual(heard.toSorted(), expected.toSorted());
    await watcher.close();
  }));
