/** The bytes of STUN: vectors of RFC 5769, werift's codec, and what is read from broken messages. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { classes, Message, methods, parseMessage } from "werift";
import {
  ATTRIBUTES,
  BINDING,
  encodeStun,
  encodeXorAddress,
  readAddress,
  readStunAttributes,
  readStunHeader,
  readXorAddress,
} from "../../transport/stun_message.ts";

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const transaction = bytesOf("b7e7a701bc34d686fa87dfae");

for (
  const [address, hex] of [
    ["192.0.2.1", "00 01 a1 47 e1 12 a6 43"],
    [
      "2001:db8:1234:5678:11:2233:4455:6677",
      "00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9",
    ],
  ] as const
) {
  Deno.test(`XOR-MAPPED-ADDRESS of ${address} is that of RFC 5769`, () => {
    const value = encodeXorAddress({ address, port: 32853 }, transaction);
    assert.deepEqual(value, bytesOf(hex));
    assert.deepEqual(readXorAddress(value, transaction), { address, port: 32853 });
  });
}

for (
  const [address, read] of [
    ["::ffff:10.0.0.9", "10.0.0.9"],
    ["fe80::1%eth0", "fe80::1"],
    ["::1", "::1"],
    ["2001:db8::", "2001:db8::"],
  ] as const
) {
  Deno.test(`${address} is read back as ${read}`, () => {
    const value = encodeXorAddress({ address, port: 9 }, transaction);
    assert.deepEqual(readXorAddress(value, transaction), { address: read, port: 9 });
  });
}

Deno.test("a value that is no address is read as none", () => {
  for (
    const hex of ["", "00", "00 01", "00 01 a1 47", "00 01 a1 47 e1 12 a6 43 00", "00 02 a1 47"]
  ) {
    assert.equal(readAddress(bytesOf(hex)), null, hex);
    assert.equal(readXorAddress(bytesOf(hex), transaction), null, hex);
  }
});

Deno.test("werift reads a message as it was written, and its messages are read", () => {
  const value = encodeXorAddress({ address: "192.0.2.1", port: 32853 }, transaction);
  const attributes = [{ type: ATTRIBUTES.xorMappedAddress, value }];
  const written = encodeStun({ type: BINDING.success, transaction, attributes });
  const read = parseMessage(Buffer.from(written));
  assert.deepEqual(read?.getAttributeValue("XOR-MAPPED-ADDRESS"), ["192.0.2.1", 32853]);

  const { bytes, transactionId } = new Message(methods.BINDING, classes.REQUEST);
  assert.deepEqual(readStunHeader(Uint8Array.from(bytes)), {
    type: BINDING.request,
    transaction: Uint8Array.from(transactionId),
    isWhole: true,
  });
});

Deno.test("attributes are padded to four bytes, and keep their length", () => {
  const attributes = [
    { type: 1, value: Uint8Array.of(7) },
    { type: 0x8001, value: Uint8Array.of(1, 2, 3, 4, 5) },
    { type: 2, value: new Uint8Array() },
  ];
  const written = encodeStun({ type: BINDING.request, transaction, attributes });
  assert.equal(written.length, 20 + 8 + 12 + 4);
  assert.deepEqual(readStunAttributes(written), attributes);
});

Deno.test("a header says whether its length is that of the message", () => {
  const message = encodeStun({ type: BINDING.request, transaction, attributes: [] });
  assert.equal(readStunHeader(message)?.isWhole, true);
  assert.equal(readStunHeader(Uint8Array.of(...message, 0, 0, 0, 0))?.isWhole, false);
  assert.equal(readStunHeader(Uint8Array.of(...message, 0))?.isWhole, false);
  assert.equal(readStunHeader(message.subarray(0, 19)), null);
  message[4] = 0;
  assert.equal(readStunHeader(message), null, "another magic cookie");
});
