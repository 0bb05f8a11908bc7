/**
 * Asks STUN servers (RFC 8489) from one UDP socket for IPv4 and one for IPv6. The answers show how a
 * NAT maps. Servers with a second address (RFC 5780) also show how it filters. Written by hand, because
 * only a socket of our own can ask several servers from one port.
 */
import { Buffer } from "node:buffer";
import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { addMapping, type NatBehaviour, type ProbeStun } from "../../transport/doctor/ice_probe.ts";
import {
  ATTRIBUTES,
  BINDING,
  encodeStun,
  readAddress,
  readStunAttributes,
  readStunHeader,
  readXorAddress,
  type SocketAddress,
} from "../../transport/stun_message.ts";

/**
 * Flags of CHANGE-REQUEST (RFC 5780 section 7.2): answer from another port, or from another address and
 * port.
 */
const CHANGE_PORT = 2;
const CHANGE_BOTH = 6;
const DEFAULT_PORT = 3478;
/**
 * The initial retransmission timeout of RFC 8489 section 6.2.1. It is not doubled, because one of
 * several servers is not worth a longer wait.
 */
const RETRY_MS = 500;
/**
 * Requests for one question. A server answers within a second or not at all, and a filtered answer
 * never comes.
 */
const MAX_TRIES = 3;

interface Answer {
  readonly seen: SocketAddress;
  /** The server's second address and port (RFC 5780 section 7.4); null where it has none. */
  readonly other: SocketAddress | null;
}

interface Question {
  readonly host: string;
  readonly port: number;
  readonly change?: number;
}

/** Asks the servers over real sockets. */
export const probeStun: ProbeStun = async (urls, signal) => {
  const own = ownAddresses();
  const answered: { server: string; seen: SocketAddress | null }[] = [];
  const others: { server: string; seen: SocketAddress }[] = [];
  const mappings = new Map<string, Set<string>>();
  let filtering: NatBehaviour | null = null;
  let isPortDependent: boolean | null = null;
  const sockets = [new StunSocket("udp4", signal), new StunSocket("udp6", signal)] as const;
  try {
    const targets = await Promise.all(urls.map((server) => resolve(server, signal)));
    await Promise.all(
      targets.flat().map(async ({ server, ...target }) => {
        const socket = target.host.includes(":") ? sockets[1] : sockets[0];
        const answer = await socket.ask(target);
        if (answer === null) return;
        const { seen, other } = answer;
        const isOwn = own.has(seen.address) && seen.port === socket.port;
        answered.push({ server, seen: isOwn ? null : seen });
        if (isOwn) return;
        addMapping(mappings, { socket: socket.family, seen });
        if (other === null) return;
        const found = await filteringOf(socket, target);
        // Silence means nothing when there was no time to wait for an answer.
        if (!signal.aborted) filtering ??= found;
        // Only after the filtering test: the NAT lets in answers from an address that we have sent to.
        const seenByOther = await askOther(socket, { target, other });
        for (const { server, seen } of seenByOther) {
          addMapping(mappings, { socket: socket.family, seen });
          others.push({ server, seen });
        }
        const [first, second] = seenByOther;
        if (first && second) isPortDependent ??= first.seen.port !== second.seen.port;
      }),
    );
  } finally {
    for (const socket of sockets) socket.close();
  }
  // Reported in the order of `urls`, whichever server answered first.
  answered.sort((a, b) => urls.indexOf(a.server) - urls.indexOf(b.server));
  return { answered, mappings, others, isPortDependent, filtering };
};

/** RFC 5780 section 4.3: asks the second address of the server, on its first port and on its second. */
async function askOther(
  socket: StunSocket,
  { target, other }: { target: Question; other: SocketAddress },
): Promise<{ server: string; seen: SocketAddress }[]> {
  const isSame = other.address.includes(":") === (socket.family === "udp6");
  if (!isSame || other.address === target.host) return [];
  const ports = [...new Set([target.port, other.port])];
  const answers = await Promise.all(ports.map(async (port) => {
    const answer = await socket.ask({ host: other.address, port });
    return answer === null ? [] : [{ server: `stun:${other.address}:${port}`, seen: answer.seen }];
  }));
  return answers.flat();
}

/**
 * RFC 5780 section 4.4. Both tests run at once: an incoming packet opens nothing in the NAT, and
 * waiting for silence takes long.
 */
