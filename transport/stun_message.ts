/**
 * Reads and writes STUN messages (RFC 8489), for the node's STUN server and for the terminal's STUN client.
 * It does not decide what to ask or how to answer. Written by hand, because a library's codec
 * would load all of WebRTC for one kind of message. Tests compare it with werift's codec.
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * |0 0|     STUN Message Type     |         Message Length        |
 * |                         Magic Cookie                          |
 * |                     Transaction ID (96 bits)                  |
 * ```
 */

const HEADER_BYTES = 20;
const MAGIC_COOKIE = 0x2112a442;
/** Type and length, before the value of each attribute. */
const ATTRIBUTE_HEADER_BYTES = 4;
const FAMILY = { ipv4: 1, ipv6: 2 } as const;

/** Message types of the Binding method (section 3). */
export const BINDING = { request: 0x0001, success: 0x0101, error: 0x0111 } as const;

/** Attribute types (section 18.3, RFC 5780 section 7). */
export const ATTRIBUTES = {
  changeRequest: 0x0003,
  username: 0x0006,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  xorMappedAddress: 0x0020,
  /** ICE (RFC 8445 section 16.1). */
  priority: 0x0024,
  useCandidate: 0x0025,
  otherAddress: 0x802c,
} as const;

/** An IP address and a port. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

export interface StunHeader {
  readonly type: number;
  /** 12 bytes. */
  readonly transaction: Uint8Array;
  /** Whether the length in the header is a multiple of 4, and that of the bytes that follow. */
  readonly isWhole: boolean;
}

export interface StunAttribute {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Returns the header of a message; null when the bytes are no STUN message. */
export function readStunHeader(bytes: Uint8Array): StunHeader | null {
  if (bytes.length < HEADER_BYTES) return null;
  const view = viewOf(bytes);
  if (view.getUint32(4) !== MAGIC_COOKIE) return null;
  const length = view.getUint16(2);
  return {
    type: view.getUint16(0),
    transaction: bytes.subarray(8, HEADER_BYTES),
    isWhole: length % 4 === 0 && HEADER_BYTES + length === bytes.length,
  };
}

/** Returns the attributes of a message, in their order. The value of a truncated attribute is truncated too. */
export function readStunAttributes(bytes: Uint8Array): StunAttribute[] {
  const view = viewOf(bytes);
  const attributes: StunAttribute[] = [];
  for (let at = HEADER_BYTES; at + ATTRIBUTE_HEADER_BYTES <= bytes.length;) {
    const length = view.getUint16(at + 2);
    const start = at + ATTRIBUTE_HEADER_BYTES;
    attributes.push({ type: view.getUint16(at), value: bytes.subarray(start, start + length) });
    at = start + paddedLength(length);
  }
  return attributes;
}

export function encodeStun(
  { type, transaction, attributes }: Omit<StunHeader, "isWhole"> & {
    readonly attributes: readonly StunAttribute[];
  },
): Uint8Array<ArrayBuffer> {
  const lengths = attributes.map(({ value }) =>
    ATTRIBUTE_HEADER_BYTES + paddedLength(value.length)
  );
  const length = lengths.reduce((sum, each) => sum + each, 0);
  const message = new Uint8Array(HEADER_BYTES + length);
  const view = viewOf(message);
  view.setUint16(0, type);
  view.setUint16(2, length);
  view.setUint32(4, MAGIC_COOKIE);
  message.set(transaction, 8);
  let at = HEADER_BYTES;
  for (const [index, { type, value }] of attributes.entries()) {
    view.setUint16(at, type);
    view.setUint16(at + 2, value.length);
    message.set(value, at + ATTRIBUTE_HEADER_BYTES);
    at += lengths[index]!;
  }
  return message;
}

/** Returns the value of XOR-MAPPED-ADDRESS (section 14.2). An IPv4 address mapped to IPv6 is written as IPv4. */
export function encodeXorAddress(
  { address, port }: SocketAddress,
  transaction: Uint8Array,
): Uint8Array {
  const bytes = addressBytes(address);
  const family = bytes.length === 4 ? FAMILY.ipv4 : FAMILY.ipv6;
  return xor(Uint8Array.of(0, family, port >> 8, port & 0xff, ...bytes), transaction);
}

/** Returns the address in a value of XOR-MAPPED-ADDRESS; null when it holds none. */
export function readXorAddress(value: Uint8Array, transaction: Uint8Array): SocketAddress | null {
  return readAddress(xor(value, transaction));
}

/** Returns the address in a value of OTHER-ADDRESS, or MAPPED-ADDRESS (section 14.1); null when it holds none. */
export function readAddress(value: Uint8Array): SocketAddress | null {
  const isIPv6 = value[1] === FAMILY.ipv6;
  if (value.length !== (isIPv6 ? 20 : 8)) return null;
  const view = viewOf(value);
  const port = view.getUint16(2);
  if (!isIPv6) return { address: value.subarray(4).join("."), port };
  const groups = Array.from(
    { length: 8 },
    (_, index) => view.getUint16(4 + 2 * index).toString(16),
  );
  // `URL` writes an IPv6 address in its one short form.
  return { address: new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1), port };
}

/**
 * XORs port and address of a value, so that no NAT rewrites them: the port with the start of the magic cookie,
 * the address with the cookie and the transaction. The inverse of itself.
 */
function xor(value: Uint8Array, transaction: Uint8Array): Uint8Array {
  const key = Uint8Array.of(0x21, 0x12, 0xa4, 0x42, ...transaction);
  return value.map((byte, index) => {
    if (index < 2) return byte;
    return byte ^ ((index < 4 ? key[index - 2] : key[index - 4]) ?? 0);
  });
}

function addressBytes(address: string): number[] {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").split("%")[0] ?? "";
  if (!plain.includes(":")) return plain.split(".").map(Number);
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - groups.length - after.length;
  const all = [...groups, ...Array.from({ length: zeros }, () => "0"), ...after];
  return all.flatMap((group) => {
    const number = Number.parseInt(group, 16);
    return [number >> 8, number & 0xff];
  });
}

function paddedLength(length: number): number {
  return Math.ceil(length / 4) * 4;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
