/**
 * Limits the packets that werift sends before the remote peer has answered: connectivity checks, and answers
 * to incoming checks. By itself werift sends five of each to any address that it is told, and again a second
 * later. Data goes only to a nominated pair, which has answered, so it is not limited. README.md has the text
 * for upstream.
 */
import type { Buffer } from "node:buffer";
import type { RTCPeerConnection } from "werift";
import type { SendAllowance } from "./send_allowance.ts";

type Connection = RTCPeerConnection["iceTransports"][number]["connection"];
type Protocol = Connection["candidatePairs"][number]["protocol"];
type Address = readonly [host: string, port: number];

/** Private methods of werift that receive packets, directly or through a relay. */
interface Internals {
  datagramReceived?(data: Buffer, from: Address): void;
  handleStunMessage?(data: Buffer, from: Address): void;
}

/** Keeps the STUN packets of `protocol`, a socket or a relay of one connection, within `allowance`. */
export function limitChecks(protocol: Protocol, allowance: SendAllowance): void {
  /** Requests to the configured STUN server: they carry no peer's password. */
  const ownQuestions = new WeakSet<object>();
  const request = protocol.request.bind(protocol);
  protocol.request = async (message, to, key, ...options) => {
    if (key === undefined) ownQuestions.add(message);
    const answer = await request(message, to, key, ...options);
    // werift has checked the answer's transaction id, source address and integrity.
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
