/**
 * Reads and writes the messages of the node's STUN server: the answer to a Binding request (RFC 8489)
 * holds the address that the request came from. Written by hand, because a library's codec would load
 * all of WebRTC into the node for one kind of message. Tests read the answers with werift's codec.
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * |0 0|     STUN Message Type     |         Message Length        |
 * |                         Magic Cookie                          |
 * |                     Transaction ID (96 bits)                  |
 * ```
 */
import { isIPv6 } from "node:net";

const HEADER_BYTES = 20;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;
const MAGIC_COOKIE = 0x2112a442;
const XOR_MAPPED_ADDRESS = 0x0020;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
/** Attributes from here on may be ignored when they are not known (section 14). */
const FIRST_OPTIONAL = 0x8000;
/**
 * Required attributes that change nothing for a server without credentials: USERNAME, and ICE's PRIORITY
 * and USE-CANDIDATE.
 */
const HARMLESS = new Set([0x0006, 0x0024, 0x0025]);

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Returns the answer to `request` from `source`; null when it is no Binding request (section 6.3). */
export function answerBinding(request: Uint8Array, source: Endpoint): Uint8Array | null {
  if (request.length < HEADER_BYTES) return null;
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
  const length = view.getUint16(2);
  if (view.getUint16(0) !== BINDING_REQUEST || view.getUint32(4) !== MAGIC_COOKIE) return null;
  if (length % 4 !== 0 || HEADER_BYTES + length !== request.length) return null;
  const transaction = request.subarray(8, HEADER_BYTES);
  const unknown = unknownAttributes(view);
  if (unknown.length > 0) return encode(BINDING_ERROR, transaction, refusal(unknown));
  return encode(BINDING_SUCCESS, transaction, xorMappedAddress(source, transaction));
}

/** Returns the types of the attributes that a server must understand and this one doesn't (section 6.3.1). */
function unknownAttributes(view: DataView): number[] {
  const unknown: number[] = [];
  for (let at = HEADER_BYTES; at + 4 <= view.byteLength;) {
    const type = view.getUint16(at);
    if (type < FIRST_OPTIONAL && !HARMLESS.has(type)) unknown.push(type);
    at += 4 + Math.ceil(view.getUint16(at + 2) / 4) * 4;
  }
  return unknown;
}

function refusal(unknown: readonly number[]): Uint8Array {
  const reason = new TextEncoder().encode("Unknown Attribute");
  const code = attribute(ERROR_CODE, Uint8Array.of(0, 0, 4, 20, ...reason));
  const types = unknown.flatMap((type) => [type >> 8, type & 0xff]);
  return Uint8Array.of(...code, ...attribute(UNKNOWN_ATTRIBUTES, Uint8Array.from(types)));
}

/** Section 14.2: the address, XORed so that no NAT rewrites it. */
function xorMappedAddress({ address, port }: Endpoint, transaction: Uint8Array): Uint8Array {
  const bytes = addressBytes(address);
  const mask = Uint8Array.of(0x21, 0x12, 0xa4, 0x42, ...transaction);
  const family = bytes.length === 4 ? 0x01 : 0x02;
  const value = Uint8Array.of(
    0,
    family,
    (port >> 8) ^ 0x21,
    (port & 0xff) ^ 0x12,
    ...bytes.map((byte, index) => byte ^ (mask[index] as number)),
  );
  return attribute(XOR_MAPPED_ADDRESS, value);
}

function addressBytes(address: string): Uint8Array {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").split("%")[0] ?? "";
  if (!isIPv6(plain)) return Uint8Array.from(plain.split("."), Number);
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - groups.length - after.length;
  const all = [...groups, ...Array.from({ length: zeros }, () => "0"), ...after];
  return Uint8Array.from(all.flatMap((group) => {
    const number = Number.parseInt(group, 16);
    return [number >> 8, number & 0xff];
  }));
}

function attribute(type: number, value: Uint8Array): Uint8Array {
  const padded = new Uint8Array(4 + Math.ceil(value.length / 4) * 4);
  const view = new DataView(padded.buffer);
  view.setUint16(0, type);
  view.setUint16(2, value.length);
  padded.set(value, 4);
  return padded;
}

function encode(type: number, transaction: Uint8Array, attributes: Uint8Array): Uint8Array {
  const message = new Uint8Array(HEADER_BYTES + attributes.length);
  const view = new DataView(message.buffer);
  view.setUint16(0, type);
  view.setUint16(2, attributes.length);
  view.setUint32(4, MAGIC_COOKIE);
  message.set(transaction, 8);
  message.set(attributes, HEADER_BYTES);
  return message;
}
