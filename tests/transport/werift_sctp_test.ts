/** What werift's SCTP sends and takes, once mended: two real connections over loopback. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type RTCDataChannel, RTCPeerConnection } from "werift";
import { weriftPeerConnection } from "../../transport/werift.ts";

type Association = NonNullable<RTCPeerConnection["sctpTransport"]>["sctp"];

/** What werift keeps to itself, and these tests look at. */
interface Internals {
  readonly mtu: number;
  readonly advertisedRwnd: number;
  readonly lastReceivedTsn: number;
  readonly sackMisOrdered: ReadonlySet<number>;
  readonly sentQueue: readonly unknown[];
  transport: { send(packet: Buffer): Promise<void> };
  receiveDataChunk(chunk: { flags: number; tsn: number; userData: Buffer }): void;
}

class End {
  readonly connection = new weriftPeerConnection() as unknown as RTCPeerConnection;
  readonly channel: RTCDataChannel;
  readonly packets: Buffer[] = [];
  readonly received: string[] = [];
  readonly #waits: { count: number; resolve: () => void }[] = [];

  constructor() {
    this.channel = this.connection.createDataChannel("test", { negotiated: true, id: 0 });
    this.channel.onmessage = ({ data }) => {
      this.received.push(String(data));
      for (const { count, resolve } of this.#waits) if (this.received.length >= count) resolve();
    };
  }

  get association(): Internals {
    return this.connection.sctpTransport?.sctp as Association as unknown as Internals;
  }

  opened(): Promise<void> {
    return new Promise((resolve) => this.channel.onopen = () => resolve());
  }

  /** Resolves when so many messages have come. */
  has(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waits.push({ count, resolve });
    if (this.received.length >= count) resolve();
    return promise;
  }

  /** From here on packets are noted. */
  record(): void {
    const { transport } = this.association;
    const send = transport.send.bind(transport);
    transport.send = (packet) => {
      this.packets.push(packet);
      return send(packet);
    };
  }

  countOf(type: number): number {
    return this.packets.filter((packet) => packet.readUInt8(12) === type).length;
  }
}

async function withPair(run: (near: End, far: End) => Promise<void>): Promise<void> {
  const [near, far] = [new End(), new End()];
  try {
    for (const [from, to] of [[near, far], [far, near]] as const) {
      from.connection.onicecandidate = ({ candidate }) => {
        if (candidate) to.connection.addIceCandidate(candidate).catch(() => {});
      };
    }
    const opened = Promise.all([near.opened(), far.opened()]);
    const offer = await near.connection.createOffer();
    await near.connection.setLocalDescription(offer);
    await far.connection.setRemoteDescription(near.connection.localDescription!);
    await far.connection.setLocalDescription(await far.connection.createAnswer());
    await near.connection.setRemoteDescription(far.connection.localDescription!);
    await opened;
    near.record();
    far.record();
    await run(near, far);
  } finally {
    await Promise.all([near.connection.close(), far.connection.close()]);
  }
}

/** Resolves once `isTrue`, looking after every timer. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const DATA = 0;
const SACK = 3;

/** werift leaves timers of its handshake behind, which end by themselves. */
function weriftTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

weriftTest("messages of one moment share packets", async () => {
  await withPair(async (near, far) => {
    for (let i = 0; i < 30; i++) near.channel.send(`message ${i}`);
    await far.has(30);
    assert.deepEqual(far.received, Array.from({ length: 30 }, (_, i) => `message ${i}`));
    // 30 chunks of 28 bytes need one, and a few more for what the window lets out at first.
    assert.ok(near.countOf(DATA) <= 6, `${near.countOf(DATA)} packets`);
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
    // The last answer has nothing to go along with.
    assert.ok(far.countOf(SACK) + near.countOf(SACK) >= 20, "each packet begins with one");
    const bare = [...far.packets, ...near.packets].filter(({ length }) => length === 12 + 16);
    assert.ok(bare.length <= 3, `${bare.length} packets with nothing else`);
  });
});

weriftTest("what nothing answers is acknowledged all the same", async () => {
  await withPair(async (near) => {
    near.channel.send("alone");
    await until(() => near.association.sentQueue.length === 0);
    // Sent once: the acknowledgement came before the sender's patience ended.
    assert.equal(near.countOf(DATA), 1);
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
