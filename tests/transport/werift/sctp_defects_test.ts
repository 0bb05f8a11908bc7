/** The defects of werift's SCTP that `transport/werift/sctp.ts` mends. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { until } from "../../fakes/until.ts";
import { defectTest, plainWerift, uncaughtIn } from "./plain_werift.ts";
import { DATA, End, ENDLESS, packetOf, UNREADABLE, withEnds } from "./sctp_pair.ts";

/** An association without a connection: it gets what the test gives it, and nothing else. */
function alone(): End["association"] {
  return aloneAt(9).association;
}

/** One end without the other, which has received everything up to `lastReceivedTsn`. */
function aloneAt(lastReceivedTsn: number): End {
  const end = new End(plainWerift);
  end.association.lastReceivedTsn = lastReceivedTsn;
  return end;
}

/** Many more reads than any of these packets needs. */
const MAX_READS = 10_000;
const STILL_READING = "is still reading";

/** Makes `buffer` throw after `MAX_READS` reads of its numbers, those of its slices included. */
function limit(buffer: Buffer, count = { reads: 0 }): void {
  const readUInt16BE = buffer.readUInt16BE.bind(buffer);
  buffer.readUInt16BE = (at) => {
    if (count.reads++ > MAX_READS) throw new Error(STILL_READING);
    return readUInt16BE(at);
  };
  const slice = buffer.slice.bind(buffer);
  buffer.slice = (...range) => {
    const part = slice(...range);
    limit(part, count);
    return part;
  };
}

for (const [name, chunk] of Object.entries(ENDLESS)) {
  defectTest({
    defect: `reads a packet with ${name} for ever`,
    mend: "areSound (sctp.ts)",
  }, async () => {
    const end = aloneAt(9);
    const packet = packetOf(end.association.localVerificationTag, chunk);
    limit(packet);
    const error = await uncaughtIn(() => end.take(packet));
    assert.equal((error as Error).message, STILL_READING);
  });
}

for (const [name, chunk] of Object.entries(UNREADABLE)) {
  defectTest({
    defect: `throws where nobody catches, for a packet with ${name}`,
    mend: "refuseNonsense (sctp.ts)",
  }, async () => {
    const end = aloneAt(9);
    const packet = packetOf(end.association.localVerificationTag, chunk);
    assert.ok(await uncaughtIn(() => end.take(packet)) instanceof Error);
  });
}

defectTest({
  defect: "throws where nobody catches, for a message of no known type",
  mend: "MESSAGE_TYPES (sctp.ts)",
}, async () => {
  const association = alone();
  const receive = () => association.receive(0, 99, Buffer.from("?"));
  assert.ok(await uncaughtIn(receive) instanceof Error);
});

defectTest({
  defect: "counts through each gap that an acknowledgement reports",
  mend: "hasGapsInOrder (sctp.ts)",
}, async () => {
  let steps = 0;
  const gap: readonly [number, number] = {
    ...[2, 0] as const,
    get 1() {
      steps++;
      return 0xffff;
    },
  };
  const association = alone();
  const { lastSackedTsn: cumulativeTsn } = association;
  await association.receiveSackChunk({ cumulativeTsn, advertisedRwnd: 65536, gaps: [gap, gap] });
  assert.ok(steps > 2 * 0xfff0, `${steps} steps`);
});

defectTest({
  defect: "holds data beyond its window",
  mend: "boundWindow (sctp.ts)",
}, () => {
  const association = alone();
  const chunk = (ahead: number, bytes: number) => ({
    flags: 3,
    tsn: association.lastReceivedTsn + ahead,
    streamId: 0,
    streamSeqNum: ahead,
    userData: Buffer.alloc(bytes),
  });
  const half = association.advertisedRwnd / 2;
  for (const ahead of [2, 3, 4, 5]) association.receiveDataChunk(chunk(ahead, half));
  assert.equal(association.sackMisOrdered.size, 4);
  for (let ahead = 6; ahead < 5000; ahead++) association.receiveDataChunk(chunk(ahead, 0));
  assert.equal(association.inboundStreams[0]?.reassembly.length, 4998);
  return Promise.resolve();
});

defectTest({
  defect: "sorts TSNs as text",
  mend: "countInNumbers (sctp.ts)",
}, () => {
  const digits = aloneAt(98).association;
  for (const tsn of [100, 99]) digits.markReceived(tsn);
  assert.equal(digits.lastReceivedTsn, 98, "in text, 100 comes before 99");
  return Promise.resolve();
});

defectTest({
  defect: "sends each message in a packet of its own",
  mend: "bundle (sctp.ts)",
}, async () => {
  await withEnds(plainWerift, async (near, far) => {
    for (let i = 0; i < 30; i++) near.channel.send(`message ${i}`);
    await far.has(30);
    assert.ok(near.countOf(DATA) >= 30, `${near.countOf(DATA)} packets`);
  });
});

defectTest({
  defect: "acknowledges each packet with another one",
  mend: "delayAcknowledgements (sctp.ts)",
}, async () => {
  await withEnds(plainWerift, async (near, far) => {
    for (let i = 1; i <= 20; i++) {
      near.channel.send("message");
      await far.has(i);
      await until(() => near.association.sentQueue.length === 0);
    }
    assert.ok(far.bareSacks >= 20, `${far.bareSacks} packets with an acknowledgement alone`);
  });
});

defectTest({
  defect: "waits 3 s before it repeats the first packet of SCTP",
  mend: "SCTP_INITIAL_RTO_SECONDS (werift.ts)",
}, () => {
  assert.equal(alone().rto, 3);
  return Promise.resolve();
});
