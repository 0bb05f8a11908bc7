/**
 * A program that measures how the NAT in front of it maps and filters, by the tests of RFC 5780 section
 * 4. Arguments: the mirror's two addresses. Prints a `NatFinding` as JSON.
 */
import { createSocket, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { MIRROR_PORTS, type MirrorAnswer, type MirrorQuestion } from "./nat_mirror.ts";

/** In the lab an answer takes a millisecond. An answer still missing after three tries will not come. */
const TRIES = 3;
/** Tries where an answer must come unless UDP is blocked. A mirror on a busy machine may be slow. */
const PATIENT_TRIES = 10;
const TRY_MS = 200;

export interface NatFinding {
  /** Null where no UDP comes back. */
  readonly mapping: "none" | "endpoint-independent" | "address-dependent" | Dependent | null;
  readonly filtering: "endpoint-independent" | "address-dependent" | Dependent | null;
}

type Dependent = "address-and-port-dependent";

/**
 * Sends a question to one of the mirror's four sockets, to be answered by the socket `from`; null when
 * no answer comes.
 */
async function ask(
  socket: Socket,
  to: { host: string; port: number },
  from: { address: 0 | 1; port: 0 | 1 },
  tries = TRIES,
): Promise<MirrorAnswer | null> {
  const question: MirrorQuestion = { id: crypto.randomUUID(), ...from };
  const { promise, resolve } = Promise.withResolvers<MirrorAnswer>();
  const onMessage = (data: Uint8Array) => {
    const answer: MirrorAnswer = JSON.parse(new TextDecoder().decode(data));
    if (answer.id === question.id) resolve(answer);
  };
  socket.on("message", onMessage);
  try {
    for (let i = 0; i < tries; i++) {
      socket.send(JSON.stringify(question), to.port, to.host);
      const answer = await Promise.race([promise, after(TRY_MS)]);
      if (answer !== null) return answer;
    }
    return null;
  } finally {
    socket.off("message", onMessage);
  }
}

function after(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms));
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "0.0.0.0", resolve));
  return socket;
}

/** RFC 5780 section 4.3: compares how three of the mirror's sockets see the same socket. */
async function mapping([first, second]: [string, string]): Promise<NatFinding["mapping"]> {
  const socket = await openSocket();
  const seen = async (host: string, port: 0 | 1) => {
    const address = host === first ? 0 : 1;
    const to = { host, port: MIRROR_PORTS[port] };
    const answer = await ask(socket, to, { address, port }, PATIENT_TRIES);
    return answer && `${answer.host}:${answer.port}`;
  };
  const local = `${localAddress()}:${socket.address().port}`;
  const here = await seen(first, 0);
  const otherPort = here && await seen(first, 1);
  const otherAddress = here && await seen(second, 0);
  socket.close();
  if (here === null || otherPort === null || otherAddress === null) return null;
  if (here === local) return "none";
  if (here !== otherPort) return "address-and-port-dependent";
  return here === otherAddress ? "endpoint-independent" : "address-dependent";
}

/**
 * RFC 5780 section 4.4: tests which of the mirror's sockets reach a socket that has sent to one of them.
 */
async function filtering([first]: [string, string]): Promise<NatFinding["filtering"]> {
  const socket = await openSocket();
  const to = { host: first, port: MIRROR_PORTS[0] };
  try {
    if (await ask(socket, to, { address: 0, port: 0 }, PATIENT_TRIES) === null) return null;
    if (await ask(socket, to, { address: 1, port: 1 }) !== null) return "endpoint-independent";
    if (await ask(socket, to, { address: 0, port: 1 }) !== null) return "address-dependent";
    return "address-and-port-dependent";
  } finally {
    socket.close();
  }
}

function localAddress(): string | undefined {
  return Object.values(networkInterfaces()).flat()
    .find((info) => info?.family === "IPv4" && !info.internal)?.address;
}

if (import.meta.main) {
  const mirror = Deno.args.slice(0, 2) as [string, string];
  const [mapped, filtered] = await Promise.all([mapping(mirror), filtering(mirror)]);
  console.log(JSON.stringify({ mapping: mapped, filtering: filtered } satisfies NatFinding));
}