async function filteringOf(socket: StunSocket, target: Question): Promise<NatBehaviour> {
  const tests = [CHANGE_BOTH, CHANGE_PORT].map((change) => socket.ask({ ...target, change }));
  const [fromBoth, fromPort] = await Promise.all(tests);
  if (fromBoth !== null) return "endpoint-independent";
  return fromPort === null ? "address-and-port-dependent" : "address-dependent";
}

class StunSocket {
  readonly family: "udp4" | "udp6";
  readonly #socket: Socket;
  readonly #signal: AbortSignal;
  readonly #waiting = new Map<string, (answer: Answer) => void>();

  constructor(family: "udp4" | "udp6", signal: AbortSignal) {
    this.family = family;
    this.#signal = signal;
    this.#socket = createSocket(family);
    this.#socket.on("message", (bytes) => {
      const answer = parseStunAnswer(bytes);
      if (answer !== null) this.#waiting.get(answer.transaction)?.(answer);
    });
    // When this machine lacks the address family, its servers count as silent.
    this.#socket.on("error", () => {});
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Resolves to null when no answer comes in `MAX_TRIES` tries, or before the signal is aborted. */
  ask({ host, port, change }: Question): Promise<Answer | null> {
    const transaction = randomBytes(12);
    const request = encodeRequest(transaction, change);
    const id = transaction.toString("hex");
    return new Promise((resolve) => {
      const end = (answer: Answer | null) => {
        clearTimeout(timer);
        this.#signal.removeEventListener("abort", onAbort);
        this.#waiting.delete(id);
        resolve(answer);
      };
      const onAbort = () => end(null);
      let tries = 0;
      let timer: ReturnType<typeof setTimeout>;
      const send = () => {
        if (tries++ === MAX_TRIES) return end(null);
        timer = setTimeout(send, RETRY_MS);
        // A request that can't be sent counts as a lost one.
        this.#socket.send(request, port, host, () => {});
      };
      if (this.#signal.aborted) return resolve(null);
      this.#signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.set(id, end);
      send();
    });
  }

  close(): void {
    this.#socket.close();
  }
}

function encodeRequest(transaction: Uint8Array, change?: number): Uint8Array {
  const attributes = change === undefined
    ? []
    : [{ type: ATTRIBUTES.changeRequest, value: Uint8Array.of(0, 0, 0, change) }];
  return encodeStun({ type: BINDING.request, transaction, attributes });
}

/** Parses a Binding success response, whatever length it says it has; null for anything else. */
export function parseStunAnswer(bytes: Uint8Array): (Answer & { transaction: string }) | null {
  const header = readStunHeader(bytes);
  if (header?.type !== BINDING.success) return null;
  let seen: SocketAddress | null = null;
  let other: SocketAddress | null = null;
  for (const { type, value } of readStunAttributes(bytes)) {
    if (type === ATTRIBUTES.xorMappedAddress) seen = readXorAddress(value, header.transaction);
    if (type === ATTRIBUTES.otherAddress) other = readAddress(value);
  }
  const transaction = Buffer.from(header.transaction).toString("hex");
  return seen === null ? null : { seen, other, transaction };
}

/** Resolves to at most one address of the server for each family. */
async function resolve(
  server: string,
  signal: AbortSignal,
): Promise<(Question & { server: string })[]> {
  const target = parseStunUrl(server);
  if (target === null) return [];
  const stopped = new Promise<[]>((resolve) => {
    if (signal.aborted) resolve([]);
    signal.addEventListener("abort", () => resolve([]), { once: true });
  });
  // A server without an address counts as a silent one.
  const looking = lookup(target.host, { all: true }).catch(() => []);
  const found = await Promise.race([looking, stopped]);
  return [4, 6].flatMap((family) => {
    const host = found.find((address) => address.family === family)?.address;
    return host === undefined ? [] : [{ server, host, port: target.port }];
  });
}

function parseStunUrl(url: string): Question | null {
  const [, host, port] = /^stun:(\[[^\]]+\]|[^:?]+)(?::(\d+))?/i.exec(url) ?? [];
  if (host === undefined) return null;
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port ?? DEFAULT_PORT) };
}

function ownAddresses(): ReadonlySet<string> {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(all.map(({ address }) => address));
}
