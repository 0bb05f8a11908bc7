/**
 * The mended SCTP of werift: the packets that it sends and takes on two real connections over loopback.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { RTCPeerConnection } from "werift";
import { weriftPeerConnection } from "../../../transport/werift/werift.ts";
import { until } from "../../fakes/until.ts";
import {
  type Connect,
  DATA,
  type End,
  ENDLESS,
  packetOf,
  SACK,
  UNREADABLE,
  withEnds,
} from "./sctp_pair.ts";

const mended: Connect = () => new weriftPeerConnection() as unknown as RTCPeerConnection;

function withPair(run: (near: End, far: End) => Promise<void>): Promise<void> {
  return withEnds(mended, run);
}

/**
 * Registers a test without leak checks: werift leaves handshake timers behind, which end by themselves.
 */
function weriftTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

weriftTest("messages of one moment share packets", async () => {
  await withPair(async (near, far) => {
    for (let i = 0; i < 30; i++) near.channel.send(`message ${i}`);
    await far.has(30);
    assert.deepEqual(far.received, Array.from({ length: 30 }, (_, i) => `message ${i}`));
    // 30 chunks of 28 bytes need one packet, and a few more because the window is small at first.
    assert.ok(near.countOf(DATA) <= 6, `${near.countOf(DATA)} packets`);
  });
});

weriftTest("a chunk that is gone when it is due is refused, and throws at nobody", async () => {
  await withPair(async (near) => {
    // werift's timer repeats its first chunk a turn later, when the answer may have taken the chunk away.
    const sent = () => near.association.sendChunk(undefined).then(() => false, () => true);
    assert.doesNotThrow(sent);
    assert.ok(await sent());
  });
});

weriftTest("no packet is longer than the path takes, whatever shares it", async () => {
  await withPair(async (near, far) => {
    const sizes = [1, 1100, 40, 5000, 7, 1163, 16];
    for (const size of sizes) near.channel.send("x".repeat(size));
    await far.has(sizes.length);
    assert.deepEqual(far.received.map(({ length }) => length), sizes);
    for (const { length } of near.packets) assert.ok(length <= near.association.mtu, `${length}`);
  });
});

weriftTest("an acknowledgement goes along with the answer", async () => {
  await withPair(async (near, far) => {
    const answer = far.channel.onmessage;
    far.channel.onmessage = (event) => {
      answer?.(event);
      far.channel.send("answer");
    };
    for (let i = 1; i <= 20; i++) {
      near.channel.send("question");
      await near.has(i);
    }
    await until(() => near.association.sentQueue.length === 0);
    await until(() => far.association.sentQueue.length === 0);
    // Only the last acknowledgement has no data to go with.
    assert.ok(far.countOf(SACK) + near.countOf(SACK) >= 20, "each packet begins with one");
    const bare = far.bareSacks + near.bareSacks;
    assert.ok(bare <= 3, `${bare} packets with nothing else`);
  });
});

weriftTest("what nothing answers is acknowledged all the same", async () => {
  await withPair(async (near) => {
    const isDone = () => near.association.sentQueue.length === 0;
    await until(isDone);
    const before = near.countOf(DATA);
    // The sender's timeout is so long that only the acknowledgement ends its wait.
    near.association.rto = 60;
    near.channel.send("alone");
    await until(isDone);
    assert.equal(near.countOf(DATA) - before, 1);
  });
});

weriftTest("beyond the window only what comes next is taken", async () => {
  await withPair((near) => {
    const { association } = near;
    const chunk = (ahead: number, bytes: number) => ({
      type: DATA,
      flags: 0,
      tsn: (association.lastReceivedTsn + ahead) >>> 0,
      streamId: 0,
      userData: Buffer.alloc(bytes),
    });
    const half = association.advertisedRwnd / 2;
    association.receiveDataChunk(chunk(2, half));
    association.receiveDataChunk(chunk(3, half));
    assert.equal(association.sackMisOrdered.size, 2);
    association.receiveDataChunk(chunk(5, 1));
    assert.equal(association.sackMisOrdered.size, 2, "there is no room for it");
    const { lastReceivedTsn } = association;
    association.receiveDataChunk(chunk(1, 1000));
    assert.equal(association.lastReceivedTsn, (lastReceivedTsn + 3) >>> 0, "the gap is filled");
    association.receiveDataChunk(chunk(1, 300 * 1024));
    assert.equal(association.lastReceivedTsn, (lastReceivedTsn + 3) >>> 0, "no message is so long");
    return Promise.resolve();
  });
});

