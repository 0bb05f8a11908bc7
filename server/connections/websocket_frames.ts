/** Encodes and decodes WebSocket frames (RFC 6455 section 5) for a server: bytes in, bytes out. */

/** Section 5.2. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const KNOWN: ReadonlySet<number> = new Set(Object.values(OPCODE));

/** A client's mask, between the length and the payload (section 5.3). */
const MASK_BYTES = 4;

/** A frame whose head has arrived. */
export interface Frame {
  readonly opcode: number;
  /** Whether this is the last frame of its message. */
  readonly isLast: boolean;
  /** Length of the payload in bytes. */
  readonly length: number;
  /** Index of the payload's first byte. */
  readonly payloadAt: number;
}

/** Whether a frame is a control frame, and so no part of a message. */
export function isControl(opcode: number): boolean {
  return opcode >= OPCODE.close;
}

/**
 * Reads the head of the frame that begins at `start`, in the bytes up to `end`. Returns null when the head
 * is incomplete, and the problem as a string when no client may send such a frame.
 */
export function frameAt(
  bytes: Uint8Array,
  { start, end }: { start: number; end: number },
): Frame | string | null {
  if (end - start < 2) return null;
  const [first, second] = [bytes[start]!, bytes[start + 1]!];
  const opcode = first & 0x0f;
  if ((first & 0x70) !== 0) return "The frame uses an extension that was not agreed on";
  if (!KNOWN.has(opcode)) return `The frame's opcode ${opcode} is not known`;
  if ((second & 0x80) === 0) return "The frame is not masked";
  const isLast = (first & 0x80) !== 0;
  const short = second & 0x7f;
  if (isControl(opcode) && (short > 125 || !isLast)) return "A control frame is small and whole";
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const payloadAt = start + 2 + lengthBytes + MASK_BYTES;
  if (end < payloadAt) return null;
  let length = lengthBytes === 0 ? short : 0;
  for (let at = start + 2; at < start + 2 + lengthBytes; at++) length = length * 256 + bytes[at]!;
  return { opcode, isLast, length, payloadAt };
}

/** Takes the mask off a whole frame's payload, in place. */
export function unmask(bytes: Uint8Array, { payloadAt, length }: Frame): void {
  const maskAt = payloadAt - MASK_BYTES;
  for (let index = 0; index < length; index++) {
    bytes[payloadAt + index]! ^= bytes[maskAt + (index & 3)]!;
  }
}

/** Returns one whole frame, without a mask, as a server sends it. */
export function frameOf(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const bytes = new Uint8Array(2 + lengthBytes + length);
  bytes[0] = 0x80 | opcode;
  bytes[1] = lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127;
  let rest = length;
  for (let at = 1 + lengthBytes; at > 1 && lengthBytes > 0; at--) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(payload, 2 + lengthBytes);
  return bytes;
}

/** Returns a close frame with its code and a reason of at most 123 bytes (section 5.5.1). */
export function closeFrame(code: number, reason: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(reason);
  return frameOf(OPCODE.close, new Uint8Array([code >> 8, code & 0xff, ...text]));
}

/** Returns the code in a close frame's payload; 1005 when it has none (section 7.1.5). */
export function closeCodeIn(payload: Uint8Array): number {
  return payload.length < 2 ? 1005 : payload[0]! << 8 | payload[1]!;
}
