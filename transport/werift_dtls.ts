/**
 * The record numbers of werift's DTLS. By itself it gives its Finished the next number of the epoch
 * before, counts the records behind it from 1, and comes to that number again: two records under one
 * key and nonce, which AES-GCM does not bear (RFC 5288 section 3). Browsers take the second for a
 * replay and drop it, which costs a second.
 */
import type { RTCPeerConnection } from "werift";

type Transport = RTCPeerConnection["dtlsTransports"][number];

/** What werift keeps to itself. */
interface Counters {
  epoch: number;
  recordSequenceNumber: number;
}

/** Mends what `transport` will say, before it says anything. */
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
        // What is taken next is the one behind it.
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

/** Calls `use` with the value of `owner[name]`, and with every one that takes its place. */
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
