/**
 * Corrects how werift's SCTP acknowledges and receives. By itself it answers every packet with another one,
 * which makes half of all packets. It holds all data that arrives out of order, with no memory limit. It
 * trusts the lengths in a packet, so that one packet can stop the thread. README.md has each defect, what
 * upstream knows of it, and the test that tells when its mend can go.
 */
import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import type { RTCPeerConnection } from "werift";

type Association = NonNullable<RTCPeerConnection["sctpTransport"]>["sctp"];

/** RFC 9260 section 3.2. */
const CHUNK = { data: 0, sack: 3 } as const;
/** RFC 9260 section 3.2.1, RFC 6525 section 3.1: offset of a chunk's parameters in bytes, by chunk type. */
const PARAMETERS_AT: Readonly<Record<number, number>> = {
  1: 20,
  2: 20,
  4: 4,
  5: 4,
  6: 4,
  9: 4,
  130: 4,
};
/**
 * RFC 8831 section 8: strings and bytes, and empty ones. Channels are negotiated out of band. For any other
 * type werift throws where nobody catches (werift issue 148).
 */
const MESSAGE_TYPES: ReadonlySet<number> = new Set([51, 53, 56, 57]);
/** RFC 9260 section 3.3.1: the E bit of a DATA chunk. */
const LAST_FRAGMENT = 1;
/** Header of a packet: RFC 9260 section 3.1. */
const HEADER_BYTES = 12;
/** Header of a chunk or of a parameter: two bytes of type (and flags), two bytes of length. */
const ITEM_HEADER_BYTES = 4;
/** A SACK that reports no gap and no duplicate. */
const SACK_BYTES = 16;
/** Data that fills a gap is taken beyond the window, up to the longest message. */
const BEYOND_WINDOW_BYTES = 256 * 1024;
/** Full chunks fill the window. Small chunks cost far more than their bytes, so their number is limited. */
const MAX_HELD_CHUNKS = 1024;

interface Chunk {
  readonly type: number;
  readonly bytes: Buffer;
}

interface DataChunk extends Chunk {
  readonly flags: number;
  readonly tsn: number;
  readonly streamId: number;
  readonly userData: Buffer;
}

/** Private members of werift's SCTP association. */
interface Internals {
  readonly mtu: number;
  readonly advertisedRwnd: number;
  lastReceivedTsn: number;
  sackDuplicates: number[];
  readonly sackMisOrdered: Set<number>;
  readonly inboundStreams: Readonly<Record<number, { readonly reassembly: readonly unknown[] }>>;
  sackNeeded: boolean;
  sackImmediate: boolean;
  sackPacketCount: number;
  sackHasNewDataInPacket: boolean;
  handleData(packet: Buffer): Promise<void>;
  receiveDataChunk(chunk: DataChunk): void;
  /** @returns whether `tsn` had been received before. */
  markReceived(tsn: number): boolean;
  sendSack(): Promise<void>;
  receive(streamId: number, type: number, data: Buffer): void;
  sendChunk(chunk: Chunk): Promise<void>;
}

/** Mends one association. */
export function mendSctp(association: Association): void {
  const inner = association as unknown as Internals;
  refuseNonsense(inner);
  boundWindow(inner);
  countInNumbers(inner);
  delayAcknowledgements(inner);
  bundle(inner);
}

/** Drops packets that werift can't process: it would throw where nobody catches. */
function refuseNonsense(inner: Internals): void {
  const handle = inner.handleData.bind(inner);
  inner.handleData = async (packet) => {
    if (areSound(packet.subarray(HEADER_BYTES), isChunkSound)) await handle(packet).catch(() => {});
  };
  const receive = inner.receive.bind(inner);
  inner.receive = (streamId, type, data) => {
    if (MESSAGE_TYPES.has(type)) receive(streamId, type, data);
  };
}

/** Whether each item's length covers at least its header: werift loops forever on a shorter one. */
function areSound(items: Buffer, isSound: (item: Buffer) => boolean = () => true): boolean {
  for (let at = 0; at + ITEM_HEADER_BYTES <= items.length;) {
    const length = items.readUInt16BE(at + 2);
    if (length < ITEM_HEADER_BYTES || !isSound(items.subarray(at, at + length))) return false;
    at += Math.ceil(length / 4) * 4;
  }
  return true;
}

function isChunkSound(chunk: Buffer): boolean {
  const type = chunk.readUInt8(0);
  if (type === CHUNK.sack) return hasGapsInOrder(chunk);
  const parametersAt = PARAMETERS_AT[type];
  return parametersAt === undefined || areSound(chunk.subarray(parametersAt));
}

/**
 * Whether a SACK's gap blocks ascend (RFC 9260 section 3.3.4). werift counts through each block, which would
 * take seconds for many wide ones.
 */
function hasGapsInOrder(sack: Buffer): boolean {
  if (sack.length < SACK_BYTES) return false;
  const end = SACK_BYTES + 4 * sack.readUInt16BE(12);
  if (end > sack.length) return false;
  let last = 0;
  for (let at = SACK_BYTES; at < end; at += 4) {
    if (sack.readUInt16BE(at) <= last) return false;
    last = sack.readUInt16BE(at + 2);
  }
  return true;
}

/** RFC 9260 section 6.2: beyond the advertised window, takes only data that fills a gap. */
function boundWindow(inner: Internals): void {
  const receive = inner.receiveDataChunk.bind(inner);
  const heldOf = ({ streamId }: DataChunk) =>
    inner.inboundStreams[streamId]?.reassembly.length ?? 0;
  let held = 0;
  inner.receiveDataChunk = (chunk) => {
    const isNext = chunk.tsn === (inner.lastReceivedTsn + 1) >>> 0;
    const leftBytes = inner.advertisedRwnd - chunk.userData.length;
    if (leftBytes < (isNext ? -BEYOND_WINDOW_BYTES : 0)) return;
    if (held >= (isNext ? 2 : 1) * MAX_HELD_CHUNKS) return;
    const before = heldOf(chunk);
    receive(chunk);
    held += heldOf(chunk) - before;
  };
}