weriftTest("of small messages out of order only so many are held", async () => {
  await withPair((near) => {
    const { association } = near;
    const first = association.lastReceivedTsn;
    // All at once. Each chunk is a whole message, and none is the next one.
    for (let ahead = 1; ahead <= 5000; ahead++) {
      association.receiveDataChunk({
        flags: 3,
        tsn: (first + ahead) >>> 0,
        streamId: 0,
        streamSeqNum: 1 + ahead,
        userData: Buffer.alloc(0),
      });
    }
    const held = association.inboundStreams[0]?.reassembly.length ?? 0;
    assert.ok(held > 0 && held <= 2048, `${held} held`);
    return Promise.resolve();
  });
});

for (const [name, chunk] of Object.entries({ ...ENDLESS, ...UNREADABLE })) {
  weriftTest(`a packet with ${name} costs that packet alone`, async () => {
    await withPair(async (near, far) => {
      await near.association.transport.send(
        packetOf(near.association.remoteVerificationTag, chunk),
      );
      near.channel.send("still here");
      await far.has(1);
      assert.deepEqual(far.received, ["still here"]);
    });
  });
}

weriftTest("gaps that overlap are not counted through", async () => {
  await withPair(async (near, far) => {
    const sack = (gaps: readonly number[]) => {
      const { lastSackedTsn: tsn } = far.association;
      const acknowledged = [tsn >>> 24, tsn >>> 16 & 255, tsn >>> 8 & 255, tsn & 255];
      const window = [0, 1, 0, 0];
      const header = [3, 0, 0, 16 + gaps.length, ...acknowledged, ...window];
      return packetOf(near.association.remoteVerificationTag, [
        ...header,
        0,
        gaps.length / 4,
        0,
        0,
        ...gaps,
      ]);
    };
    const before = far.association.peerAdvertisedRwnd;
    await near.association.transport.send(sack([0, 2, 255, 255, 0, 2, 255, 255]));
    near.channel.send("still here");
    await far.has(1);
    assert.equal(far.association.peerAdvertisedRwnd, before);
    await near.association.transport.send(sack([0, 2, 0, 3, 0, 5, 0, 5]));
    await until(() => far.association.peerAdvertisedRwnd === 65536);
  });
});

weriftTest("a packet with a wrong sum, and one that is none, cost that packet alone", async () => {
  await withPair(async (near, far) => {
    await near.association.transport.send(Buffer.alloc(20));
    await near.association.transport.send(Buffer.alloc(3));
    near.channel.send("still here");
    await far.has(1);
  });
});

weriftTest("what is no message of a channel's is not taken for one", async () => {
  await withPair(async (near, far) => {
    const [unknown, acknowledgement] = [99, 50];
    await near.association.send(0, unknown, Buffer.from("?"));
    await near.association.send(7, acknowledgement, Buffer.from([2]));
    near.channel.send("still here");
    await far.has(1);
    assert.deepEqual(far.received, ["still here"]);
  });
});

for (const last of [9, 0xfffffffd]) {
  weriftTest(`what is lost behind TSN ${last} is told in numbers, and found again`, async () => {
    await withPair(async (near) => {
      const { association } = near;
      association.lastReceivedTsn = last;
      const tsn = (ahead: number) => (last + ahead) >>> 0;
      for (const ahead of [5, 2, 3]) assert.equal(association.markReceived(tsn(ahead)), false);
      assert.equal(association.markReceived(tsn(3)), true);
      assert.equal(association.markReceived(tsn(0)), true);
      assert.equal(association.lastReceivedTsn, last);
      association.sackNeeded = true;
      await association.sendSack();
      const sack = near.packets.find((packet) => packet.readUInt8(12) === SACK)!.subarray(12);
      assert.equal(sack.readUInt32BE(4), last);
      const gaps = [16, 18, 20, 22].map((at) => sack.readUInt16BE(at));
      assert.deepEqual(gaps, [2, 3, 5, 5]);
      assert.deepEqual([24, 28].map((at) => sack.readUInt32BE(at)), [tsn(3), tsn(0)]);
      for (const ahead of [1, 4]) assert.equal(association.markReceived(tsn(ahead)), false);
      assert.equal(association.lastReceivedTsn, tsn(5));
      assert.equal(association.sackMisOrdered.size, 0);
    });
  });
}
