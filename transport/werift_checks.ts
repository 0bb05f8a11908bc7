/**
 * What werift sends before it knows who is there: connectivity checks, and answers to those that come.
 * By itself it sends five of each to whatever address it is told, and again a second later. Data goes
 * to a nominated pair alone, which has answered, so it is not looked at.
 */
import type { Buffer } from "node:buffer";
import type { RTCPeerConnection } from "werift";
import type { SendAllowance } from "./send_allowance.ts";

type Connection = RTCPeerConnection["iceTransports"][number]["connection"];
type Protocol = Connection["candidatePairs"][number]["protocol"];
type Address = readonly [host: string, port: number];

/** What werift keeps to itself: where packets come in, straight or through a relay. */
interface Internals {
  datagramReceived?(data: Buffer, from: Address): void;
  handleStunMessage?(data: Buffer, from: Address): void;
}

/** Keeps what `protocol`, a socket or a relay of one connection, sends within `allowance`. */
export function limitChecks(protocol: Protocol, allowance: SendAllowance): void {
  /** Questions to the STUN server that the node is set to: they carry no password of a peer. */
  const ownQuestions = new WeakSet<object>();
  const request = protocol.request.bind(protocol);
  protocol.request = async (message, to, key, ...options) => {
    if (key === undefined) ownQuestions.add(message);
    const answer = await request(message, to, key, ...options);
    // werift has compared the transaction, where it came from and its integrity.
    if (key !== undefined) allowance.answered(nameOf(to));
    return answer;
  };
  const sendStun = protocol.sendStun.bind(protocol);
  protocol.sendStun = async (message, to) => {
    const isFree = ownQuestions.has(message) || allowance.take(nameOf(to), message.bytes.length);
    if (isFree) await sendStun(message, to);
  };
  countReceived(protocol as Internals, allowance);
}

function countReceived(protocol: Internals, allowance: SendAllowance): void {
  for (const name of ["datagramReceived", "handleStunMessage"] as const) {
    const receive = protocol[name]?.bind(protocol);
    if (receive === undefined) continue;
    protocol[name] = (data, from) => {
      allowance.received(nameOf(from), data.length);
      receive(data, from);
    };
  }
}

function nameOf([host, port]: Address): string {
  return `${host} ${port}`;
}
