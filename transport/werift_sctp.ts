/**
 * When werift's SCTP acknowledges, and what it takes in. By itself it answers every packet with one of
 * its own, and holds whatever comes out of order: half of all packets, and no end of memory.
 */
import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import type { RTCPeerConnection } from "werift";

type Association = NonNullable<RTCPeerConnection["sctpTransport"]>["sctp"];

/** RFC 9260 section 3.2. */
const CHUNK = { data: 0, sack: 3 } as const;
/** RFC 9260 section 3.3.1: the E bit of a DATA chunk. */
const LAST_FRAGMENT = 1;
/** Of a packet: RFC 9260 section 3.1. */
const HEADER_BYTES = 12;
/** Of a SACK that reports no gap and no duplicate. */
const SACK_BYTES = 16;
/** What fills a gap is taken beyond the window, up to the longest message. */
const BEYOND_WINDOW_BYTES = 256 * 1024;

interface Chunk {
  readonly type: number;
  readonly bytes: Buffer;
}

interface DataChunk extends Chunk {
  readonly flags: number;
  readonly tsn: number;
  readonly userData: Buffer;
}

/** What werift keeps to itself. */
interface Internals {
  readonly mtu: number;
  readonly advertisedRwnd: number;
  readonly lastReceivedTsn: number;
  readonly sackDuplicates: readonly number[];
  readonly sackMisOrdered: ReadonlySet<number>;
  sackNeeded: boolean;
  sackImmediate: boolean;
  sackPacketCount: number;
  sackHasNewDataInPacket: boolean;
  receiveDataChunk(chunk: DataChunk): void;
  sendChunk(chunk: Chunk): Promise<void>;
}

/** Mends one association. */
export function mendSctp(association: Association): void {
  const inner = association as unknown as Internals;
  boundWindow(inner);
  delayAcknowledgements(inner);
  bundle(inner);
}

/** RFC 9260 section 6.2: beyond the window that was advertised only what fills a gap is taken. */
function boundWindow(inner: Internals): void {
  const receive = inner.receiveDataChunk.bind(inner);
  inner.receiveDataChunk = (chunk) => {
    const isNext = chunk.tsn === (inner.lastReceivedTsn + 1) >>> 0;
    const leftBytes = inner.advertisedRwnd - chunk.userData.length;
    if (leftBytes >= (isNext ? -BEYOND_WINDOW_BYTES : 0)) receive(chunk);
  };
}

/**
 * RFC 9260 section 6.2: what comes in order is acknowledged within 200 ms, or with every second packet;
 * as in TCP, a full one, since windows count bytes. werift has all that, and then asks for one at once.
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

/**
 * RFC 9260 section 6.10: messages of one moment share a packet, and section 6.1: the acknowledgement
 * that is owed goes along.
 */
function bundle(inner: Internals): void {
  const send = inner.sendChunk.bind(inner);
  let waiting: Buffer[] = [];
  let bytes: number = HEADER_BYTES;
  const flush = () => {
    if (waiting.length === 0) return;
    const chunks = waiting;
    if (inner.sackNeeded && isInOrder(inner) && bytes + SACK_BYTES <= inner.mtu) {
      chunks.unshift(plainSack(inner));
    }
    waiting = [];
    bytes = HEADER_BYTES;
    // A packet that can't be sent is a lost one: it is sent again.
    send({ type: CHUNK.data, bytes: Buffer.concat(chunks) }).catch(() => {});
  };
  inner.sendChunk = (chunk) => {
    if (chunk.type !== CHUNK.data) {
      flush();
      return send(chunk);
    }
    const { bytes: encoded } = chunk;
    if (bytes + encoded.length > inner.mtu) flush();
    if (waiting.push(encoded) === 1) setImmediate(flush);
    bytes += encoded.length;
    return Promise.resolve();
  };
}

/** What is owed, as a chunk: RFC 9260 section 3.3.4. */
function plainSack(inner: Internals): Buffer {
  const { lastReceivedTsn, advertisedRwnd } = inner;
  inner.sackNeeded = inner.sackImmediate = false;
  inner.sackPacketCount = 0;
  const sack = Buffer.alloc(SACK_BYTES);
  sack.writeUInt8(CHUNK.sack, 0);
  sack.writeUInt16BE(SACK_BYTES, 2);
  sack.writeUInt32BE(lastReceivedTsn, 4);
  sack.writeUInt32BE(Math.max(0, advertisedRwnd), 8);
  return sack;
}

function isInOrder({ sackDuplicates, sackMisOrdered }: Internals): boolean {
  return sackDuplicates.length === 0 && sackMisOrdered.size === 0;
}
