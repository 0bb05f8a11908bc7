/** No two DTLS records have the same number. AES-GCM depends on the key and the record number alone. */
import assert from "node:assert/strict";
import { LocalEnd } from "../../conformance/link_pair.ts";
import { until } from "../../fakes/until.ts";
import { webrtcLinks } from "../../../transport/mesh/webrtc.ts";
import { weriftPeerConnection } from "../../../transport/werift/werift.ts";

/** Type, version, epoch, sequence number and length: RFC 6347 section 4.1. */
const HEADER_BYTES = 13;

type Send = (bytes: Uint8Array) => Promise<unknown>;
interface Inner {
  iceTransports: readonly { connection: { send: Send } }[];
}

/** A PeerConnection that notes the records that it sends, by epoch and number. */
function recordingLinks(records: Map<string, string>, repeated: string[]) {
  class Recording extends weriftPeerConnection {
    override createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
      const channel = super.createDataChannel(label, options);
      const { connection } = (this as unknown as Inner).iceTransports[0]!;
      const send = connection.send.bind(connection);
      connection.send = (bytes) => {
        note(bytes, records, repeated);
        return send(bytes);
      };
      return channel;
    }
  }
  return webrtcLinks(Recording, { canRestart: false });
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

Deno.test({
  name: "werift gives no two records of DTLS one number, whichever side it has",
  // werift's timers end only after `close`; nothing of ours is left.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const repeated: string[] = [];
    const records = [new Map<string, string>(), new Map<string, string>()] as const;
    const near = new LocalEnd(recordingLinks(records[0], repeated), { isPolite: false });
    const far = new LocalEnd(recordingLinks(records[1], repeated), { isPolite: true });
    near.carry = (signal) => far.signal(signal);
    far.carry = (signal) => near.signal(signal);
    near.offer();
    await until(() => near.hasOpened && far.hasOpened, "both ends open");
    for (let n = 0; n < 20; n++) {
      near.send("from near");
      far.send("from far");
      await until(() => near.inbox.frames.length > n && far.inbox.frames.length > n);
    }
    near.close();
    far.close();
    for (const { size } of records) assert.ok(size > 20, `${size} records were seen`);
    assert.deepEqual(repeated, []);
  },
});