/**
 * RFC 9260 section 6.2: acknowledges data in order within 200 ms, or with every second packet. As in TCP,
 * that is every second full packet, since windows count bytes. werift implements the delay (werift pull
 * request 551), but then asks for an immediate SACK.
 */
function delayAcknowledgements(inner: Internals): void {
  const receive = inner.receiveDataChunk.bind(inner);
  let owedBytes = 0;
  inner.receiveDataChunk = (chunk) => {
    const wasOwed = inner.sackNeeded;
    const wasImmediate = inner.sackImmediate;
    receive(chunk);
    owedBytes = (wasOwed ? owedBytes : 0) + chunk.userData.length;
    const isWhole = (chunk.flags & LAST_FRAGMENT) !== 0;
    if (!isWhole || !isInOrder(inner) || owedBytes >= 2 * inner.mtu) return;
    inner.sackImmediate = wasImmediate;
    inner.sackHasNewDataInPacket = false;
  };
}

/** Counts TSNs as numbers. werift sorts them as text, and loses count when they gain a digit or wrap to 0. */
function countInNumbers(inner: Internals): void {
  inner.markReceived = (tsn) => {
    const { sackMisOrdered } = inner;
    const ahead = (tsn - inner.lastReceivedTsn) | 0;
    if (ahead <= 0 || sackMisOrdered.has(tsn)) {
      inner.sackDuplicates.push(tsn);
      return true;
    }
    sackMisOrdered.add(tsn);
    while (sackMisOrdered.delete((inner.lastReceivedTsn + 1) >>> 0)) {
      inner.lastReceivedTsn = (inner.lastReceivedTsn + 1) >>> 0;
    }
    return false;
  };
  inner.sendSack = async () => {
    if (inner.sackNeeded) await inner.sendChunk({ type: CHUNK.sack, bytes: takeSack(inner) });
  };
}

/**
 * Bundles the messages of one moment into one packet (RFC 9260 section 6.10), with the SACK that is due
 * (section 6.1).
 */
function bundle(inner: Internals): void {
  const send = inner.sendChunk.bind(inner);
  let waiting: Buffer[] = [];
  let bytes: number = HEADER_BYTES;
  const flush = () => {
    if (waiting.length === 0) return;
    const chunks = waiting;
    if (inner.sackNeeded && isInOrder(inner) && bytes + SACK_BYTES <= inner.mtu) {
      chunks.unshift(takeSack(inner));
    }
    waiting = [];
    bytes = HEADER_BYTES;
    // A packet that can't be sent counts as lost: SCTP sends it again.
    send({ type: CHUNK.data, bytes: Buffer.concat(chunks) }).catch(() => {});
  };
  // Rejects, as werift's own does, where its timer repeats a chunk that the answer has taken away meanwhile.
  inner.sendChunk = async (chunk) => {
    if (chunk.type !== CHUNK.data) {
      flush();
      return await send(chunk);
    }
    const { bytes: encoded } = chunk;
    if (bytes + encoded.length > inner.mtu) flush();
    if (waiting.push(encoded) === 1) setImmediate(flush);
    bytes += encoded.length;
  };
}

/** Returns the SACK that is due, as a chunk (RFC 9260 section 3.3.4). After this call none is due. */
function takeSack(inner: Internals): Buffer {
  const { lastReceivedTsn, advertisedRwnd, mtu } = inner;
  const room = (mtu - HEADER_BYTES - SACK_BYTES) / 4;
  const gaps = gapsOf(inner).slice(0, room);
  const duplicates = inner.sackDuplicates.slice(0, room - gaps.length);
  inner.sackNeeded = inner.sackImmediate = false;
  inner.sackPacketCount = 0;
  inner.sackDuplicates = [];
  const sack = Buffer.alloc(SACK_BYTES + 4 * (gaps.length + duplicates.length));
  sack.writeUInt8(CHUNK.sack, 0);
  sack.writeUInt16BE(sack.length, 2);
  sack.writeUInt32BE(lastReceivedTsn, 4);
  sack.writeUInt32BE(Math.max(0, advertisedRwnd), 8);
  sack.writeUInt16BE(gaps.length, 12);
  sack.writeUInt16BE(duplicates.length, 14);
  let at = SACK_BYTES;
  for (const [first, last] of gaps) {
    sack.writeUInt16BE(first, at);
    sack.writeUInt16BE(last, at + 2);
    at += 4;
  }
  for (const tsn of duplicates) at = sack.writeUInt32BE(tsn, at);
  return sack;
}

/** Returns each block received after a gap: first and last TSN, as offsets from the last TSN in order. */
function gapsOf({ lastReceivedTsn, sackMisOrdered }: Internals): [number, number][] {
  const gaps: [number, number][] = [];
  const offsets = [...sackMisOrdered].map((tsn) => (tsn - lastReceivedTsn) >>> 0)
    .filter((offset) => offset <= 0xffff)
    .sort((a, b) => a - b);
  for (const offset of offsets) {
    const gap = gaps.at(-1);
    if (gap !== undefined && offset === gap[1] + 1) gap[1] = offset;
    else gaps.push([offset, offset]);
  }
  return gaps;
}

function isInOrder({ sackDuplicates, sackMisOrdered }: Internals): boolean {
  return sackDuplicates.length === 0 && sackMisOrdered.size === 0;
}
