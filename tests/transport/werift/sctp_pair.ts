/**
 * Two connections of werift over loopback, with or without its mends, and the SCTP packets that they send.
 * Owns no test.
 */
import { Buffer } from "node:buffer";
import type { RTCDataChannel, RTCPeerConnection } from "werift";

type Association = NonNullable<RTCPeerConnection["sctpTransport"]>["sctp"];

/** Private members of werift that these tests use. */
export interface Internals {
  readonly mtu: number;
  readonly advertisedRwnd: number;
  lastReceivedTsn: number;
  sackNeeded: boolean;
  /** Seconds. */
  rto: number;
  markReceived(tsn: number): boolean;
  sendSack(): Promise<void>;
  readonly sackMisOrdered: ReadonlySet<number>;
  readonly sentQueue: readonly unknown[];
  readonly localVerificationTag: number;
  readonly remoteVerificationTag: number;
  readonly lastSackedTsn: number;
  readonly peerAdvertisedRwnd: number;
  readonly inboundStreams: Readonly<Record<number, { readonly reassembly: readonly unknown[] }>>;
  transport: { send(packet: Buffer): Promise<void> };
  sendChunk(chunk: unknown): Promise<void>;
  send(streamId: number, type: number, data: Buffer): Promise<void>;
  receive(streamId: number, type: number, data: Buffer): void;
  receiveSackChunk(
    chunk: {
      cumulativeTsn: number;
      advertisedRwnd: number;
      gaps: readonly (readonly [number, number])[];
    },
  ): Promise<void>;
  receiveDataChunk(
    chunk: {
      flags: number;
      tsn: number;
      streamId: number;
      streamSeqNum?: number;
      userData: Buffer;
    },
  ): void;
}

/** Makes a connection: werift's own class, or the mended one. */
export type Connect = () => RTCPeerConnection;

export class End {
  readonly connection: RTCPeerConnection;
  readonly channel: RTCDataChannel;
  readonly packets: Buffer[] = [];
  readonly received: string[] = [];
  readonly #waits: { count: number; resolve: () => void }[] = [];

  constructor(connect: Connect) {
    this.connection = connect();
    this.channel = this.connection.createDataChannel("test", { negotiated: true, id: 0 });
    this.channel.onmessage = ({ data }) => {
      this.received.push(String(data));
      for (const { count, resolve } of this.#waits) if (this.received.length >= count) resolve();
    };
  }

  get association(): Internals {
    return this.connection.sctpTransport?.sctp as Association as unknown as Internals;
  }

  /** Takes a packet as if it had come from the other end. */
  take(packet: Buffer): void {
    this.connection.dtlsTransports[0]?.dataReceiver(packet);
  }

  opened(): Promise<void> {
    return new Promise((resolve) => this.channel.onopen = () => resolve());
  }

  /** Resolves when `count` messages have arrived. */
  has(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waits.push({ count, resolve });
    if (this.received.length >= count) resolve();
    return promise;
  }

  /** Records sent packets from now on. */
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

  /** Sent packets with one SACK that reports no gap, and nothing else. */
  get bareSacks(): number {
    return this.packets.filter(({ length }) => length === 12 + 16).length;
  }
}

/** Negotiates by offer and answer. Each description has the candidates that are known by then. */
export async function negotiate(
  near: RTCPeerConnection,
  far: RTCPeerConnection,
  options: { iceRestart?: boolean } = {},
): Promise<void> {
  await near.setLocalDescription(await near.createOffer(options));
  await far.setRemoteDescription(near.localDescription!);
  await far.setLocalDescription(await far.createAnswer());
  await near.setRemoteDescription(far.localDescription!);
}

/** Runs `run` with two ends whose channels are open. */
export async function withEnds(
  connect: Connect,
  run: (near: End, far: End) => Promise<void>,
): Promise<void> {
  const [near, far] = [new End(connect), new End(connect)];
  try {
    for (const [from, to] of [[near, far], [far, near]] as const) {
      from.connection.onicecandidate = ({ candidate }) => {
        if (candidate) to.connection.addIceCandidate(candidate).catch(() => {});
      };
    }
    const opened = Promise.all([near.opened(), far.opened()]);
    await negotiate(near.connection, far.connection);
    await opened;
    near.record();
    far.record();
    await run(near, far);
  } finally {
    await Promise.all([near.connection.close(), far.connection.close()]);
  }
}

/** Types of chunks: RFC 9260 section 3.2. */
export const DATA = 0;
export const SACK = 3;

/** CRC32c, by RFC 9260 appendix A. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A packet with a correct checksum around any chunk, for the association that expects `tag`. */
export function packetOf(tag: number, chunk: readonly number[]): Buffer {
  const packet = Buffer.concat([Buffer.alloc(12), Buffer.from(chunk)]);
  packet.writeUInt16BE(5000, 0);
  packet.writeUInt16BE(5000, 2);
  packet.writeUInt32BE(tag, 4);
  packet.writeUInt32LE(crc32c(packet), 8);
  return packet;
}

/** Chunks whose lengths are too short for what they must hold: werift reads them for ever. */
export const ENDLESS: Readonly<Record<string, readonly number[]>> = {
  "a chunk shorter than its header": [11, 0, 0, 0],
  "a parameter shorter than its header": [4, 0, 0, 8, 0, 1, 0, 0],
};

/** Chunks that werift can't parse. */
export const UNREADABLE: Readonly<Record<string, readonly number[]>> = {
  "a chunk of no known type": [77, 0, 0, 4],
  "a data chunk without its header": [0, 3, 0, 4],
  "an acknowledgement that ends early": [3, 0, 0, 16, 0, 0, 0, 0, 0, 16, 0, 0, 255, 255, 0, 0],
};
