/**
 * Corrects the record numbers of werift's DTLS. werift gives its Finished the next number of the previous
 * epoch, counts the following records from 1, and so comes to that number again. Then two records share one
 * key and nonce, which AES-GCM does not allow (RFC 5288 section 3). Browsers take the second record for a
 * replay and drop it, which costs a second. README.md has the text for upstream, and names the test that
 * tells when this file can go.
 */
import type { RTCPeerConnection } from "werift";

type Transport = RTCPeerConnection["dtlsTransports"][number];

/** Private counters of werift's DTLS context. */
interface Counters {
  epoch: number;
  recordSequenceNumber: number;
}

/** Corrects the record numbers of `transport`. Call it before the transport sends anything. */
export function mendDtls(transport: Transport): void {
  onValue(transport, "dtls", (socket) => onValue(socket, "dtls", mendCounters));
}

/** RFC 6347 section 4.1: each epoch counts from 0, and no number comes twice. */
function mendCounters(context: unknown): void {
  const counters = context as Counters;
  let { epoch, recordSequenceNumber: number } = counters;
  Object.defineProperties(counters, {
    epoch: {
      get: () => epoch,
      set(next: number) {
        // werift increments before use, so the next record gets 0.
        if (next > epoch) number = -1;
        epoch = next;
      },
    },
    recordSequenceNumber: {
      get: () => number,
      set: (next: number) => number = epoch === 0 ? next : Math.max(number, next),
    },
  });
}

/** Calls `use` with the value of `owner[name]`, and with every value that replaces it. */
function onValue(owner: unknown, name: string, use: (value: unknown) => void): void {
  const object = owner as Record<string, unknown>;
  let value = object[name];
  if (value !== undefined) use(value);
  Object.defineProperty(object, name, {
    configurable: true,
    enumerable: true,
    get: () => value,
    set(next) {
      value = next;
      if (next !== undefined) use(next);
    },
  });
}
