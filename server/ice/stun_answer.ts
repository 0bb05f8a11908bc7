/**
 * Decides how the node's STUN server answers a Binding request (RFC 8489): with the address that the request
 * came from, or with the attributes that it does not understand. The bytes are in `transport/stun_message.ts`.
 */
import {
  ATTRIBUTES,
  BINDING,
  encodeStun,
  encodeXorAddress,
  readStunAttributes,
  readStunHeader,
  type SocketAddress,
  type StunAttribute,
} from "../../transport/stun_message.ts";

/** Attributes from here on may be ignored when they are not known (section 14). */
const FIRST_OPTIONAL = 0x8000;
/** Required attributes that change nothing for a server without credentials. */
const HARMLESS: ReadonlySet<number> = new Set([
  ATTRIBUTES.username,
  ATTRIBUTES.priority,
  ATTRIBUTES.useCandidate,
]);

/** Returns the answer to `request` from `source`; null when it is no Binding request (section 6.3). */
export function answerBinding(request: Uint8Array, source: SocketAddress): Uint8Array | null {
  const header = readStunHeader(request);
  if (header === null || header.type !== BINDING.request || !header.isWhole) return null;
  const { transaction } = header;
  const unknown = unknownAttributes(request);
  if (unknown.length > 0) {
    return encodeStun({ type: BINDING.error, transaction, attributes: refusal(unknown) });
  }
  const value = encodeXorAddress(source, transaction);
  const attributes = [{ type: ATTRIBUTES.xorMappedAddress, value }];
  return encodeStun({ type: BINDING.success, transaction, attributes });
}

/** Returns the types of the attributes that a server must understand and this one doesn't (section 6.3.1). */
function unknownAttributes(request: Uint8Array): number[] {
  return readStunAttributes(request).map(({ type }) => type)
    .filter((type) => type < FIRST_OPTIONAL && !HARMLESS.has(type));
}

function refusal(unknown: readonly number[]): StunAttribute[] {
  const reason = new TextEncoder().encode("Unknown Attribute");
  const types = unknown.flatMap((type) => [type >> 8, type & 0xff]);
  return [
    { type: ATTRIBUTES.errorCode, value: Uint8Array.of(0, 0, 4, 20, ...reason) },
    { type: ATTRIBUTES.unknownAttributes, value: Uint8Array.from(types) },
  ];
}
