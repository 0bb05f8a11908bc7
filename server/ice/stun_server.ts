/**
 * Answers STUN Binding requests over UDP, so that a closed network needs no public server. UDP has no flow
 * control, and anyone can send. So the server reads only as many packets as a small share of the thread
 * allows (the kernel drops the rest), and sends only so many answers to an address, which may be forged.
 */
import { type Clock, systemClock } from "../../transport/transport.ts";
import { RateLimit } from "../limits/rate_limit.ts";
import { answerBinding } from "./stun_answer.ts";

/**
 * ICE requests have about a hundred bytes. A packet that is longer than this is truncated, and then is no
 * request.
 */
const MAX_REQUEST_BYTES = 1500;
/** Reading and answering one request takes some 20 µs: 50 in 10 ms are a tenth of the thread. */
const SLICE = { ms: 10, reads: 50 } as const;
/**
 * Answers a second to one address, with bursts of four times as many: when sixty people of a school open a
 * room behind one address, they make a thousand connections.
 */
const ANSWERS_PER_SECOND = 250;

export interface StunServer {
  readonly port: number;
  close(): void;
}

export interface StunOptions {
  /** Null for all interfaces. */
  readonly host: string | null;
  readonly clock?: Clock;
}

/**
 * Answers on `port`, over IPv4, and over IPv6 if the machine has it.
 * @throws {Deno.errors.AddrInUse} and other errors of the system when the port can't be opened.
 */
export function listenStun(port: number, { host, clock = systemClock }: StunOptions): StunServer {
  const sockets = host === null ? listenEverywhere(port) : [listen(host, port)];
  const limits = {
    reads: new ReadSlices(clock),
    answers: new RateLimit(ANSWERS_PER_SECOND, clock),
  };
  const closing = new AbortController();
  for (const socket of sockets) void serve(socket, { ...limits, signal: closing.signal });
  return {
    port: portOf(sockets[0]!),
    close: () => {
      closing.abort();
      for (const socket of sockets.splice(0)) socket.close();
    },
  };
}

function listen(hostname: string, port: number): Deno.DatagramConn {
  return Deno.listenDatagram({ transport: "udp", hostname, port });
}

/** `::` accepts IPv4 too on most systems. If it does not, or there is no IPv6, IPv4 has its own socket. */
function listenEverywhere(port: number): Deno.DatagramConn[] {
  let socket: Deno.DatagramConn;
  try {
    socket = listen("::", port);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) throw error;
    return [listen("0.0.0.0", port)];
  }
  try {
    return [socket, listen("0.0.0.0", portOf(socket))];
  } catch {
    return [socket];
  }
}

function portOf({ addr }: Deno.DatagramConn): number {
  return (addr as Deno.NetAddr).port;
}

/** Limits how many packets are read in each slice of time, from all sockets together. */
class ReadSlices {
  readonly #clock: Clock;
  #left = 0;
  #endsAtMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when one more packet may be read. */
  async turn(): Promise<void> {
    while (true) {
      const restMs = this.#endsAtMs - this.#clock.now();
      if (restMs <= 0) {
        this.#left = SLICE.reads;
        this.#endsAtMs = this.#clock.now() + SLICE.ms;
      }
      if (this.#left-- > 0) return;
      await new Promise<void>((resolve) => void this.#clock.after(restMs, resolve));
    }
  }
}

interface Limits {
  readonly reads: ReadSlices;
  readonly answers: RateLimit;
  readonly signal: AbortSignal;
}

async function serve(socket: Deno.DatagramConn, { reads, answers, signal }: Limits): Promise<void> {
  const buffer = new Uint8Array(MAX_REQUEST_BYTES);
  while (true) {
    await reads.turn();
    try {
      const [request, source] = await socket.receive(buffer);
      const { hostname: address, port } = source as Deno.NetAddr;
      const answer = answerBinding(request, { address, port });
      // A client that does not get the answer asks again.
      if (answer !== null && answers.bucket(address).take()) await socket.send(answer, source);
    } catch {
      // Unless the server is closing, the address can't be reached, or refused an earlier answer.
      if (signal.aborted) return;
    }
  }
}
