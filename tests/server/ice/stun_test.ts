/** The node's STUN server. werift's codec, and a real socket, read its answers. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createSocket } from "node:dgram";
import { setImmediate } from "node:timers";
import { classes, Message, methods, parseMessage } from "werift";
import { FakeClock } from "../../fakes/clock.ts";
import { until } from "../../fakes/until.ts";
import { answerBinding } from "../../../server/ice/stun_answer.ts";
import { listenStun } from "../../../server/ice/stun_server.ts";

function request(): { bytes: Uint8Array; message: Message } {
  const message = new Message(methods.BINDING, classes.REQUEST);
  return { bytes: message.bytes, message };
}

for (
  const [address, port] of [
    ["192.168.1.7", 50_000],
    ["203.0.113.254", 1],
    ["2001:db8::7", 65_535],
    ["fe80::1%eth0", 4_000],
    ["::1", 3_478],
  ] as const
) {
  Deno.test(`STUN answers ${address} with its address and port`, () => {
    const { bytes, message } = request();
    const answer = parseMessage(Buffer.from(answerBinding(bytes, { address, port })!));
    assert.equal(answer?.messageClass, classes.RESPONSE);
    assert.deepEqual(answer?.transactionId, message.transactionId);
    const [shownAddress, shownPort] = answer!.getAttributeValue("XOR-MAPPED-ADDRESS");
    const expected = address.split("%")[0];
    assert.equal(new URL(`http://${bracketed(shownAddress)}/`).host, hostOf(expected!));
    assert.equal(shownPort, port);
  });
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

function hostOf(address: string): string {
  return new URL(`http://${bracketed(address)}/`).host;
}

Deno.test("STUN shows an IPv4 address that comes over an IPv6 socket as IPv4", () => {
  const source = { address: "::ffff:10.0.0.9", port: 9 };
  const answer = parseMessage(Buffer.from(answerBinding(request().bytes, source)!));
  assert.deepEqual(answer!.getAttributeValue("XOR-MAPPED-ADDRESS"), ["10.0.0.9", 9]);
});

Deno.test("STUN says nothing to what is no Binding request", () => {
  const source = { address: "10.0.0.9", port: 9 };
  const { bytes } = request();
  const response = Uint8Array.from(bytes);
  response[0] = 1;
  const wrongCookie = Uint8Array.from(bytes);
  wrongCookie[4] = 0;
  const wrongLength = Uint8Array.from(bytes);
  wrongLength[3] = 8;
  const random = crypto.getRandomValues(new Uint8Array(500));
  for (
    const sent of [
      new Uint8Array(),
      bytes.subarray(0, 19),
      response,
      wrongCookie,
      wrongLength,
      random,
    ]
  ) {
    assert.equal(answerBinding(sent, source), null);
  }
});

Deno.test("STUN refuses an attribute that it would have to understand, and names it", () => {
  const { bytes } = request();
  const sent = Uint8Array.of(...bytes, 0x7f, 0x01, 0, 4, 1, 2, 3, 4);
  sent[3] = 8;
  const answer = answerBinding(sent, { address: "10.0.0.9", port: 9 })!;
  const parsed = parseMessage(Buffer.from(answer));
  assert.equal(parsed?.messageClass, classes.ERROR);
  assert.equal(parsed?.getAttributeValue("ERROR-CODE")[0], 420);
});

Deno.test("STUN answers over a real socket", async () => {
  const server = listenStun(0, { host: "127.0.0.1" });
  const socket = createSocket("udp4");
  try {
    let answered: Buffer | null = null;
    socket.once("message", (bytes) => answered = bytes);
    socket.send(request().bytes, server.port, "127.0.0.1");
    await until(() => answered !== null);
    const answer = parseMessage(answered!);
    assert.deepEqual(answer?.getAttributeValue("XOR-MAPPED-ADDRESS"), [
      "127.0.0.1",
      socket.address().port,
    ]);
  } finally {
    socket.close();
    server.close();
  }
});

Deno.test("STUN on a port that is taken fails at once", () => {
  const server = listenStun(0, { host: "127.0.0.1" });
  assert.throws(() => listenStun(server.port, { host: "127.0.0.1" }), Deno.errors.AddrInUse);
  server.close();
});

for (const address of ["127.0.0.1", "::1"]) {
  Deno.test(`STUN answers on all interfaces, of ${address} too`, async () => {
    const server = listenStun(0, { host: null });
    const socket = createSocket(address === "::1" ? "udp6" : "udp4");
    try {
      let answered: Buffer | null = null;
      socket.once("message", (bytes) => answered = bytes);
      socket.send(request().bytes, server.port, address);
      await until(() => answered !== null);
      const shown = parseMessage(answered!)!.getAttributeValue("XOR-MAPPED-ADDRESS");
      assert.equal(new URL(`http://${bracketed(shown[0])}/`).host, hostOf(address));
    } finally {
      socket.close();
      server.close();
    }
  });
}

Deno.test("STUN answers an address that floods it a thousand times at once, and others go on", async () => {
  const clock = new FakeClock();
  const server = listenStun(0, { host: "127.0.0.1", clock });
  const flooder = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.2", port: 0 });
  const other = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const to = { transport: "udp", hostname: "127.0.0.1", port: server.port } as const;
  let answers = 0;
  const counting = (async () => {
    for await (const _ of flooder) answers++;
  })();
  try {
    const { bytes } = request();
    // The clock stands still. Each time that it moves, the server reads one slice's worth of packets.
    for (let slice = 0; slice < 40; slice++) {
      for (let n = 0; n < 50; n++) await flooder.send(bytes, to);
      await clock.advance(10);
      await untilIdle(() => answers);
    }
    assert.ok(answers >= 1_000 && answers <= 1_100, `${answers} answers`);
    let isAnswered = false;
    void other.receive().then(() => isAnswered = true, () => {});
    await other.send(bytes, to);
    // The request waits behind the packets that the flood has left in the kernel.
    for (let slice = 0; slice < 100 && !isAnswered; slice++) {
      await clock.advance(10);
      await untilIdle(() => answers);
    }
    assert.ok(isAnswered);
  } finally {
    server.close();
    other.close();
    flooder.close();
    await counting;
  }
});

Deno.test("STUN reads no more than its share in a moment, however much is sent", async () => {
  const clock = new FakeClock();
  const server = listenStun(0, { host: "127.0.0.1", clock });
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const to = { transport: "udp", hostname: "127.0.0.1", port: server.port } as const;
  let answers = 0;
  const counting = (async () => {
    for await (const _ of socket) answers++;
  })();
  try {
    for (let n = 0; n < 120; n++) await socket.send(request().bytes, to);
    await until(() => answers === 50);
    await untilIdle(() => answers);
    assert.equal(answers, 50);
    await clock.advance(10);
    await until(() => answers === 100);
  } finally {
    server.close();
    socket.close();
    await counting;
  }
});

/** Resolves when a count has stopped growing. No event shows that a packet stays unanswered. */
async function untilIdle(count: () => number): Promise<void> {
  for (let last = -1; count() !== last;) {
    last = count();
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}
