/** Notes the numbers of the DTLS records that a connection of werift sends. Owns no test. */

/** Type, version, epoch, sequence number and length: RFC 6347 section 4.1. */
const HEADER_BYTES = 13;

type Send = (bytes: Uint8Array) => Promise<unknown>;
interface Inner {
  iceTransports: readonly { connection: { send: Send } }[];
}

/** The encrypted records of one end, by epoch and number, and each number that two of them have. */
export interface Records {
  readonly byNumber: Map<string, string>;
  readonly repeated: string[];
}

/** `Connection` as a class whose instances note their records in `records`. */
export function recording(
  Connection: typeof RTCPeerConnection,
  { byNumber, repeated }: Records,
): typeof RTCPeerConnection {
  return class extends Connection {
    override createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
      const channel = super.createDataChannel(label, options);
      const { connection } = (this as unknown as Inner).iceTransports[0]!;
      const send = connection.send.bind(connection);
      connection.send = (bytes) => {
        note(bytes, byNumber, repeated);
        return send(bytes);
      };
      return channel;
    }
  };
}

function note(bytes: Uint8Array, records: Map<string, string>, repeated: string[]): void {
  const hex = (part: Uint8Array) => [...part].map((byte) => byte.toString(16)).join(" ");
  // A flight that is sent again has the same bytes. Messages of one flight share a datagram.
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const end = at + HEADER_BYTES + (bytes[at + 11]! << 8 | bytes[at + 12]!);
    const number = hex(bytes.subarray(at + 3, at + 11));
    const record = hex(bytes.subarray(at, end));
    const isEncrypted = bytes[at + 4] !== 0;
    if (isEncrypted && (records.get(number) ?? record) !== record) repeated.push(number);
    records.set(number, record);
    at = end;
  }
}
