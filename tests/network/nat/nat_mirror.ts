/**
 * A program that answers UDP questions on two addresses with two ports each. The answer tells the source
 * of the question. The question selects which of the four sockets answers, as in RFC 5780. Arguments:
 * the two addresses.
 */
import { createSocket } from "node:dgram";

/** The two ports of each address. */
export const MIRROR_PORTS = [4000, 4001] as const;

/** A question. The answer repeats `id` and leaves from `address` and `port` (0 or 1 each). */
export interface MirrorQuestion {
  readonly id: string;
  readonly address: 0 | 1;
  readonly port: 0 | 1;
}

/** The source address and port of the question. */
export interface MirrorAnswer {
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

async function mirror(addresses: readonly string[]): Promise<void> {
  const sockets = await Promise.all(
    addresses.map((address) =>
      Promise.all(MIRROR_PORTS.map(async (port) => {
        const socket = createSocket("udp4");
        await new Promise<void>((resolve) => socket.bind(port, address, resolve));
        return socket;
      }))
    ),
  );
  for (const socket of sockets.flat()) {
    socket.on("message", (data, { address, port }) => {
      const question: MirrorQuestion = JSON.parse(data.toString());
      const answer: MirrorAnswer = { id: question.id, host: address, port };
      sockets[question.address]?.[question.port]?.send(JSON.stringify(answer), port, address);
    });
  }
  console.log("ready");
}

if (import.meta.main) await mirror(Deno.args);
